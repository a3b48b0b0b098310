"""A stack's history: the updates that all who use the backend share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from rollout.json_value import map_of
from rollout.stack_identity import removed_everything

HISTORY_LENGTH = 50
"""How many updates are read; a ramp has some twenty."""

_UPDATES = frozenset({"update", "import"})


@dataclass(frozen=True, slots=True)
class EngineUpdate:
    """One update of a stack's history."""

    message: str
    succeeded: bool
    config: Mapping[str, str]
    """With namespaces; secrets are left out."""
    at: datetime
    """When it began, by the clock of whoever ran it."""
    ended: datetime | None = None
    """When it ended, by the same clock."""
    is_first: bool = False
    """Whether it is known to be the stack's first update."""


def updates_of(history: Sequence[Mapping[str, Any]]) -> tuple[EngineUpdate, ...]:
    """The updates of the resources that there are now, the newest first.

    Args:
        history: What `pulumi stack history --json` writes, at most `HISTORY_LENGTH` updates.
    """
    is_whole = len(history) < HISTORY_LENGTH
    return tuple(
        EngineUpdate(
            message=str(past.get("message", "")),
            succeeded=past.get("result") == "succeeded",
            config={
                key: str(entry.get("value", ""))
                for key, entry in map_of(past.get("config")).items()
                if not entry.get("secret")
            },
            at=datetime.fromisoformat(past["startTime"]),
            ended=datetime.fromisoformat(past["endTime"]) if past.get("endTime") else None,
            is_first=is_whole and past is history[-1],
        )
        for past in takewhile(_is_of_this_life, history)
        if past.get("kind") in _UPDATES
    )


def _is_of_this_life(past: Mapping[str, Any]) -> bool:
    """Whether no later update removed what this one made."""
    same = map_of(past.get("resourceChanges")).get("same", 0)
    return not removed_everything(str(past.get("kind")), str(past.get("result")), same)
