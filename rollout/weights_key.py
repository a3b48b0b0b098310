"""Which config keys hold the split of a group of services, and what goes with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from rollout.split import Slot, Split

COMMON = "weights"
CANDIDATE = "candidate"


def weight_changes(
    group: Collection[str], every: Collection[str], own: Collection[str], split: Split
) -> dict[str, str]:
    """The config paths to set, so that exactly the services of `group` get `split`.

    Where the group is all services, the common key carries it and services with a key of their own
    keep one. A part of the services gets keys of its own, since the common one would move the rest.

    Args:
        group: The services that move.
        every: All services of the stack.
        own: The services that have a `weights` of their own now.
        split: What they get.
    """
    paths = {own_path(service): str(split) for service in sorted(group) if service in own}
    without = [service for service in sorted(group) if service not in own]
    if not without:
        return paths
    if set(every) - set(own) == set(without):
        return {COMMON: str(split)} | paths
    return {own_path(service): str(split) for service in sorted(group)}


def own_path(service: str) -> str:
    """The path of a service's own split."""
    return f'services["{service}"].weights'


def floor_changes(
    floors: Mapping[str, Mapping[Slot, int]], services: Collection[str]
) -> dict[str, str | None]:
    """The config paths that hold these floors; None, which removes, for a service without any."""
    changes: dict[str, str | None] = {}
    for service in sorted(services):
        path = f'capacity["{service}"].floors'
        if service not in floors:
            changes[path] = None
            continue
        for slot, floor in sorted(floors[service].items()):
            changes[f'{path}["{slot}"]'] = str(floor)
    return changes
