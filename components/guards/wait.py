"""Waits, in the middle of an update, until every slot that gains weight is ready."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import signal
import threading
import time
from collections.abc import Callable, Generator, Sequence
from typing import Protocol, TypeVar

from components.guards.engine_log import NoticeLog
from components.guards.errors import RefusedUpdateError
from rollout.notice import Notice, NoticeKind

REPEAT_SECONDS = 30.0
"""The time between two reports of the same notice."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

T = TypeVar("T")


class Judge(Protocol):
    """Decides whether a wait is over."""

    judged_at: float
    """When it last read AWS, by the monotonic clock, in seconds."""

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing left to wait for."""
        ...

    def judge_again(self) -> list[Notice]:
        """Read AWS again; returns what to report.

        Raises:
            RefusedUpdateError: the wait is of no use.
        """
        ...

    def wait_failed(self, why: str) -> list[Notice]:
        """The notices of a wait that ended too early; `why` is what ended it."""
        ...


class Interruption:
    """Ctrl-C in the middle of an update, which ends every wait of the event loop."""

    def __init__(self) -> None:
        """Nothing is interrupted yet."""
        self.happened = threading.Event()
        """For waits in other threads."""
        self._waits: list[asyncio.Event] = []

    @contextlib.contextmanager
    def watched(self) -> Generator[asyncio.Event]:
        """An event that Ctrl-C sets, in place of ending the program at once."""
        stop = asyncio.Event()
        if not self._waits:
            self._add_handlers(asyncio.get_running_loop())
        self._waits.append(stop)
        try:
            yield stop
        finally:
            self._waits.remove(stop)
            if not self._waits:
                self._remove_handlers(asyncio.get_running_loop())

    def _add_handlers(self, loop: asyncio.AbstractEventLoop) -> None:
        for number in _signals_of_this_thread():
            loop.add_signal_handler(number, self._interrupt)

    def _remove_handlers(self, loop: asyncio.AbstractEventLoop) -> None:
        for number in _signals_of_this_thread():
            loop.remove_signal_handler(number)

    def _interrupt(self) -> None:
        self.happened.set()
        for stop in self._waits:
            stop.set()


class Wait:
    """One wait of an update, which all of its rules await."""

    def __init__(
        self,
        judge: Judge,
        log: NoticeLog,
        poll_seconds: float,
        wait_seconds: float,
        interruption: Interruption,
        reported: Sequence[Notice] = (),
        spared: str = "no rule was modified",
    ) -> None:
        """Hold the limits; the wait begins with the first `until_settled`.

        Args:
            judge: Decides whether the wait is over.
            log: Where progress is reported.
            poll_seconds: The time between two polls.
            wait_seconds: The limit of the wait.
            interruption: Ctrl-C, which ends the wait.
            reported: What was reported already, and is not repeated.
            spared: What has not been changed if the wait fails.
        """
        self._judge = judge
        self._log = log
        self._poll_seconds = poll_seconds
        self._wait_seconds = wait_seconds
        self._interruption = interruption
        self._spared = spared
        self._urns: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None
        self._reported = {str(notice): 0.0 for notice in reported}

    async def until_settled(self, service: str, urn: str) -> None:
        """Return once the update may proceed; notices of `service` are shown on `urn`.

        Raises:
            RefusedUpdateError: the update may not proceed.
        """
        self._urns[service] = urn
        if self._task is None:
            self._task = asyncio.create_task(self._settled())
            # The engine may cancel every hook that awaits the task and would take its exception.
            self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.shield(self._task)

    async def _settled(self) -> None:
        if self._judge.is_settled:
            return
        began = time.monotonic()
        with self._interruption.watched() as stop:
            while True:
                left_seconds = self._judge.judged_at + self._poll_seconds - time.monotonic()
                await _first(asyncio.ensure_future(asyncio.sleep(max(0.0, left_seconds))), stop)
                self._refuse_if(stop.is_set(), f"stopped; {self._spared}")
                found = await _first(in_thread(self._judge.judge_again), stop)
                self._refuse_if(stop.is_set(), f"stopped; {self._spared}")
                waited_seconds = time.monotonic() - began
                self._report(found or [], waited_seconds)
                if self._judge.is_settled:
                    return
                self._refuse_if(
                    waited_seconds >= self._wait_seconds,
                    f"not ready within {self._wait_seconds:g} s; {self._spared}",
                )

    def _refuse_if(self, is_over: bool, why: str) -> None:
        if is_over:
            raise RefusedUpdateError(self._judge.wait_failed(why))

    def _report(self, notices: list[Notice], waited_seconds: float) -> None:
        """Report new notices at once, and those of a wait again every `REPEAT_SECONDS`."""
        for notice in notices:
            is_progress = notice.kind is NoticeKind.WAITING
            reported_seconds = self._reported.get(str(notice))
            is_due = is_progress and waited_seconds - (reported_seconds or 0.0) >= REPEAT_SECONDS
            if reported_seconds is not None and not is_due:
                continue
            self._reported[str(notice)] = waited_seconds
            urn = self._urns.get(notice.service, "")
            self._log.report(self._timed(notice, waited_seconds), urn)

    def _timed(self, notice: Notice, waited_seconds: float) -> Notice:
        """A notice with the time waited; an override and an out-of-band change have none."""
        if notice.kind in (NoticeKind.OVERRIDE, NoticeKind.OUT_OF_BAND_CHANGE):
            return notice
        text = f"{notice.text} ({waited_seconds:.0f} of at most {self._wait_seconds:g} s)"
        return Notice(notice.kind, notice.service, notice.change, text)


def in_thread(call: Callable[[], T]) -> asyncio.Future[T]:
    """The result of `call`, from a daemon thread: the end of the program does not wait for it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def resolve(done: Callable[[], None]) -> None:
        if not future.cancelled():
            done()

    def run() -> None:
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 - handed on to whoever awaits it
            done = functools.partial(future.set_exception, error)
        else:
            done = functools.partial(future.set_result, result)
        with contextlib.suppress(RuntimeError):  # The loop is closed: no one awaits the result.
            loop.call_soon_threadsafe(resolve, done)

    threading.Thread(target=run, name="guards", daemon=True).start()
    return future


async def _first(work: asyncio.Future[T], stop: asyncio.Event) -> T | None:
    """The result of `work`; None if `stop` is set first."""
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if work.done():
        return work.result()
    work.cancel()
    return None


def _signals_of_this_thread() -> tuple[signal.Signals, ...]:
    """The signals to handle; none outside the main thread, which alone receives them."""
    return _SIGNALS if threading.current_thread() is threading.main_thread() else ()
