"""A look is had once for each restart, however the two threads come to run."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from ops.gates.repeated import Repeated
from tests.ops.gates.marks import NOON

LONGEST_SECONDS = 10.0
QUIET_SECONDS = 0.3
"""For a second look to be had, where one is: nothing tells of what does not happen."""


class Counted:
    """A look that counts itself, tells when it is had, and can be held up."""

    def __init__(self) -> None:
        self.looks = 0
        self.had = threading.Event()
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.may_end.set()

    def __call__(self) -> int:
        self.looks += 1
        self.begun.set()
        assert self.may_end.wait(LONGEST_SECONDS)
        self.had.set()
        return self.looks


@contextmanager
def once_for_each_restart(look: Counted) -> Generator[Repeated[int]]:
    repeated = Repeated(look, 60.0, (), lambda: datetime.now(UTC), "look", lambda _: True)
    with closing(repeated):
        yield repeated


def test_a_thread_that_looks_before_its_start_has_returned_looks_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look = Counted()
    start = threading.Thread.start

    def start_and_look(thread: threading.Thread) -> None:
        start(thread)
        assert look.had.wait(LONGEST_SECONDS)

    monkeypatch.setattr(threading.Thread, "start", start_and_look)
    with once_for_each_restart(look) as repeated:
        repeated.restart()
        threading.Event().wait(QUIET_SECONDS)

    assert look.looks == 1


def test_a_restart_in_the_middle_of_a_look_forgets_it_and_looks_again() -> None:
    look = Counted()
    look.may_end.clear()
    with once_for_each_restart(look) as repeated:
        repeated.restart()
        assert look.begun.wait(LONGEST_SECONDS)
        repeated.restart()
        look.may_end.set()
        newest = _newest(repeated)

    assert newest == 2


def test_a_look_in_which_the_clock_is_set_back_does_not_end_before_it_began() -> None:
    times = iter([NOON, NOON - timedelta(seconds=30)])
    repeated = Repeated(lambda: 1, 60.0, (), lambda: next(times), "look", lambda _: True)
    with closing(repeated):
        repeated.restart()
        assert _newest(repeated) == 1
        newest = repeated.newest

    assert newest is not None
    assert (newest.began_at, newest.ended_at) == (NOON, NOON)


def _newest(repeated: Repeated[int]) -> int | None:
    """The value that is found, once there is one."""
    tick = threading.Event()
    for _ in range(int(LONGEST_SECONDS / 0.02)):
        if (found := repeated.newest) is not None:
            return found.value
        tick.wait(0.02)
    return None
