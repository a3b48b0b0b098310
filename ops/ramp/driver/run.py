"""One run of the driver: its record, its gates, and what it checks between two steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from ops.ramp.driver.interrupts import (
    StopAskedError,
    WeightsChangedError,
)
from ops.ramp.driver.ports import DriverPorts, Limits
from ops.ramp.driver.record import RunRecord
from ops.ramp.driver.retrying_reader import RetryingReader
from ops.ramp.driver.stage_gates import StageGates
from ops.ramp.errors import NotSureError
from rollout.history_message import Activity, HistoryMessage
from rollout.lease import LeaseHolder
from rollout.split import Split
from rollout.step import AskPerson, expected_splits
from rollout.verdict import Outcome

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
