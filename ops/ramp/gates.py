"""What judges one run of the driver: the gates of the config, and the traffic that they see."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from live.errors import LiveError
from ops.gates.context import GateContext, Places, StackFacts
from ops.gates.gate import Gate
from ops.gates.opened import opened_gates, traffic_plan
from ops.ramp.errors import AwsError, NotSureError
from ops.ramp.stack.opened import OpenedStack
from ops.ramp.stack.probed import behind_a_login, connect_to, request_headers
from ops.traffic.answer import SlotAnswer, users_by_slot
from ops.traffic.plan import ConnectionRoute
from ops.traffic.traffic import Traffic
from rollout.plan import RampPlan
from rollout.split import Slot
from settings.gates.approval import ApprovalLimits

RECENT_SECONDS = 120.0
"""So far back a request is looked for: who asks does so every second."""


class RampGates:
    """The gates and the traffic of one run; the traffic goes on until `close`."""

    def __init__(
        self,
        stack: OpenedStack,
        folder: Path,
        plan: RampPlan,
        now: Callable[[], datetime],
        *,
        approve_each: bool,
    ) -> None:
        """Start the traffic, and make the gates.

        Raises:
            NotSureError: the traffic cannot be started, or AWS not be asked.
        """
        gates = stack.ramp.gates
        if approve_each:
            gates = gates.with_gate(ApprovalLimits())
        facts = replace(
            StackFacts.of_outputs(stack.outputs),
            urls=stack.urls,
            connect_to=connect_to(stack.probed),
            request_headers=request_headers(stack.probed),
            behind_a_login=behind_a_login(stack.probed),
        )
        places = Places(stack.folder, folder, ConnectionRoute.from_environment(), stack.next.option)
        try:
            self.traffic = Traffic(traffic_plan(gates, facts, plan.services, places))
        except OSError as error:
            raise NotSureError(f"the prober cannot be started: {error}") from error
        try:
            context = GateContext(facts, stack.session(), self.traffic, places, now)
            found = opened_gates(gates, context)
        except LiveError as error:
            self.traffic.close()
            raise AwsError(str(error)) from error
        self.gates: Sequence[Gate] = found
        self.old_slot = OwnTraffic(self.traffic, plan)

    def close(self) -> None:
        """End the traffic, its records whole."""
        self.traffic.close()


class AnswerFeed(Protocol):
    """What our own requests met."""

    def answers(self, since_s: float) -> Sequence[SlotAnswer]:
        """What ended since then, in Unix seconds."""
        ...


class OwnTraffic:
    """Requests that a slot got, from the prober's answers by the service's own rule."""

    def __init__(self, traffic: AnswerFeed, plan: RampPlan) -> None:
        self._traffic = traffic
        self._plan = plan
        self._since_s = time.time()

    def last_request(self, slot: Slot) -> datetime | None:
        """When `slot` last answered one; None when it has not of late, or since this was made."""
        # Requests straight to a slot show whether the slot signs its answers.
        answers = self._traffic.answers(time.time() - RECENT_SECONDS)
        ends = [
            answer.ended_s
            for service in self._plan.services
            for answer, answered_by in users_by_slot(answers, service)
            if answered_by is slot and answer.ended_s >= self._since_s
        ]
        return datetime.fromtimestamp(max(ends), UTC) if ends else None
