"""A line of the guards in a preview or an update, which programs read as well as people."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


class NoticeKind(enum.StrEnum):
    """What a notice says; its value is what the line begins with."""

    PASSES = "judgement: passes"
    WILL_WAIT = "judgement: will wait"
    """In a preview: the update would wait, for what the line says."""
    WILL_BE_REFUSED = "judgement: will be refused"
    """In a preview: the update would be refused."""
    WAITING = "judgement: waiting"
    REFUSED = "judgement: refused"
    OVERRIDE = "judgement: override"
    """What is refused is let through, since the config has a reason for it."""
    NOTE = "judgement: note"
    """In a preview: something is wrong already, and stops nothing."""
    OUT_OF_BAND = "changed outside Pulumi"
    """The live weights are not what the stack left."""


_KINDS = "|".join(map(re.escape, NoticeKind))
_LINE = re.compile(rf"({_KINDS}): ([^:\n]*): ([^:\n]*): (.*)", re.DOTALL)
_BEGINNING = re.compile(rf"(?<!\w)(?:{_KINDS}): ")


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that the guards say: `judgement: passes: web: 90/10 -> 75/25: ...`."""

    kind: NoticeKind
    service: str
    """The service it is about; `all services` where it is about every one."""
    change: str
    """What would be done, such as `90/10 -> 75/25` or `slot 01`."""
    text: str
    """Why, and below it the commands that fix it."""

    def __str__(self) -> str:
        return f"{self.kind}: {self.service}: {self.change}: {self.text}"

    @classmethod
    def parse(cls, line: str) -> Notice | None:
        """The notice in a diagnostic; `None` where it is none of ours."""
        match = _LINE.fullmatch(line.strip())
        if match is None:
            return None
        return cls(NoticeKind(match[1]), match[2], match[3], match[4])

    @classmethod
    def found_in(cls, message: str) -> tuple[Notice, ...]:
        """The notices in a diagnostic of the engine.

        The error of a hook has the engine's own words before its first notice, and holds each
        notice that stopped it.
        """
        starts = [match.start() for match in _BEGINNING.finditer(message)]
        parts = [message[start:end] for start, end in pairwise([*starts, len(message)])]
        return tuple(notice for part in parts if (notice := cls.parse(part)) is not None)


ALL_SERVICES = "all services"
UNSEEN = "unseen"
"""The change of a notice about a change that the guards cannot judge: AWS does not answer."""


def is_refusal_of_split(notices: Iterable[Notice]) -> bool:
    """Whether the guards refused an update because of the slots, so that the driver rolls back.

    A weight that was changed outside Pulumi, and an AWS that does not answer, do not count against
    the candidate: a person decides.
    """
    notices = tuple(notices)
    refused = [each for each in notices if each.kind is NoticeKind.REFUSED]
    is_moved = any(each.kind is NoticeKind.OUT_OF_BAND for each in notices)
    return bool(refused) and not is_moved and all(each.change != UNSEEN for each in refused)


def without_contradiction(notices: Sequence[Notice]) -> list[Notice]:
    """The notices of a preview without what would pass of a service, where it will be refused.

    Several guards look, each at its own part of an update.
    """
    refused = {each.service for each in notices if each.kind is NoticeKind.WILL_BE_REFUSED}
    if ALL_SERVICES in refused:
        refused |= {each.service for each in notices}
    return [
        each
        for each in notices
        if each.kind is not NoticeKind.PASSES or each.service not in refused
    ]
