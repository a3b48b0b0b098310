"""What the guards said in a preview: lines that begin `judgement:` or `surprise:`."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from ops.plan.diagnostic import Diagnostic


class GuardWord(enum.StrEnum):
    """What a line of the guards says; the value is what it begins with."""

    PASSES = "judgement: passes"
    WAITS = "judgement: will wait"
    REFUSED = "judgement: will be refused"
    OVERRIDE = "judgement: override"
    SURPRISE = "surprise:"

    @property
    def is_refusal(self) -> bool:
        """Whether an update would stop."""
        return self is GuardWord.REFUSED


@dataclass(frozen=True, slots=True)
class GuardLine:
    """One line of the guards."""

    word: GuardWord
    text: str
    """The whole line, as the guards wrote it."""


def guard_lines(diagnostics: Iterable[Diagnostic]) -> tuple[GuardLine, ...]:
    """The guards' lines, each once, in the order in which they were said."""
    found = (_guard_line(diagnostic.message) for diagnostic in diagnostics)
    return tuple(dict.fromkeys(line for line in found if line is not None))


def is_guard_line(diagnostic: Diagnostic) -> bool:
    """Whether the guards said it."""
    return _guard_line(diagnostic.message) is not None


def _guard_line(message: str) -> GuardLine | None:
    for word in GuardWord:
        if message.startswith(word):
            return GuardLine(word, message)
    return None
