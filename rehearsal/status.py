"""`failover rehearse status`: the slots as AWS has them, what each carries, and their table."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import json
import re
import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from rehearsal.errors import RehearsalError
from rehearsal.lifecycle import engine_of
from rehearsal.local_aws import ServiceObserver, ServiceState, SlotState
from rehearsal.workspace import Running, Workspace
from rollout.split import Slot

ADMIN_SOCKET = "admin.sock"
_COUNTERS = r"^cluster\.target_group\..*\.upstream_rq_(completed|5xx)$"
_NAME = re.compile(r"cluster\.target_group\.(.+)\.upstream_rq_(completed|5xx)")
_TIMEOUT_SECONDS = 5.0

WINDOW_SECONDS = 2.0
"""Over which the traffic is counted."""

_LEFT = ("service", "slot", "weight", "targets", "in service", "template", "build")
_RIGHT = ("req/s", "5xx/s")


@dataclass(frozen=True, slots=True)
class Load:
    """What one target group carries."""

    requests_per_s: float
    errors_per_s: float
    """Of those, answered with 5xx, by a target or by the load balancer for want of one."""


IDLE = Load(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class ProxyCounters:
    """The proxy's counters at one moment."""

    at_s: float
    """Monotonic seconds."""
    answered: Mapping[str, int]
    """Target group's name to requests since the proxy began."""
    errors: Mapping[str, int]

    def load_since(self, before: ProxyCounters) -> dict[str, Load]:
        """Target group's name to its load between two moments."""
        seconds = max(self.at_s - before.at_s, 1e-9)

        def rate(now: Mapping[str, int], then: Mapping[str, int], name: str) -> float:
            return max(now.get(name, 0) - then.get(name, 0), 0) / seconds

        return {
            name: Load(
                rate(self.answered, before.answered, name), rate(self.errors, before.errors, name)
            )
            for name in self.answered
        }


def counted(folder: Path) -> ProxyCounters:
    """Ask the proxy whose working folder is `folder`.

    Raises:
        RehearsalError: it does not answer.
    """
    connection = _AdminConnection(folder)
    try:
        connection.request("GET", f"/stats?format=json&filter={_COUNTERS}")
        answer = json.load(connection.getresponse())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise RehearsalError(f"the proxy does not report its counters: {error}") from error
    finally:
        connection.close()
    found: dict[str, dict[str, int]] = {"completed": {}, "5xx": {}}
    for stat in answer["stats"]:
        if (match := _NAME.fullmatch(stat.get("name", ""))) is not None:
            found[match[2]][match[1]] = int(stat["value"])
    return ProxyCounters(time.monotonic(), found["completed"], found["5xx"])


def target_group_name(arn: str) -> str:
    """`hankooktire-us-prd-web-01-tg` of `arn:…:targetgroup/hankooktire-us-prd-web-01-tg/…`."""
    return arn.split("/")[1]


class _AdminConnection(http.client.HTTPConnection):
    """By the Unix socket in a folder, whose path may be longer than such a socket's may be."""

    def __init__(self, folder: Path) -> None:
        super().__init__("admin", timeout=_TIMEOUT_SECONDS)
        self._folder = folder

    def connect(self) -> None:
        """Connect by a path that is relative to the folder."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_TIMEOUT_SECONDS)
        with contextlib.chdir(self._folder):
            self.sock.connect(ADMIN_SOCKET)


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


def status_table(
    services: Iterable[ServiceState],
    builds: Mapping[str, str],
    loads: Mapping[tuple[str, Slot], Load],
) -> Table:
    """One row a slot: weight, targets by state, instances, template version, build, traffic.

    Args:
        services: As the local AWS has them.
        builds: AMI id to the name of the build that it holds.
        loads: What each slot of each service carries now.
    """
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in _LEFT:
        table.add_column(column)
    for column in _RIGHT:
        table.add_column(column, justify="right")
    for number, service in enumerate(services):
        if number:
            table.add_row()
        for slot, state in service.slots.items():
            load = loads[service.name, slot]
            traffic = [f"{load.requests_per_s:.1f}", f"{load.errors_per_s:.1f}"]
            if load.errors_per_s:
                traffic[1] = f"[red]{traffic[1]}[/]"
            table.add_row(
                service.name, str(slot), str(state.weight), *_cells(state, builds), *traffic
            )
    return table


def _cells(state: SlotState, builds: Mapping[str, str]) -> list[str]:
    counted = Counter(state.target_states)
    targets = ", ".join(f"{number} {name}" for name, number in counted.items()) or "none"
    others = sorted({v for v in state.instance_versions if v != state.template_version})
    pinned = state.template_version
    template = f"version {pinned}" if pinned.isdecimal() or pinned.startswith("$") else pinned
    if others:
        template += f", some on {', '.join(others)}"
    if state.refreshing:
        template += ", refreshing"
    running = ", ".join(builds.get(image, image) for image in state.image_ids) or "none"
    return [targets, f"{state.in_service} of {state.desired}", template, running]
