"""The engine's events: one JSON object a line, each with one kind of event."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_cli.errors import EventStreamError
from rollout.json_value import is_map

MANDATORY = ("mandatory", "remediate")
"""The enforcement levels of a policy that stop an update."""

_SHOWN_CHARACTERS = 160
_LONGEST = 4000
_LAST_EVENTS = ("summaryEvent", "cancelEvent")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m|<\{%[^%]*%\}>")


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a preview or an update.

    Source: Pulumi SDK for Go, `apitype.EngineEvent`.
    """

    kind: str
    """`resourcePreEvent`, `diagnosticEvent`, `policyEvent`, `summaryEvent`, …"""
    body: Mapping[str, Any]


class Severity(enum.StrEnum):
    """The severity of a diagnostic, as the engine names it; debug messages are left out."""

    INFO = "info"
    INFO_ERROR = "info#err"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message of the engine, the program or a provider."""

    severity: Severity
    message: str
    urn: str
    """The resource that it is about; empty for the stack as a whole."""

    @property
    def name(self) -> str:
        """The logical name of its resource; empty for the stack as a whole."""
        return self.urn.split("::")[-1]


def read_events(lines: Iterable[str]) -> tuple[Event, ...]:
    """The events of a whole preview, from the lines of the CLI's standard output.

    Raises:
        EventStreamError: a line holds no event, or there is no summary: the engine broke off.
    """
    events = tuple(_event(number, line) for number, line in enumerate(lines, 1) if line.strip())
    if not any(event.kind in _LAST_EVENTS for event in events):
        raise EventStreamError(
            f"the engine's event stream breaks off after {len(events)} events, without a summary: "
            "the engine was ended, or crashed; nothing was changed. Run `pulumi preview` for its "
            "own words."
        )
    return events


def events_in(text: str) -> Iterator[Event]:
    """The events in the output of a command that failed; lines without an event are skipped."""
    for number, line in enumerate(text.splitlines(), 1):
        try:
            yield _event(number, line)
        except EventStreamError:
            continue


def diagnostics(events: Iterable[Event]) -> tuple[Diagnostic, ...]:
    """Every message once, in order."""
    found = (_diagnostic(event) for event in events if event.kind == "diagnosticEvent")
    return tuple(dict.fromkeys(each for each in found if each is not None and each.message))


def errors_of(events: Iterable[Event]) -> tuple[str, ...]:
    """The errors of a failed command: its error messages, and the mandatory policies it breaks."""
    events = tuple(events)
    messages = [each.message for each in diagnostics(events) if each.severity is Severity.ERROR]
    return (*messages, *dict.fromkeys(_violations(events)))


def error_text(stdout: str, stderr: str = "") -> str:
    """What a failed command wrote about its error; empty where it wrote nothing.

    That is the errors of its events, else its standard error, else the end of its standard output:
    without `--json` some commands write their errors there.
    """
    found = "\n".join(errors_of(events_in(stdout)))
    return found or _without_prefix(stderr) or _without_prefix(stdout)[-_LONGEST:]


def _violations(events: Iterable[Event]) -> Iterator[str]:
    for event in events:
        if event.kind == "policyEvent" and event.body.get("enforcementLevel") in MANDATORY:
            name = str(event.body.get("resourceUrn") or "").split("::")[-1] or "the stack"
            message = str(event.body.get("message", "")).strip()
            yield f"{event.body.get('policyName')} ({name}): {message}"


def _without_prefix(text: str) -> str:
    return text.strip().removeprefix("error: ")


def _diagnostic(event: Event) -> Diagnostic | None:
    severity = event.body.get("severity")
    if severity not in tuple(Severity):
        return None
    message = _COLOUR.sub("", str(event.body.get("message", ""))).strip()
    return Diagnostic(Severity(severity), message, str(event.body.get("urn") or ""))


def _event(number: int, line: str) -> Event:
    try:
        document = json.loads(line)
    except json.JSONDecodeError as error:
        raise EventStreamError(_no_event(number, line, error.msg)) from error
    if not is_map(document):
        raise EventStreamError(_no_event(number, line, "a JSON object was expected"))
    bodies = [(name, body) for name, body in document.items() if name.endswith("Event")]
    if len(bodies) != 1 or not is_map(bodies[0][1]):
        raise EventStreamError(_no_event(number, line, "one event was expected"))
    return Event(*bodies[0])


def _no_event(number: int, line: str, why: str) -> str:
    shown = line.strip()[:_SHOWN_CHARACTERS]
    return (
        f"line {number} of the engine's output is not an event of a preview ({why}): {shown!r}; "
        "nothing was changed. `pulumi version` must be 3.255.0 or newer: older ones do not stream."
    )
