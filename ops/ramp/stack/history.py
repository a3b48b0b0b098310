"""The stack's history as the driver needs it, read from the config that each update ran with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pulumi_cli.history import EngineUpdate
from rollout.json_value import map_of
from rollout.recovery import HistoryEntry
from rollout.split import Slot, Split
from rollout.weights_key import configured_weights
from settings.declaration.command import NAMESPACE


def history_entry(past: EngineUpdate) -> HistoryEntry:
    """The entry of an update.

    The history also keeps updates whose config the program refused: invalid values are ignored.
    """
    candidate = past.config.get(f"{NAMESPACE}:candidate")
    floors, splits = _floors(past.config), _splits(past.config)
    return HistoryEntry(
        past.message,
        past.succeeded,
        floors,
        candidate,
        splits,
        past.at,
        past.ended,
        past.is_first,
    )


def _splits(config: Mapping[str, str]) -> dict[str, Split]:
    common = config.get(f"{NAMESPACE}:weights", "")
    services = _map(config, "services")
    return configured_weights({"weights": common, "services": services}).splits()


def _floors(config: Mapping[str, str]) -> dict[str, dict[Slot, int]]:
    found: dict[str, dict[Slot, int]] = {}
    for service, capacity in _map(config, "capacity").items():
        floors = map_of(map_of(capacity).get("floors"))
        plain = {str(slot): str(floor) for slot, floor in floors.items()}
        counts = {s: int(plain[s]) for s in Slot if plain.get(s, "").isdecimal()}
        found |= {service: counts} if counts else {}
    return found


def _map(config: Mapping[str, str], key: str) -> Mapping[str, Any]:
    """The map at a key of ours; empty where there is none."""
    return map_of(json.loads(config.get(f"{NAMESPACE}:{key}") or "{}"))
