"""What the engine, the program and the providers said in a preview."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ops.plan.event_stream import Event

_COLOUR = re.compile(r"\x1b\[[0-9;]*m|<\{%[^%]*%\}>")


class Severity(enum.StrEnum):
    """How much it matters, in the engine's words; what is only for debugging is left out."""

    INFO = "info"
    INFO_ERROR = "info#err"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message."""

    severity: Severity
    message: str
    urn: str
    """The resource that it is about; empty for the stack as a whole."""

    @property
    def name(self) -> str:
        """The logical name of its resource; empty for the stack as a whole."""
        return self.urn.split("::")[-1]


def diagnostics(events: Iterable[Event]) -> tuple[Diagnostic, ...]:
    """Every message once, in order."""
    found = (_diagnostic(event) for event in events if event.kind == "diagnosticEvent")
    return tuple(dict.fromkeys(each for each in found if each is not None and each.message))


def _diagnostic(event: Event) -> Diagnostic | None:
    severity = event.body.get("severity")
    if severity not in tuple(Severity):
        return None
    message = _COLOUR.sub("", str(event.body.get("message", ""))).strip()
    return Diagnostic(Severity(severity), message, str(event.body.get("urn") or ""))
