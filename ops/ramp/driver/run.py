"""One run of the driver: its record, its gates, and what it checks between two steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ops.gates.gate import Gate, StageMark
from ops.ramp.driver.ports import DriverPorts, Limits, RampClock
from ops.ramp.driver.record import RunRecord
from ops.ramp.driver.retrying_reader import RetryingReader
from ops.ramp.errors import (
    GateFailedError,
    NotSureError,
    StopAskedError,
    WeightsChangedError,
)
from rollout.history_message import Activity, HistoryMessage
from rollout.lease import LeaseHolder
from rollout.plan import Stage
from rollout.ramp_event import GateVerdict
from rollout.split import Slot, Split
from rollout.step import AskPerson, expected_splits
from rollout.verdict import Outcome, Verdict, combined

TICK_SECONDS = 1.0
LIVE_POLL_SECONDS = 5.0
SPARE_SECONDS = 900.0
"""What a lease lasts longer than all that its next step may wait for."""


class Run:
    """What the steps of the driver share: the record, the gates, the reader of AWS, the ports."""

    def __init__(self, ramp: str, holder: LeaseHolder, limits: Limits, ports: DriverPorts) -> None:
        self.holder = holder
        self.limits = limits
        self.ports = ports
        self._next_live_poll = 0.0
        self.record = RunRecord(ramp, ports.journal, ports.clock, ports.observers)
        self.gates = StageGates(ports.gates, self.record, ports.clock)
        self.reader = RetryingReader(
            ports.aws, ports.clock, self.record.say_waits, self._is_given_up
        )

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
        services = self.record.progress.plan.services
        return HistoryMessage(services, activity, self.holder, self.until()).format()

    def tick(self, what: str, seconds_left: float | None = None) -> Outcome:
        """Look at everything once and let a second pass.

        Raises:
            StopAskedError: a person asked to stop.
            GateFailedError: a gate failed.
            WeightsChangedError: someone else changed the weights.
        """
        self.refuse_stopped()
        outcome = self.gates.judge()
        self.refuse_moved()
        self.record.say_waits(what, seconds_left)
        wait = TICK_SECONDS if seconds_left is None else min(TICK_SECONDS, max(0.0, seconds_left))
        self.ports.clock.wait(max(wait, 0.05))
        return outcome

    def refuse_stopped(self) -> None:
        """Raises StopAskedError where a person asked to stop."""
        if self.ports.stop.asked:
            raise StopAskedError(self.ports.stop.by)

    def _is_given_up(self) -> bool:
        """Whether a person has asked to stop; twice where it is the way back that waits."""
        return self.ports.stop.asked > (1 if self.record.is_going_back else 0)

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
        progress = self.record.progress
        expected = expected_splits(progress)
        of_group = {service: live[service] for service in progress.plan.services}
        if any(split not in expected for split in of_group.values()):
            raise WeightsChangedError(AskPerson(expected, of_group))

    def set_floors(self, floors: Mapping[str, Mapping[Slot, int | None]]) -> None:
        """Hold fleets in AWS, or give back what they had; nothing where there is none.

        Raises:
            AwsError: AWS refuses, or does not answer.
        """
        if floors:
            self.reader.asked(lambda: self.ports.aws.set_floors(floors))

    def live_splits(self) -> dict[str, Split]:
        """The live splits of the group.

        Raises:
            NotSureError: AWS cannot be read, or a service of the group is not there.
        """
        live = self.reader.splits()
        missing = [s for s in self.record.progress.plan.services if s not in live]
        if missing:
            raise NotSureError(f"the stack has no rule of {', '.join(missing)} any more")
        return {service: live[service] for service in self.record.progress.plan.services}


class StageGates:
    """Asks the gates about one stage after the other; their verdicts go into the record."""

    def __init__(self, gates: Sequence[Gate], record: RunRecord, clock: RampClock) -> None:
        self._gates = gates
        self._record = record
        self._clock = clock
        self._mark: StageMark | None = None
        self._last: dict[str, Verdict] = {}
        """By gate, of the last time that none failed."""
        self._written: dict[str, Verdict] = {}
        """By gate, the last one that is in the journal."""

    @property
    def mark(self) -> StageMark | None:
        """What the gates judge; None before the first stage was begun."""
        return self._mark

    def begin(self, stage: Stage) -> None:
        """Let the gates judge `stage` from now on; a second time for the same one is nothing.

        Unless the floors are gone since: then the gates get a new mark.
        """
        progress, before = self._record.progress, self._mark
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
            verified_at=before.verified_at if before else self._clock.now(),
            number=stage.number,
            of=stage.of,
            counted=progress.counted,
            is_released=progress.is_released,
        )
        for gate in self._gates:
            gate.begin(self._mark)

    def judge(self) -> Outcome:
        """Ask every gate; what changed goes into the journal.

        Raises:
            GateFailedError: one failed.
        """
        if self._mark is None:
            return Outcome.PASS
        verdicts = [gate.judge() for gate in self._gates]
        for verdict in verdicts:
            last = self._last.get(verdict.gate)
            if last is None or last.outcome is not verdict.outcome:
                self._write(verdict)
        self._record.notify(lambda observer: observer.judged(verdicts))
        failed = [verdict for verdict in verdicts if verdict.outcome is Outcome.FAIL]
        if failed:
            raise GateFailedError("; ".join(f"{v.gate}: {v.reason}" for v in failed))
        self._last = {verdict.gate: verdict for verdict in verdicts}
        return combined(verdicts) if verdicts else Outcome.PASS

    def undecided(self) -> str:
        """Which gates are inconclusive, and why."""
        held = [each for each in self._last.values() if each.outcome is not Outcome.PASS]
        return "; ".join(f"{each.gate}: {each.reason}" for each in sorted(held, key=_gate))

    def write_verdicts(self) -> None:
        """Keep the current verdict of every gate: the evidence that a stage passed by."""
        for gate in self._gates:
            self._write(gate.judge())

    def write_undecided(self) -> None:
        """Keep the newest reason of each gate that is inconclusive, as the ramp ends by it."""
        for verdict in self._last.values():
            if verdict.outcome is not Outcome.PASS and self._written[verdict.gate] is not verdict:
                self._write(verdict)

    def _write(self, verdict: Verdict) -> None:
        """Keep a verdict with its evidence."""
        self._written[verdict.gate] = verdict
        self._record.write(GateVerdict.of(self._mark.number if self._mark else 0, verdict))

    def close(self) -> None:
        """End the gates."""
        for gate in self._gates:
            gate.close()


def _gate(verdict: Verdict) -> str:
    return verdict.gate
