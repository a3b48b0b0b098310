"""One adoption of a stack at a time: a lock that lives as long as any process of its holder."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Generator
from pathlib import Path


@contextlib.contextmanager
def held(path: Path, waiting: Callable[[], None]) -> Generator[int]:
    """Hold the lock, waiting for whoever has it; gives the descriptor for children to inherit.

    An update outlives an adoption that is killed, and has the descriptor: so the next adoption
    begins when that update has ended, and finds a stack at rest.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()
