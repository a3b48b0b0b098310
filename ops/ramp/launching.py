"""Starting a driver: on a new ramp, on one that is under way, or on the way back."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.journal.journal import FileJournal
from ops.journal.observer import Observer
from ops.ramp.clock import Signals, SystemClock
from ops.ramp.driver import Driver, Ending
from ops.ramp.errors import BadInputError, NotSureError
from ops.ramp.finding import Found
from ops.ramp.gating import Gating
from ops.ramp.git import OwnGit
from ops.ramp.live_stack import LiveStack
from ops.ramp.means import Effects, Limits
from ops.ramp.processes import Processes
from ops.ramp.run import Run
from ops.ramp.stack import OpenedStack
from ops.ramp.stack_file import StackFile
from ops.ramp.watching import show_traffic, watched
from rollout.capacity import Fleet, shortages
from rollout.entry import Json, Kind
from rollout.errors import PlanError
from rollout.lease import Hand
from rollout.plan import EVEN, Plan, lighter, planned
from rollout.recall import started_facts
from rollout.split import TOTAL_WEIGHT, Slot, Split


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person asked for."""

    services: tuple[str, ...] = ()
    """Empty: all."""
    to: Slot | None = None
    is_even: bool = False
    approve_each: bool = False
    commits: bool = False
    pushes: bool = False
    known_messages: tuple[str, ...] = ()
    """Of the stack's history, when it was looked at for another hand."""


class Launcher:
    """Makes a driver for one stack and runs it."""

    def __init__(
        self,
        stack: OpenedStack,
        hand: Hand,
        limits: Limits,
        choice: Choice,
        observers: Sequence[Observer],
    ) -> None:
        self._stack = stack
        self._hand = hand
        self._limits = limits
        self._choice = choice
        self._observers = observers
        self._clock = SystemClock()
        self._live: LiveStack = stack.live()
        self._signals = Signals(self._clock)

    def plan(self) -> Plan:
        """What a new ramp would do.

        Raises:
            BadInputError: there is none to do.
        """
        live = self._chosen_splits()
        up_to = EVEN if self._choice.is_even else TOTAL_WEIGHT
        candidate = lighter(live) if self._choice.is_even else self._candidate(live)
        if candidate is None and self._choice.is_even:
            raise BadInputError(f"{'+'.join(live)} is even already: nothing to do")
        if candidate is None:
            raise BadInputError(
                "both slots have the same weight, and nothing says which one to raise\n"
                "  expected: --to, or `candidate` in the config\n"
                "  mend:     failover ramp --to 02"
            )
        try:
            plan = planned(live, candidate, self._stack.ramp.stages, up_to)
        except PlanError as error:
            raise BadInputError(str(error)) from error
        self._refuse_other_config(live)
        self._refuse_short(plan)
        return plan

    def start(self, plan: Plan, ramp: str, folder: Path) -> Ending:
        """Begin a new ramp and drive it.

        Raises:
            BadInputError: its commits could not be made.
        """
        if self._choice.commits:
            OwnGit().refuse_unready(self._stack.engine.stack_file, pushes=self._choice.pushes)
        with self._opened(ramp, folder, plan) as run:
            facts = started_facts(plan, self._hand, run.until(), self._counts(plan))
            run.put(Kind.RAMP_STARTED, facts)
            return self._driven(run)

    def resume(self, found: Found, ramp: str) -> Ending:
        """Go on with a ramp from where it is."""
        with self._opened(ramp, found.folder, found.plan, found) as run:
            self._write_resumed(run, found)
            return self._driven(run)

    def go_back(self, found: Found, ramp: str, why: str) -> Ending:
        """Take a ramp back to its start, wherever it is."""
        with self._opened(ramp, found.folder, found.plan, found, judges=False) as run:
            self._write_resumed(run, found)
            return self._driven_back(run, why)

    def undo(self, plan: Plan, ramp: str, folder: Path, why: str) -> Ending:
        """Undo a shift that no ramp made: `plan` is what would have led to the live weights."""
        with self._opened(ramp, folder, plan, judges=False) as run:
            facts = started_facts(plan, self._hand, run.until(), self._counts(plan))
            run.put(Kind.RAMP_STARTED, facts)
            stage = plan.stage(len(plan.weights))
            splits: dict[str, Json] = dict.fromkeys(plan.services, str(stage.split))
            run.write(Kind.STAGE_STARTED, stage=stage.number, of=stage.of, split=str(stage.split))
            run.write(Kind.VERIFIED, stage=stage.number, splits=splits)
            return self._driven_back(run, why)

    def _driven(self, run: Run, *, from_anywhere: bool = False) -> Ending:
        with self._signals.caught():
            return Driver(run, Processes(), from_anywhere=from_anywhere).drive()

    def _driven_back(self, run: Run, why: str) -> Ending:
        run.is_going_back = True
        run.write(Kind.ROLLBACK_STARTED, why=why, to=str(run.progress.plan.start))
        return self._driven(run, from_anywhere=True)

    def _write_resumed(self, run: Run, found: Found) -> None:
        progress = run.progress
        stage = progress.plan.stage(progress.verified)
        live = ", ".join(f"{s} at {split}" for s, split in sorted(self._live.splits().items()))
        source = "its own journal" if found.recalled is None else "the stack's history"
        run.write(
            Kind.RESUMED,
            found=f"{progress.plan.group} verified at {stage.split}, stage {stage.number}/"
            f"{stage.of}, by {source}; live: {live}",
            by=self._hand.by,
            host=self._hand.host,
            pid=self._hand.pid,
            until=run.until_text(),
        )

    @contextmanager
    def _opened(
        self,
        ramp: str,
        folder: Path,
        plan: Plan,
        found: Found | None = None,
        *,
        judges: bool = True,
    ) -> Generator[Run]:
        """A run with its gates and its traffic, which end with the block.

        Args:
            ramp: The id of a ramp that has none yet.
            folder: Where the journal lies, or is to lie.
            plan: What the ramp sets out to do.
            found: The ramp, where it is one that is under way.
            judges: Whether gates judge; on the way back by hand nobody waits for them.
        """
        journal = FileJournal(folder)
        if found is not None and found.recalled is not None:
            for entry in found.recalled.entries(ramp, self._clock.now(), self._live.splits()):
                journal.append(entry)
        earlier = journal.entries()
        with watched(self._observers, folder, earlier) as views:
            gating = self._gating(folder, plan) if judges else None
            if gating is not None:
                show_traffic(views, gating.traffic)
            try:
                effects = Effects(
                    aws=self._live,
                    engine=self._stack.engine,
                    clock=self._clock,
                    journal=journal,
                    gates=gating.gates if gating else (),
                    observers=self._observers,
                    stop=self._signals,
                    traffic=gating.traffic if gating else None,
                    old_slot=gating.old_slot if gating else None,
                    git=OwnGit() if self._choice.commits else None,
                    pushes=self._choice.pushes,
                    known_messages=frozenset(self._choice.known_messages),
                )
                run = Run(earlier[0].ramp if earlier else ramp, self._hand, self._limits, effects)
                try:
                    yield run
                finally:
                    run.close()
            finally:
                if gating is not None:
                    gating.close()

    def _gating(self, folder: Path, plan: Plan) -> Gating:
        return Gating(
            self._stack, folder, plan, self._clock.now, approve_each=self._choice.approve_each
        )

    def _candidate(self, live: dict[str, Split]) -> Slot | None:
        chosen = self._choice.to or self._stack.candidate
        return chosen or self._live.released_last(tuple(live)) or lighter(live)

    def _chosen_splits(self) -> dict[str, Split]:
        live = self._live.splits()
        unknown = [name for name in self._choice.services if name not in live]
        if unknown:
            raise BadInputError(f"--service {unknown[0]}: the stack has {', '.join(sorted(live))}")
        return {name: live[name] for name in self._choice.services or sorted(live)}

    def _counts(self, plan: Plan) -> dict[str, dict[Slot, int]]:
        live = self._live.services()
        return {s: {k: live[s].slots[k].desired for k in Slot} for s in plan.services}

    def _refuse_other_config(self, live: Mapping[str, Split]) -> None:
        """Raises NotSureError where the stack file and AWS say different weights."""
        configured = StackFile.read(self._stack.engine.stack_file).weights()
        apart = {s: text for s, text in configured.items() if s in live and text != str(live[s])}
        for service, text in sorted(apart.items()):
            raise NotSureError(
                f"{service} is at {live[service]}, and {self._stack.engine.stack_file.name} says "
                f"{text}; nothing was changed\n"
                "  expected: a ramp begins where the config and the live rules agree\n"
                f"  mend:     failover plan, then pulumi up; or keep what is live: "
                f"pulumi config set weights {live[service]}"
            )

    def _refuse_short(self, plan: Plan) -> None:
        """Raises BadInputError where a max is too small for what the ramp is going to need."""
        live = self._live.services()
        groupless = [
            f"{service}-{slot}"
            for service in plan.services
            for slot in Slot
            if not live[service].slots[slot].has_group
        ]
        if groupless:
            raise BadInputError(
                f"{', '.join(groupless)}: no single Auto Scaling group serves the target group\n"
                "  expected: one, since a ramp has to know how many instances a slot may have; "
                "anything else is not supported"
            )
        fleets = {
            service: Fleet(
                {slot: live[service].slots[slot].desired for slot in Slot},
                {slot: live[service].slots[slot].largest for slot in Slot},
            )
            for service in plan.services
        }
        found = shortages(plan, fleets)
        if found:
            raise BadInputError("\n".join(map(str, found)))
