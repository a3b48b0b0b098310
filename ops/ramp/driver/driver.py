"""The driver: asks what is next, does that one step, writes it down, and asks again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ops.errors import UNEXPECTED_EXIT_CODE, unexpected_words
from ops.journal.journal import JournalError
from ops.ramp.driver.bake import GatedWaits
from ops.ramp.driver.floors import Floors
from ops.ramp.driver.processes import Processes
from ops.ramp.driver.run import Run
from ops.ramp.driver.shift import WeightShifts
from ops.ramp.driver.update import UpdateRunner
from ops.ramp.errors import (
    DeadSlotError,
    GateFailedError,
    LeaseTakenError,
    NotSureError,
    RampError,
    RefusedRampError,
    StopAskedError,
    WeightsChangedError,
)
from ops.ramp.stack.commands import lowering
from pulumi_cli.errors import StackError
from rollout.command import Command
from rollout.observation import LiveRule
from rollout.plan import RampPlan
from rollout.progress import WHY_BY_HAND
from rollout.ramp_event import RampEnd, RampInterruption, RampOutcome, RollbackStart
from rollout.split import TOTAL_WEIGHT, Slot, Split
from rollout.step import (
    AskPerson,
    BakeStage,
    BringCapacity,
    Finish,
    HoldOldSlot,
    ReleaseFloors,
    RollBack,
    Shift,
    Step,
    WatchStep,
    next_step,
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended."""

    exit_code: int
    """0 done; 1 a gate or guard refused; 3 not sure, or stopped by hand; 70 a bug of ours."""
    words: str
    is_back: bool = False
    """Whether the ramp is over with no more weight on its candidate than before."""


class Driver:
    """Drives one ramp from wherever it is to its end."""

    def __init__(self, run: Run, processes: Processes, *, from_anywhere: bool = False) -> None:
        """Be ready.

        Args:
            run: With a journal that begins with `ramp-started`.
            processes: Of this host.
            from_anywhere: Go back whatever the live weights are: a person asked for it.
        """
        self._run = run
        self._next_commands = run.ports.next
        updates = UpdateRunner(run, processes)
        self._floors = Floors(run, updates)
        self._shifts = WeightShifts(run, updates)
        self._waits = GatedWaits(run)
        self._from_anywhere = from_anywhere

    def drive(self) -> Ending:
        """Run to the end; every ending has its words and its exit code."""
        go_on = self._next_commands.go_on
        try:
            return self._driven()
        except StopAskedError as stop:
            return self._stopped(str(stop))
        except WeightsChangedError as error:
            again = self._next_commands.anew(self._run.record.progress.plan)
            return self._not_sure(
                f"{error}; nothing more was changed\n"
                "  expected: only the ramp changes the weights while it runs\n"
                f"  next:     {again} (from the weights as they are), or "
                f"{self._next_commands.rollback}"
            )
        except LeaseTakenError as error:
            self._run.record.write(RampEnd(outcome=RampOutcome.REFUSED, exit_code=1))
            return Ending(1, f"{error}; no weight was changed\n  next:     wait for it")
        except JournalError as error:
            return Ending(3, f"stopped, the weights stay: {error}\n  next:     {go_on}")
        except DeadSlotError as error:
            # A person's rollback is refused; one by a gate needs a person to look.
            ending = self._not_sure(str(error))
            return Ending(1, ending.words) if self._from_anywhere else ending
        except RampError as error:  # also a stack file that someone broke during the ramp
            return self._not_sure(f"{error}\n  next:     {go_on}")
        except StackError as error:
            words = f"the engine's backend does not answer:\n{error}"
            directly = f"if the backend is not available in time: {self._next_commands.break_glass}"
            return self._not_sure(f"{words}\n  next:     {go_on}; {directly}")
        except Exception as error:  # noqa: BLE001  (the message has the whole traceback)
            words = unexpected_words(error, "failover", self._next_commands.option)
            self._not_sure(f"{type(error).__name__}: {error}")
            return Ending(UNEXPECTED_EXIT_CODE, f"{words}\n  journal:  {self._where()}")

    def _driven(self) -> Ending:
        self._begin_gates()
        while True:
            step = self._next()
            if isinstance(step, Finish):
                return self._finished(step.outcome)
            if not self._run.record.is_going_back:
                self._run.refuse_stopped()
            try:
                self._do(step)
            except GateFailedError as failure:
                self._turn_back(str(failure))
            except RefusedRampError as refusal:
                self._turn_back_unless_outgrown(step, refusal)

    def _begin_gates(self) -> None:
        """Let the gates judge a resumed ramp at once: its next step may wait long."""
        progress = self._run.record.progress
        if progress.has_started and progress.back is None and not progress.is_over:
            self._run.gates.begin(progress.plan.stage(progress.verified))

    def _next(self) -> Step:
        run = self._run
        progress = run.record.progress
        if progress.back is not None:
            run.record.is_going_back = True
        if progress.outcome is not None:
            return Finish(progress.outcome)
        live = run.live_splits()
        if self._from_anywhere and progress.back is not None and not progress.is_back:
            return RollBack(progress.plan.start, progress.back)
        return next_step(progress, live)

    def _do(self, step: Step) -> None:
        match step:
            case BringCapacity(stage):
                self._floors.bring(stage)
            case BakeStage(stage):
                self._waits.bake(stage)
            case Shift(stage):
                self._shifts.shift(stage)
            case HoldOldSlot():
                self._waits.hold()
            case ReleaseFloors():
                self._floors.free()
            case WatchStep():
                self._waits.watch()
            case RollBack(to, _):
                self._roll_back(to)
            case AskPerson():
                raise WeightsChangedError(step)
            case Finish():
                raise AssertionError("the loop ends at a Finish")

    def _turn_back_unless_outgrown(self, step: Step, refusal: RefusedRampError) -> None:
        """Go back, unless the service has grown since: then bring more capacity, and ask again.

        Each time it must have grown again, so this ends at the max of its groups.
        """
        try:
            if isinstance(step, Shift) and self._floors.follow(step.stage):
                return
        except GateFailedError as failure:
            self._turn_back(str(failure))
            return
        self._turn_back(f"the guard refused: {refusal}")

    def _turn_back(self, why: str) -> None:
        self._run.record.is_going_back = True
        self._run.gates.write_undecided()
        start = self._run.record.progress.plan.start
        self._run.record.write(RollbackStart(why=why, to=start, by_hand=False))

    def _roll_back(self, to: Split) -> None:
        """Go back, unless that would put requests onto a slot with no healthy target.

        Raises:
            DeadSlotError: it would.
        """
        self._run.record.is_going_back = True
        live = self._run.reader.services()
        plan = self._run.record.progress.plan
        rules = {service: live[service].rule for service in plan.services}
        splits = {service: _split_of(rule) for service, rule in rules.items()}
        _refuse_raising(plan, splits, to, self._next_commands.rollback)
        dead = {
            (service, slot)
            for service in plan.services
            for slot in Slot
            if not live[service].slots[slot].healthy
        }
        onto = sorted(f"{service}-{slot}" for service, slot in dead if to.weight_of(slot) > 0)
        if onto:
            both = [s for s in plan.services if {(s, slot) for slot in Slot} <= dead]
            raise DeadSlotError(self._dead_words(to, onto, both, self._onto_living(dead)))
        self._shifts.roll_back(to)

    def _onto_living(self, dead: Collection[tuple[str, Slot]]) -> Command | None:
        """What gives everything to the slot that lives in all services; None where none does.

        The dead slot is named the candidate meanwhile, so that the guards take it for the way back,
        which may skip stages.
        """
        ports, plan = self._run.ports, self._run.record.progress.plan
        living = [s for s in Slot if not any((service, s) in dead for service in plan.services)]
        if len(living) != 1:
            return None
        (slot,) = living
        return lowering(
            ports.next.stack,
            ports.engine.stack_file,
            plan.services,
            slot.other,
            plan.start.shifted_to(slot, TOTAL_WEIGHT),
        )

    def _dead_words(
        self, to: Split, onto: Sequence[str], both: Sequence[str], onto_living: Command | None
    ) -> str:
        dead, follow = ", ".join(onto), self._next_commands
        if both:
            return (
                f"both slots of {', '.join(both)} have no healthy target: no split helps, and none "
                f"was set\n  expected: a healthy target in {dead} to go back to {to}\n"
                f"  fix:      bring one slot's instances back ({follow.status}), then "
                f"{follow.rollback}"
            )
        by_hand = "; or give the slot that lives everything by hand: "
        return (
            f"no rollback to {to}: {dead} has no healthy target; the weights stay\n"
            "  expected: a healthy target in every slot that would get requests\n"
            f"  fix:      bring {dead} back ({follow.status}), then {follow.rollback}"
            + (f"{by_hand}{onto_living}" if onto_living is not None else "")
        )

    def _finished(self, outcome: RampOutcome) -> Ending:
        run = self._run
        progress = run.record.progress
        by_hand = outcome is RampOutcome.ROLLED_BACK_BY_HAND
        # A person who asked to go back has what was asked for.
        is_asked_for = not outcome.went_back or (by_hand and self._from_anywhere)
        code = 0 if is_asked_for else 1
        if progress.outcome is None:
            run.record.write(RampEnd(outcome=outcome, exit_code=code))
        lost = _lost_words(run.record.lost_entries)
        lost += "".join(f"\nnot in git: {words}" for words in run.record.refused_by_git)
        where = f"{progress.plan.group} at {progress.plan.stage(progress.verified).split}"
        if outcome is RampOutcome.DONE:
            return Ending(code, f"done: {where}{lost}")
        if by_hand and not progress.has_moved:
            where += "; no stage of the ramp had begun"
        because = "" if progress.back == WHY_BY_HAND else f"\n  because:  {progress.back}"
        return Ending(code, f"{outcome}: {where}{because}{lost}", is_back=True)

    def _stopped(self, by: str) -> Ending:
        go_on = self._next_commands.go_on
        words = f"stopped by {by}: {self._where()}\n  next:     {go_on}"
        try:
            self._run.gates.write_undecided()
            self._run.record.write(RampInterruption(by=by, next=go_on))
        except JournalError as error:
            words = f"{words}\n{error}"
        return Ending(3, words)

    def _where(self) -> str:
        """The newest split that was read back from the live rules."""
        progress = self._run.record.progress
        stage = progress.plan.stage(progress.verified)
        return f"{progress.plan.group} at {stage.split}, stage {stage.number}/{stage.of}"

    def _not_sure(self, words: str) -> Ending:
        try:
            self._run.record.write(RampInterruption(by=words, next=self._next_commands.go_on))
        except JournalError as error:
            words = f"{words}\n{error}"
        return Ending(3, words)


def _split_of(rule: LiveRule) -> Split:
    assert rule.split is not None, "the reader raises where a rule has no split"
    return rule.split


def _refuse_raising(
    plan: RampPlan, live: Mapping[str, Split], to: Split, rollback: Command
) -> None:
    """Never give the slot on trial more than it has: someone has lowered it in the meantime.

    Raises:
        NotSureError: a service has less on it than `to` gives.
    """
    slot = plan.candidate
    lower = [s for s, split in sorted(live.items()) if split.weight_of(slot) < to.weight_of(slot)]
    if not lower:
        return
    found = ", ".join(f"{service} at {live[service]}" for service in lower)
    raise NotSureError(
        f"no rollback to {to}: it would raise slot {slot}, which the ramp raised: {found}; the "
        "weights stay\n"
        f"  expected: no less than {to.weight_of(slot)} on slot {slot}\n"
        f"  fix:      {rollback}, which decides from the weights as they are"
    )


def _lost_words(lost: list[str]) -> str:
    """The entries of a rollback that could not be written; the first one has the reason."""
    if not lost:
        return ""
    more = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
    return f"\nnot in the journal: {lost[0]}{more}"
