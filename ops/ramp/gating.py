"""The gates of a ramp as the config names them, and the traffic that they and the arrival see."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ops.gates.gate import Gate
from ops.ramp.effects import OldSlot
from ops.ramp.stack import OpenedStack
from ops.traffic.answer import Stream
from ops.traffic.plan import TrafficPlan, Way
from ops.traffic.traffic import Traffic
from rollout.plan import Plan
from rollout.split import Slot


class Gating:
    """What judges one run of the driver."""

    def __init__(self, stack: OpenedStack, folder: Path, *, approve_each: bool) -> None:
        """Start the traffic, where the config has the gate that needs it."""
        self._stack = stack
        self._approve_each = approve_each
        probe = stack.ramp.gates.probe
        self.traffic: Traffic | None = None
        if probe is not None:
            headers = stack.outputs["previewHeaders"]
            self.traffic = Traffic(
                TrafficPlan(
                    urls=stack.outputs["urls"],
                    headers={Stream.of(Slot(slot)): header for slot, header in headers.items()},
                    rate_per_second=probe.rate_per_second,
                    folder=folder / "probe",
                    way=Way.from_environment(),
                    slot_header=probe.slot_header,
                )
            )

    def gates(self, plan: Plan) -> Sequence[Gate]:
        """The gates, in the order of the config."""
        del plan
        return []

    def old_slot(self, plan: Plan) -> OldSlot | None:
        """Who sees requests to the old slot; None without any traffic of our own."""
        return OwnTraffic(self.traffic, plan) if self.traffic is not None else None

    def close(self) -> None:
        """End the traffic."""
        if self.traffic is not None:
            self.traffic.close()


class OwnTraffic:
    """Requests that a slot got, as the prober's answers by the service's own rule tell."""

    def __init__(self, traffic: Traffic, plan: Plan) -> None:
        self._traffic = traffic
        self._plan = plan
        self._since_s = time.time()

    def last_request(self, slot: Slot) -> datetime | None:
        """When `slot` last answered one; None when it has not since this was made."""
        users = self._traffic.answers(self._since_s, Stream.USERS)
        ends = [a.ended_s for a in users if a.slot == slot and a.service in self._plan.services]
        return datetime.fromtimestamp(max(ends), UTC) if ends else None
