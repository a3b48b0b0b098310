from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from probe.process.child import ProberChild

ROOT = Path(__file__).parents[3]
DEADLINE_SECONDS = 30.0


class Started:
    """A child and what it reported."""

    def __init__(self, errors: Any) -> None:
        self.words: list[str] = []
        self.ended = threading.Event()
        self.child = ProberChild(
            "tests.probe.process.echo", (), errors, self._take, self.ended.set, folder=ROOT
        )

    def _take(self, report: dict[str, Any]) -> None:
        self.words.append(report["word"])


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    with (tmp_path / "errors").open("w") as errors:
        found = Started(errors)
        yield found
        found.child.end(0.0)


def test_what_it_writes_is_handled_to_the_last_line_before_end_returns(started: Started) -> None:
    started.child.write_line("one")
    started.child.write_line("two")

    started.child.end(DEADLINE_SECONDS)

    assert started.words == ["one", "two", "the end"]
    assert started.ended.is_set()
    assert started.child.exit_code == 0


def test_it_has_a_session_of_its_own(started: Started) -> None:
    assert os.getsid(started.child.pid) == started.child.pid


def test_one_that_does_not_end_in_time_is_killed(started: Started) -> None:
    started.child.write_line("stay")

    started.child.end(0.1)

    assert started.child.exit_code == -9
    assert started.ended.is_set()


def test_half_a_line_is_left_out_and_writing_to_the_dead_is_an_error(started: Started) -> None:
    started.child.write_line("break off")
    assert started.ended.wait(DEADLINE_SECONDS)

    with pytest.raises(BrokenPipeError):
        started.child.write_line("more")

    assert started.words == ["break off"]
    assert started.child.exit_code == 7
