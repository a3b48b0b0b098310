"""Where a ramp is drawn, and where it is told in lines."""

from __future__ import annotations

import sys

import pytest

from ops.journal.lines import JsonLines, PlainLines
from ops.ramp.cli.command import observer
from ops.view.live import LiveView


class Terminal:
    """A standard output that is a terminal, or is not."""

    encoding = "utf-8"

    def __init__(self, *, is_terminal: bool) -> None:
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass


@pytest.mark.parametrize(
    ("is_terminal", "term", "expected"),
    [
        (True, "xterm-256color", LiveView),
        (True, "screen", LiveView),
        (True, "dumb", PlainLines),
        (True, "unknown", PlainLines),
        (True, None, PlainLines),
        (False, "xterm", PlainLines),
    ],
)
def test_what_cannot_be_drawn_anew_gets_lines(
    monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool, term: str | None, expected: type
) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal(is_terminal=is_terminal))
    if term is None:
        monkeypatch.delenv("TERM", raising=False)
    else:
        monkeypatch.setenv("TERM", term)

    assert isinstance(observer(as_json=False), expected)
    assert isinstance(observer(as_json=True), JsonLines)
