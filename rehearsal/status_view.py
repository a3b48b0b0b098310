"""The table of `failover rehearse status`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.table import Table

from rehearsal.observation import ServiceState, SlotState


def status_table(services: Iterable[ServiceState]) -> Table:
    """One row a slot: weight, targets by state, instances in service, versions and images."""
    table = Table()
    for column in ("service", "slot", "weight", "targets", "in service", "template", "image"):
        table.add_column(column)
    for service in services:
        for slot, state in service.slots.items():
            table.add_row(service.name, str(slot), str(state.weight), *_cells(state))
        table.add_section()
    return table


def _cells(state: SlotState) -> list[str]:
    counted = Counter(state.target_states)
    targets = ", ".join(f"{number} {name}" for name, number in counted.items()) or "none"
    versions = sorted(set(state.instance_versions))
    running = ", ".join(f"v{version}" for version in versions) or "none"
    template = f"pinned {state.template_version}, running {running}"
    if state.refreshing:
        template += ", refreshing"
    return [targets, f"{state.in_service} of {state.desired}", template, ", ".join(state.image_ids)]
