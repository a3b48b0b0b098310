"""What the engine's output says went wrong."""

from __future__ import annotations

import re

from rollout.notice import NoticeKind

_DIAGNOSTICS = re.compile(
    r"^\s*Diagnostics:\n(.*?)(?=^\s*(?:Resources|Duration|Outputs|Policies):|\Z)", re.M | re.S
)
_LONGEST = 4000


def errors_in(output: str) -> str:
    """The errors of an update: its diagnostics where it has any, else the end of what it wrote."""
    found = _DIAGNOSTICS.findall(output)
    text = "\n".join(part.strip("\n") for part in found) if found else output
    lines = dict.fromkeys(line.rstrip() for line in text.splitlines() if line.strip())
    return "\n".join(lines)[-_LONGEST:]


def is_refused_by_guard(output: str) -> bool:
    """Whether the guards refused it, and for no weight that somebody else moved."""
    is_refused = f"{NoticeKind.REFUSED.value}: " in output
    return is_refused and f" {NoticeKind.SURPRISE.value}: " not in output
