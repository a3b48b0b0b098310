"""Ctrl-C in the middle of an update, told to all that wait."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Generator

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Whether a person has ended the update; waits of the same loop hear it at once."""

    def __init__(self) -> None:
        """Nothing is ended yet."""
        self.happened = threading.Event()
        """For whoever waits in another thread."""
        self._waits: list[asyncio.Event] = []

    @contextlib.contextmanager
    def heard(self) -> Generator[asyncio.Event]:
        """An event that Ctrl-C sets, in the place of ending the program in mid-sentence."""
        stop = asyncio.Event()
        if not self._waits:
            self._listen(asyncio.get_running_loop())
        self._waits.append(stop)
        try:
            yield stop
        finally:
            self._waits.remove(stop)
            if not self._waits:
                self._listen_no_more(asyncio.get_running_loop())

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        for number in _heard_here():
            loop.add_signal_handler(number, self._end)

    def _listen_no_more(self, loop: asyncio.AbstractEventLoop) -> None:
        for number in _heard_here():
            loop.remove_signal_handler(number)

    def _end(self) -> None:
        self.happened.set()
        for stop in self._waits:
            stop.set()


def _heard_here() -> tuple[signal.Signals, ...]:
    """The signals; none where this is not the thread that gets them."""
    return _NUMBERS if threading.current_thread() is threading.main_thread() else ()
