"""Which properties a refresh found otherwise than the state."""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_cli.events import Event


def touched_past_the_stack(events: Sequence[Event]) -> dict[str, frozenset[str]]:
    """URN -> the properties that a refresh found otherwise than the state; gone: no property.

    Source: Pulumi engine events; a refresh ends each resource with `resOutputsEvent`, whose `old`
    is the state and whose `new` is AWS, absent where the resource is.
    """
    found: dict[str, frozenset[str]] = {}
    for event in events:
        metadata = event.body.get("metadata") or {}
        if event.kind != "resOutputsEvent" or metadata.get("op") != "refresh":
            continue
        if (metadata.get("old") or {}).get("initErrors"):
            continue  # an update of it failed: the state has what was to be, and nobody changed it
        paths = frozenset(metadata.get("detailedDiff") or ())
        if paths or not metadata.get("new"):
            found[str(metadata.get("urn"))] = paths
    return found


def is_of(path: str, touched: frozenset[str]) -> bool:
    """Whether a property is among those that were touched, or in one, or around one."""
    return any(_holds(each, path) or _holds(path, each) for each in touched)


def _holds(outer: str, inner: str) -> bool:
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))
