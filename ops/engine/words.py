"""What the engine's output says went wrong."""

from __future__ import annotations

import re

from rollout.notice import NoticeKind

_DIAGNOSTICS = re.compile(
    r"^\s*Diagnostics:\n(.*?)(?=^\s*(?:Resources|Duration|Outputs|Policies):|\Z)", re.M | re.S
)
_LONGEST = 4000
_UNSEEN = "unseen"
"""What the guards call a change that they could not look at."""


def errors_in(output: str) -> str:
    """The errors of an update: its diagnostics where it has any, else the end of what it wrote."""
    found = _DIAGNOSTICS.findall(output)
    text = "\n".join(part.strip("\n") for part in found) if found else output
    lines = dict.fromkeys(line.rstrip() for line in text.splitlines() if line.strip())
    return "\n".join(lines)[-_LONGEST:]


def is_refused_by_guard(output: str) -> bool:
    """Whether the guards refused it for what they saw of the slots.

    A weight that somebody else moved, and an AWS that nobody can see, are a person's to judge.
    """
    refusals = re.findall(rf"{NoticeKind.REFUSED.value}: [^:\n]*: ([^:\n]*):", output)
    is_surprised = re.search(rf"(?m)(?:^|\s){NoticeKind.SURPRISE.value}: ", output) is not None
    return bool(refusals) and _UNSEEN not in refusals and not is_surprised
