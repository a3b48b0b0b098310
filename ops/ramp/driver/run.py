"""One run of the driver: its journal, its observers, its gates, and what it checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from ops.gates.gate import StageMark
from ops.journal.errors import JournalError
from ops.journal.observer import RampObserver
from ops.ramp.driver.interrupts import (
    GateFailedError,
    StopAskedError,
    WeightsChangedError,
)
from ops.ramp.driver.ports import DriverPorts, Limits
from ops.ramp.driver.retrying_reader import RetryingReader
from ops.ramp.errors import NotSureError
from rollout.entry import Entry
from rollout.history_message import Activity, HistoryMessage
from rollout.lease import LeaseHolder
from rollout.plan import Stage
from rollout.progress import Progress, folded
from rollout.ramp_event import GateVerdict, RampEvent
from rollout.split import Split
from rollout.step import AskPerson, expected_splits
from rollout.verdict import Outcome, Verdict, combined

TICK_SECONDS = 1.0
LIVE_POLL_SECONDS = 5.0
SPARE_SECONDS = 900.0
"""What a lease lasts longer than all that its next step may wait for."""


class Run:
    """What every step of the driver uses."""

    def __init__(self, ramp: str, holder: LeaseHolder, limits: Limits, ports: DriverPorts) -> None:
        self.ramp = ramp
        self.holder = holder
        self.limits = limits
        self.ports = ports
        self.is_going_back = False
        """From here on traffic matters more than the journal."""
        self.lost_entries: list[str] = []
        """Why entries could not be written during a rollback."""
        self.refused_by_git: list[str] = []
        """Why git refused commits during a rollback."""
        self.lost_observers: list[str] = []
        """Why observers could not be notified."""
        self._observers = list(ports.observers)
        self._mark: StageMark | None = None
        self._last_judged: dict[str, tuple[Outcome, str]] = {}
        self._next_live_poll = 0.0
        self.reader = RetryingReader(ports.aws, ports.clock, self.say_waits, self._is_given_up)

    @property
    def progress(self) -> Progress:
        """How far the ramp is."""
        progress = folded(self.ports.journal.entries())
        assert progress is not None, "the journal of a run begins with ramp-started or resumed"
        return progress

    def write(self, event: RampEvent) -> None:
        """Write the event to the journal, then notify the observers.

        Raises:
            JournalError: it could not be written, and the ramp is not on its way back.
        """
        entry = Entry(self.ports.clock.now(), self.ramp, event)
        try:
            self.ports.journal.append(entry)
        except JournalError as error:
            self.lost_entries.append(str(error))
            if not self.is_going_back:
                raise
        self._notify(lambda observer: observer.saw(entry))

    def say_waits(self, what: str, seconds_left: float | None) -> None:
        """Report what the driver waits for."""
        self._notify(lambda observer: observer.waits(what, seconds_left))

    def _notify(self, notify: Callable[[RampObserver], None]) -> None:
        """Notify every observer; drop an observer whose terminal or pipe is gone."""
        for observer in tuple(self._observers):
            try:
                notify(observer)
            except OSError as error:
                self._observers.remove(observer)
                self.lost_observers.append(str(error))

    def until(self) -> datetime:
        """When the lease ends that an `up` takes now."""
        limits = self.limits
        # The split may take as long to propagate as the gates may to decide.
        longest = max(limits.bake, limits.hold, limits.watch) + 2 * limits.inconclusive
        return self.ports.clock.now() + timedelta(
            seconds=longest + limits.guard_wait + SPARE_SECONDS
        )

    def message(self, activity: Activity) -> str:
        """The message of an update that keeps the lease."""
        services = self.progress.plan.services
        return HistoryMessage(services, activity, self.holder, self.until()).format()

    def begin(self, stage: Stage) -> None:
        """Let the gates judge `stage` from now on; a second time for the same one is nothing.

        Unless the floors are gone since: then the gates get a new mark.
        """
        progress, before = self.progress, self._mark
        plan = progress.plan
        if before is not None and before.number != stage.number:
            before = None
        if before is not None and before.is_released == progress.is_released:
            return
        self._mark = StageMark(
            services=plan.services,
            candidate=plan.candidate,
            stable=plan.stable,
            splits=dict.fromkeys(plan.services, stage.split),
            verified_at=before.verified_at if before else self.ports.clock.now(),
            number=stage.number,
            of=stage.of,
            counted=progress.counted,
            is_released=progress.is_released,
        )
        for gate in self.ports.gates:
            gate.begin(self._mark)

    @property
    def mark(self) -> StageMark | None:
        """What the gates judge; None before the first stage was begun."""
        return self._mark

    def judge(self) -> Outcome:
        """Ask every gate; what changed goes into the journal.

        Raises:
            GateFailedError: one failed.
        """
        if self._mark is None:
            return Outcome.PASS
        verdicts = [gate.judge() for gate in self.ports.gates]
        for verdict in verdicts:
            if self._last_judged.get(verdict.gate, (None,))[0] is not verdict.outcome:
                self.write_verdict(verdict)
        self._notify(lambda observer: observer.judged(verdicts))
        failed = [verdict for verdict in verdicts if verdict.outcome is Outcome.FAIL]
        if failed:
            raise GateFailedError("; ".join(f"{v.gate}: {v.reason}" for v in failed))
        self._last_judged = {v.gate: (v.outcome, v.reason) for v in verdicts}
        return combined(verdicts) if verdicts else Outcome.PASS

    def undecided(self) -> str:
        """Which gates are inconclusive, and why."""
        held = {
            gate: why
            for gate, (outcome, why) in self._last_judged.items()
            if outcome is not Outcome.PASS
        }
        return "; ".join(f"{gate}: {why}" for gate, why in sorted(held.items()))

    def write_verdict(self, verdict: Verdict) -> None:
        """Keep a verdict with its evidence."""
        self.write(GateVerdict.of(self._mark.number if self._mark else 0, verdict))

    def write_verdicts(self) -> None:
        """Keep the current verdict of every gate: the evidence that a stage passed by."""
        for gate in self.ports.gates:
            self.write_verdict(gate.judge())

    def tick(self, what: str, seconds_left: float | None = None) -> Outcome:
        """Look at everything once and let a second pass.

        Raises:
            StopAskedError: a person asked to stop.
            GateFailedError: a gate failed.
            WeightsChangedError: someone else changed the weights.
        """
        self.refuse_stopped()
        outcome = self.judge()
        self.refuse_moved()
        self.say_waits(what, seconds_left)
        wait = TICK_SECONDS if seconds_left is None else min(TICK_SECONDS, max(0.0, seconds_left))
        self.ports.clock.wait(max(wait, 0.05))
        return outcome

    def refuse_stopped(self) -> None:
        """Raises StopAskedError where a person asked to stop."""
        if self.ports.stop.asked:
            raise StopAskedError(self.ports.stop.by)

    def _is_given_up(self) -> bool:
        """Whether a person has asked to stop; twice where it is the way back that waits."""
        return self.ports.stop.asked > (1 if self.is_going_back else 0)

    def refuse_moved(self) -> None:
        """Now and then, compare the live weights with the ones that this ramp left.

        Raises:
            WeightsChangedError: they differ.
        """
        now = self.ports.clock.monotonic()
        if now < self._next_live_poll:
            return
        self._next_live_poll = now + LIVE_POLL_SECONDS
        live = self.reader.glance(self.limits.inconclusive)
        if live is not None:
            self.refuse_unexpected(live)

    def refuse_unexpected(self, live: Mapping[str, Split]) -> None:
        """Raises WeightsChangedError where a rule is at a split that this ramp cannot have left."""
        progress = self.progress
        expected = expected_splits(progress)
        of_group = {service: live[service] for service in progress.plan.services}
        if any(split not in expected for split in of_group.values()):
            raise WeightsChangedError(AskPerson(expected, of_group))

    def live_splits(self) -> dict[str, Split]:
        """The live splits of the group.

        Raises:
            NotSureError: AWS cannot be read, or a service of the group is not there.
        """
        live = self.reader.splits()
        missing = [s for s in self.progress.plan.services if s not in live]
        if missing:
            raise NotSureError(f"the stack has no rule of {', '.join(missing)} any more")
        return {service: live[service] for service in self.progress.plan.services}

    def close(self) -> None:
        """End the gates."""
        for gate in self.ports.gates:
            gate.close()
