"""The gates of a ramp as the config names them, and the traffic that they and the arrival see."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ops.gates.gate import Gate
from ops.gates.opened import Places, opened_gates, traffic_plan
from ops.gates.stack import StackFacts
from ops.ramp.effects import OldSlot
from ops.ramp.stack import OpenedStack
from ops.traffic.answer import Stream
from ops.traffic.plan import Way
from ops.traffic.traffic import Traffic
from rollout.plan import Plan
from rollout.split import Slot
from settings.gates import ApprovalGate


class Gating:
    """What judges one run of the driver."""

    def __init__(self, stack: OpenedStack, folder: Path, *, approve_each: bool) -> None:
        """Start the traffic, where the config has the gate that needs it."""
        gates = stack.ramp.gates
        self._gates = replace(gates, approval=ApprovalGate()) if approve_each else gates
        self._stack = stack
        self._facts = StackFacts.of_outputs(stack.outputs)
        self._places = Places(stack.folder, folder, Way.from_environment())
        self.traffic: Traffic | None = None
        if gates.probe is not None:
            services = list(self._facts.urls)
            self.traffic = Traffic(traffic_plan(gates, self._facts, services, self._places))

    def gates(self, plan: Plan) -> Sequence[Gate]:
        """The gates, in the order of the config; each judges the services of its stage alone.

        Raises:
            LiveError: no such profile, or no region.
        """
        del plan
        return opened_gates(
            self._gates,
            self._facts,
            self._stack.session(),
            self.traffic,
            self._places,
            lambda: datetime.now(UTC),
        )

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
