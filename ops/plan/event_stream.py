"""The engine's event stream: one JSON object a line, each with one kind of event."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ops.plan.errors import PreviewStreamError

_SHOWN_CHARACTERS = 160
_LAST_EVENTS = ("summaryEvent", "cancelEvent")


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a preview.

    Source: Pulumi SDK for Go, `apitype.EngineEvent`.
    """

    kind: str
    """`resourcePreEvent`, `diagnosticEvent`, `policyEvent`, `summaryEvent`, …"""
    body: Mapping[str, Any]


def read_events(lines: Iterable[str]) -> tuple[Event, ...]:
    """The events of a whole preview, from the lines of the engine's standard output.

    Raises:
        PreviewStreamError: a line that is no event, or no summary at the end: the engine broke off.
    """
    events = tuple(_event(number, line) for number, line in enumerate(lines, 1) if line.strip())
    if not any(event.kind in _LAST_EVENTS for event in events):
        raise PreviewStreamError(
            f"the engine's event stream breaks off after {len(events)} events, without a summary: "
            "the engine was ended, or crashed; nothing was changed. Run `pulumi preview` for its "
            "own words."
        )
    return events


def _event(number: int, line: str) -> Event:
    try:
        document = json.loads(line)
    except json.JSONDecodeError as error:
        raise PreviewStreamError(_no_event(number, line, error.msg)) from error
    if not isinstance(document, dict):
        raise PreviewStreamError(_no_event(number, line, "a JSON object was expected"))
    bodies = {name: body for name, body in document.items() if name.endswith("Event")}
    if len(bodies) != 1 or not isinstance(next(iter(bodies.values())), dict):
        raise PreviewStreamError(_no_event(number, line, "one event was expected"))
    ((kind, body),) = bodies.items()
    return Event(kind, body)


def _no_event(number: int, line: str, why: str) -> str:
    shown = line.strip()[:_SHOWN_CHARACTERS]
    return (
        f"line {number} of the engine's output is no event of a preview ({why}): {shown!r}; "
        "nothing was changed. `pulumi version` must be 3.255.0 or newer: older ones do not stream."
    )
