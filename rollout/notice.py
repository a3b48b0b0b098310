"""A line that the guards report in a preview or an update, for people and for programs."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


class NoticeKind(enum.StrEnum):
    """The kind of a notice; its value is the prefix of the line."""

    PASSES = "judgement: passes"
    WILL_WAIT = "judgement: will wait"
    """In a preview: the update would wait."""
    WILL_BE_REFUSED = "judgement: will be refused"
    """In a preview: the update would be refused."""
    WAITING = "judgement: waiting"
    REFUSED = "judgement: refused"
    OVERRIDE = "judgement: override"
    """The config's override lets a refusal through."""
    NOTE = "judgement: note"
    """In a preview: something is wrong already, and does not stop the update."""
    OUT_OF_BAND_CHANGE = "changed outside Pulumi"
    """The live weights were changed outside Pulumi."""

    @classmethod
    def refusal(cls, *, is_preview: bool) -> NoticeKind:
        """The kind of a refusal: of an update, or of a preview, which goes on."""
        return cls.WILL_BE_REFUSED if is_preview else cls.REFUSED


_KINDS = "|".join(map(re.escape, NoticeKind))
_LINE = re.compile(rf"({_KINDS}): ([^:\n]*): ([^:\n]*): (.*)", re.DOTALL)
_BEGINNING = re.compile(rf"(?<!\w)(?:{_KINDS}): ")


@dataclass(frozen=True, slots=True)
class Notice:
    """One line of the guards: `judgement: passes: web: 90/10 -> 75/25: ...`."""

    kind: NoticeKind
    service: str
    """The service that it is about, or `all services`."""
    change: str
    """What the update would change, such as `90/10 -> 75/25` or `slot 01`."""
    text: str
    """The reason, and below it the commands that fix it."""

    def __str__(self) -> str:
        return f"{self.kind}: {self.service}: {self.change}: {self.text}"

    @classmethod
    def parse(cls, line: str) -> Notice | None:
        """The notice in a diagnostic; `None` if the diagnostic is not one."""
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
UNREADABLE = "unseen"
"""The `change` of a notice that AWS cannot be read; programs compare it."""


def is_refusal_of_split(notices: Iterable[Notice]) -> bool:
    """Whether the guards refused an update because of the slots, so that the driver rolls back.

    A weight that was changed outside Pulumi, and an AWS that does not answer, do not count against
    the candidate: a person decides.
    """
    notices = tuple(notices)
    refused = [each for each in notices if each.kind is NoticeKind.REFUSED]
    is_changed = any(each.kind is NoticeKind.OUT_OF_BAND_CHANGE for each in notices)
    return bool(refused) and not is_changed and all(each.change != UNREADABLE for each in refused)


def without_contradiction(notices: Sequence[Notice]) -> list[Notice]:
    """The notices of a preview without the `PASSES` of a service that will be refused.

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
