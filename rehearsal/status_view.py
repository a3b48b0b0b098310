"""The table of `failover rehearse status`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from rich.table import Table

from rehearsal.load import Load
from rehearsal.observation import ServiceState, SlotState
from rollout.split import Slot

_LEFT = ("service", "slot", "weight", "targets", "in service", "template", "build")
_RIGHT = ("req/s", "5xx/s")


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
