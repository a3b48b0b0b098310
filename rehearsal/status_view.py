"""The table of `failover rehearse status`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from rich.table import Table

from rehearsal.observation import ServiceState, SlotState


def status_table(services: Iterable[ServiceState], builds: Mapping[str, str]) -> Table:
    """One row a slot: weight, targets by state, instances in service, template version, build.

    Args:
        services: As the local AWS has them.
        builds: AMI id to the name of the build that it holds.
    """
    table = Table()
    for column in ("service", "slot", "weight", "targets", "in service", "template", "build"):
        table.add_column(column)
    for service in services:
        for slot, state in service.slots.items():
            table.add_row(service.name, str(slot), str(state.weight), *_cells(state, builds))
        table.add_section()
    return table


def _cells(state: SlotState, builds: Mapping[str, str]) -> list[str]:
    counted = Counter(state.target_states)
    targets = ", ".join(f"{number} {name}" for name, number in counted.items()) or "none"
    others = sorted({v for v in state.instance_versions if v != state.template_version})
    template = f"version {state.template_version}"
    if others:
        template += f", some on {', '.join(others)}"
    if state.refreshing:
        template += ", refreshing"
    running = ", ".join(builds.get(image, image) for image in state.image_ids) or "none"
    return [targets, f"{state.in_service} of {state.desired}", template, running]
