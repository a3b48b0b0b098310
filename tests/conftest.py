from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from rollout.command import Command
from tests.command_check import problem_of

# A machine that is busy with something else must not fail a test of pure code: no deadline.
settings.register_profile("quick", deadline=None, max_examples=30)
settings.register_profile("thorough", deadline=None, max_examples=100)
settings.load_profile("quick")

# A shell lets what it starts in the background ignore Ctrl-C, and so would all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_made: dict[tuple[str, ...], None] = {}
"""Steps of commands that nobody has looked at yet."""
_right: set[tuple[str, ...]] = set()


def _record_steps(self: Command, steps: tuple[tuple[str, ...], ...], moves: str = "") -> None:
    _init(self, steps, moves)
    _made.update(dict.fromkeys(step for step in steps if step not in _right))


_init = Command.__init__
Command.__init__ = _record_steps


@pytest.fixture(autouse=True)
def right_commands(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every command that the product makes in a test is one that its program takes."""
    yield
    made = [*_made]
    _made.clear()
    if request.node.get_closest_marker("any_words") is not None:
        return
    assert [problem for step in made if (problem := problem_of(step))] == []
    _right.update(made)


LIMIT_SECONDS = 600
"""Far above what any test needs: a test that hangs ends, and says where."""

ENGINE_LIMIT_SECONDS = 1800
"""The same where the real engine runs, on a machine that does much else beside."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test a time limit, but for one that has a limit of its own."""
    for item in items:
        if item.get_closest_marker("timeout") is None:
            is_of_engine = item.get_closest_marker("engine") is not None
            limit = ENGINE_LIMIT_SECONDS if is_of_engine else LIMIT_SECONDS
            item.add_marker(pytest.mark.timeout(limit))
