"""Which config keys hold the split of a group of services, and what goes with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rollout.errors import SplitError
from rollout.json_value import map_of
from rollout.split import Slot, Split

COMMON = "weights"
CANDIDATE = "candidate"
_EMPTY: Collection[object] = (None, "", {}, [])
"""The forms of a key without a value in the config, as `settings` reads it."""


@dataclass(frozen=True, slots=True)
class ConfiguredWeights:
    """The weights of every service as a stack's config has them."""

    values: Mapping[str, object]
    """By service, as written; `None` where neither the service nor the stack has any."""
    own: frozenset[str]
    """The services that have weights of their own, over the common ones."""

    def splits(self) -> dict[str, Split]:
        """The split of each service whose weights are one."""
        read = {service: _split(value) for service, value in self.values.items()}
        return {service: split for service, split in read.items() if split is not None}


def configured_weights(config: Mapping[str, object]) -> ConfiguredWeights:
    """Each service's weights: its own, else the common ones.

    Args:
        config: Our namespace by bare names, such as `{"weights": "75/25", "services": {...}}`.
            A value that should be a map and is not counts as empty.
    """
    services = map_of(config.get("services"))
    own = {name: map_of(service).get(COMMON) for name, service in services.items()}
    own = {str(name): weights for name, weights in own.items() if weights not in _EMPTY}
    common = config.get(COMMON)
    shared = None if common in _EMPTY else common
    values = {str(name): own.get(str(name), shared) for name in services}
    return ConfiguredWeights(values, frozenset(own))


def _split(value: object) -> Split | None:
    try:
        return Split.parse(str(value))
    except SplitError:
        return None


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
