"""Starts a driver: on a new ramp, on an unfinished one, or for a rollback."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import click

from ops.journal.journal import FileJournal, JournalError
from ops.ramp.driver.clock import Signals, SystemRampClock
from ops.ramp.driver.driver import Driver, Ending
from ops.ramp.driver.git import OwnGit
from ops.ramp.driver.ports import DriverPorts, Limits, RampObserver
from ops.ramp.driver.processes import Processes
from ops.ramp.driver.retrying_reader import RetryingReader
from ops.ramp.driver.run import Run
from ops.ramp.gates import RampGates
from ops.ramp.plan.fleets import Fleets, fleets_in, refuse_without_fleet, remembered_fleets
from ops.ramp.plan.planner import Planner
from ops.ramp.plan.refusals import refuse_hidden
from ops.ramp.resume.find import Takeover, UnfinishedRamp
from ops.ramp.stack.commands import Choice
from ops.ramp.stack.live import LiveStack
from ops.ramp.stack.opened import OpenedStack
from ops.ramp.stack.probed import refuse_unreachable
from ops.report.report import ReportError, write_report
from ops.stack.repository import is_ignored
from ops.traffic.traffic import Traffic
from ops.view.live import LiveView
from rollout.entry import Entry
from rollout.lease import LeaseHolder
from rollout.plan import RampPlan
from rollout.ramp_event import RampStart, Resumption, RollbackStart, SplitReadBack, StageStart
from rollout.split import Split
from rollout.stack_identity import StackIdentity


def ramp_id_of(holder: LeaseHolder, now: datetime) -> str:
    """The id of a ramp: when it began, and the process."""
    return f"{now:%Y%m%dT%H%M%SZ}-{holder.pid}"


class Launcher:
    """Makes a driver for one stack and runs it."""

    def __init__(
        self,
        stack: OpenedStack,
        holder: LeaseHolder,
        limits: Limits,
        choice: Choice,
        observers: Sequence[RampObserver],
    ) -> None:
        self._stack = stack
        self._holder = holder
        self._limits = limits
        self._choice = choice
        self._observers = observers
        self._clock = SystemRampClock()
        self._live: LiveStack = stack.live()
        self._signals = Signals(self._clock)
        self.reader = RetryingReader(self._live, self._clock, self._say_waits, lambda: False)
        """The live stack before there is a run, an AWS that throttles waited for."""

    def plan(self) -> RampPlan:
        """What a new ramp would do.

        Raises:
            BadInputError: there is none to do, or its slots cannot have what it takes.
            NotSureError: the stack file and AWS have different weights.
            RefusedRampError: a service of the ramp gets no request.
        """
        stack = self._stack
        file, stages = stack.engine.stack_file, stack.ramp.stages
        plan = Planner(file, stages, stack.candidate, self._live, self._choice).plan()
        refuse_unreachable(plan.services, stack.probed)
        refuse_hidden(
            plan, self.reader.asked(stack.hidden_services), self._choice, stack.next.option
        )
        refuse_without_fleet(plan, self.reader.services())
        self._fleets(plan).refuse_short()
        return plan

    def start(
        self, plan: RampPlan, ramp: str, folder: Path, takeover: Takeover | None = None
    ) -> Ending:
        """Begin a new ramp and drive it.

        Raises:
            BadInputError: its commits could not be made.
        """
        if self._choice.commits:
            OwnGit().refuse_unready(self._stack.engine.stack_file, pushes=self._choice.pushes)
        fleets = self._fleets(plan)
        with self._opened(ramp, folder, plan) as run:
            self._begin(run, plan, fleets)
            if takeover is not None:
                takeover.transfer_to(run)
            return self._driven(run)

    def resume(self, found: UnfinishedRamp, ramp: str) -> Ending:
        """Continue a ramp from where it is."""
        with self._opened(ramp, found.folder, found.plan, found) as run:
            self._write_resumed(run, found)
            return self._driven(run)

    def go_back(self, found: UnfinishedRamp, ramp: str, why: str, to: Split) -> Ending:
        """Take a ramp back to `to`, wherever it is: its start, or a split with even less on it."""
        with self._opened(ramp, found.folder, found.plan, found, judges=False) as run:
            self._write_resumed(run, found, to_go_back=True)
            return self._driven_back(run, why, to)

    def undo(self, plan: RampPlan, ramp: str, folder: Path, why: str) -> Ending:
        """Undo a shift that no ramp made: `plan` is what would have led to the live weights."""
        fleets = self._fleets(plan)
        with self._opened(ramp, folder, plan, judges=False) as run:
            self._begin(run, plan, fleets, undoes=True)
            stage = plan.stage(len(plan.weights))
            live = self.reader.splits()
            run.record.write(StageStart.at(stage))
            splits = {service: live[service] for service in plan.services}
            run.record.write(SplitReadBack(stage=stage.number, splits=splits))
            return self._driven_back(run, why, plan.start)

    def _begin(self, run: Run, plan: RampPlan, fleets: Fleets, *, undoes: bool = False) -> None:
        run.record.write(
            RampStart.of(
                plan,
                self._holder,
                run.until(),
                fleets.counts,
                fleets.carrying,
                self._identity(plan),
                undoes=undoes,
            )
        )

    def _identity(self, plan: RampPlan) -> StackIdentity:
        """The stack, and those of its rules that the ramp moves."""
        return self._stack.identity.of_services(plan.services)

    def _driven(self, run: Run, *, from_anywhere: bool = False) -> Ending:
        return Driver(run, Processes(), from_anywhere=from_anywhere).drive()

    def _driven_back(self, run: Run, why: str, to: Split) -> Ending:
        run.record.write(RollbackStart(why=why, to=to, by_hand=True))
        return self._driven(run, from_anywhere=True)

    def _write_resumed(self, run: Run, found: UnfinishedRamp, *, to_go_back: bool = False) -> None:
        progress = run.record.progress
        stage = progress.plan.stage(progress.verified)
        live = ", ".join(f"{s} at {split}" for s, split in sorted(run.reader.splits().items()))
        source = "its own journal" if found.recovered is None else "the stack's history"
        where = (
            f"{progress.plan.group} verified at {stage.split}, stage {stage.number}/{stage.of}, "
            f"by {source}; live: {live}"
        )
        run.record.write(Resumption.of(where, self._holder, run.until(), to_go_back=to_go_back))

    @contextmanager
    def _opened(
        self,
        ramp: str,
        folder: Path,
        plan: RampPlan,
        found: UnfinishedRamp | None = None,
        *,
        judges: bool = True,
    ) -> Generator[Run]:
        """A run with its gates and its traffic, which end with the block.

        Args:
            ramp: The id of a ramp that has none yet.
            folder: Where the journal lies, or is to lie.
            plan: What the ramp sets out to do.
            found: The unfinished ramp; None for a new one.
            judges: Whether gates judge; a rollback by hand does not wait for them.
        """
        journal = FileJournal(folder)
        lost = (
            [] if found is None else self._write_recovered(found, ramp, journal, must_keep=judges)
        )
        earlier = journal.entries()
        with ExitStack() as caught, watched(self._observers, folder, earlier) as views:
            ramp_gates = self._opened_gates(folder, plan) if judges else None
            # Until all is closed: a second Ctrl-C must not cut off what the first one ends with.
            caught.enter_context(self._signals.caught())
            if ramp_gates is not None:
                show_traffic(views, ramp_gates.traffic)
            try:
                ports = self._ports(journal, ramp_gates)
                run = Run(earlier[0].ramp if earlier else ramp, self._holder, self._limits, ports)
                run.record.is_going_back = not judges
                run.record.lost_entries += lost
                try:
                    yield run
                finally:
                    run.gates.close()
            finally:
                if ramp_gates is not None:
                    ramp_gates.close()

    def _ports(self, journal: FileJournal, ramp_gates: RampGates | None) -> DriverPorts:
        return DriverPorts(
            aws=self._live,
            engine=self._stack.engine,
            clock=self._clock,
            journal=journal,
            gates=ramp_gates.gates if ramp_gates else (),
            observers=self._observers,
            stop=self._signals,
            next=self._stack.next,
            traffic=ramp_gates.traffic if ramp_gates else None,
            old_slot=ramp_gates.old_slot if ramp_gates else None,
            git=OwnGit() if self._choice.commits else None,
            pushes=self._choice.pushes,
            is_file_ignored=is_ignored(self._stack.engine.stack_file),
            known_messages=frozenset(self._choice.known_messages),
        )

    def _write_recovered(
        self, found: UnfinishedRamp, ramp: str, journal: FileJournal, *, must_keep: bool
    ) -> list[str]:
        """Write a journal for a ramp that only the history has; returns what was not kept."""
        lost: list[str] = []
        if found.recovered is None:
            return lost
        counts = {s: fleet.desired for s, fleet in fleets_in(self.reader.services()).items()}
        live = self.reader.splits()
        now, stack = self._clock.now(), self._identity(found.plan)
        for entry in found.recovered.entries(ramp, now, live, counts, stack):
            try:
                journal.append(entry)
            except JournalError as error:
                if must_keep:
                    raise
                lost.append(str(error))
        return lost

    def _opened_gates(self, folder: Path, plan: RampPlan) -> RampGates:
        return RampGates(
            self._stack, folder, plan, self._clock.now, approve_each=self._choice.approve_each
        )

    def _say_waits(self, what: str, seconds_left: float | None) -> None:
        for observer in self._observers:
            observer.waits(what, seconds_left)

    def _fleets(self, plan: RampPlan) -> Fleets:
        live = self.reader.services()
        remembered = remembered_fleets(self._stack.ramps, live, self._clock.now())
        return Fleets.of(plan, live, remembered)


@contextmanager
def watched(
    observers: Sequence[RampObserver], folder: Path, earlier: Sequence[Entry]
) -> Generator[Sequence[LiveView]]:
    """Let views show what `earlier` runs did; close them at the end, and leave the report.

    A report that cannot be made is only a warning: the ramp matters more.
    """
    views = [observer for observer in observers if isinstance(observer, LiveView)]
    for view in views:
        for entry in earlier:
            view.saw(entry)
    try:
        yield views
    finally:
        for view in views:
            view.close()
        try:
            click.echo(f"report: {write_report(folder).page}", err=True)
        except ReportError as error:
            click.echo(f"no report: {error}", err=True)


def show_traffic(views: Sequence[LiveView], traffic: Traffic) -> None:
    """Let views show what the traffic meets."""
    for view in views:
        traffic.subscribe(view.answered)
