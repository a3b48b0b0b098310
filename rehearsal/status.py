"""What `failover rehearse status` knows: the slots as AWS has them, and what each carries."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.lifecycle import engine_of
from rehearsal.load import IDLE, Load, counted, target_group_name
from rehearsal.observation import ServiceObserver, ServiceState
from rehearsal.workspace import Running, Workspace
from rollout.split import Slot

WINDOW_SECONDS = 2.0
"""Over which the traffic is counted."""


@dataclass(frozen=True, slots=True)
class RehearsalStatus:
    """All services at a moment."""

    services: Sequence[ServiceState]
    loads: Mapping[tuple[str, Slot], Load]
    """By service and slot."""

    def as_json(self, running: Running) -> str:
        """The same for a program. Fields may be added within a version."""
        document = {
            "version": 1,
            "rehearsal": dataclasses.asdict(running),
            "services": [self._service(service) for service in self.services],
        }
        return json.dumps(document, indent=2)

    def _service(self, service: ServiceState) -> dict[str, Any]:
        return {
            "name": service.name,
            "weights": service.weights,
            "ruleArn": service.rule_arn,
            "slots": {
                str(slot): dataclasses.asdict(state)
                | dataclasses.asdict(self.loads[service.name, slot])
                for slot, state in service.slots.items()
            },
        }


def statuses(workspace: Workspace, running: Running) -> Iterator[RehearsalStatus]:
    """The status now, and each `WINDOW_SECONDS` after; empty before the stack is built.

    Raises:
        RehearsalError: the proxy or the engine does not answer.
    """
    services: Mapping[str, Any] = engine_of(workspace, running).outputs().get("services", {})
    names = {
        (service, Slot(slot)): target_group_name(arn)
        for service, outputs in services.items()
        for slot, arn in outputs["targetGroupArns"].items()
    }
    observer = ServiceObserver(running.endpoint, running.region, services)
    before = counted(workspace.data_plane)
    while True:
        time.sleep(max(0.0, before.at_s + WINDOW_SECONDS - time.monotonic()) if services else 0.0)
        now = counted(workspace.data_plane)
        by_name = now.load_since(before)
        before = now
        loads = {slot: by_name.get(name, IDLE) for slot, name in names.items()}
        yield RehearsalStatus(observer.read() if services else [], loads)
