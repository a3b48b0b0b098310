"""Waits, in the middle of an update, until everything that gains weight is fit for it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

from components.guards.errors import RefusedError
from components.guards.guards import Guards
from components.guards.voice import Voice
from rollout.judgement import Verdict
from rollout.notice import Notice, NoticeKind
from rollout.telling import given_up

REPEAT_SECONDS = 30.0
"""How often a wait says again what it has said."""

T = TypeVar("T")


class Waiting:
    """The one wait of an update, which every rule awaits."""

    def __init__(
        self,
        guards: Guards,
        voice: Voice,
        poll_seconds: float,
        wait_seconds: float,
        interrupted: threading.Event,
        told: Sequence[Notice] = (),
    ) -> None:
        """Be ready.

        Args:
            guards: Who judges.
            voice: Where progress goes.
            poll_seconds: The time from one look to the next.
            wait_seconds: After which it gives up.
            interrupted: Set when a person ends the update, for whoever waits in another thread.
            told: What has been said already, and is not said again.
        """
        self._guards = guards
        self._voice = voice
        self._poll_seconds = poll_seconds
        self._wait_seconds = wait_seconds
        self._interrupted = interrupted
        self._urns: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None
        self._said = {str(notice): 0.0 for notice in told}

    async def until_settled(self, service: str, urn: str) -> None:
        """Return once the update may go on; the rule of `service` is shown what it waits for.

        Raises:
            RefusedError: it may not.
        """
        self._urns[service] = urn
        if self._task is None:
            self._task = asyncio.ensure_future(self._settled())
            # The engine may cancel every hook that would hear of the refusal.
            self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.shield(self._task)

    async def _settled(self) -> None:
        if self._is_settled():
            return
        began = time.monotonic()
        with _interrupts(self._interrupted) as stop:
            while True:
                left_seconds = self._guards.seen_at + self._poll_seconds - time.monotonic()
                await _first(asyncio.sleep(max(0.0, left_seconds)), stop)
                self._refuse_if(stop.is_set(), "stopped before any rule was modified")
                told = await _first(in_thread(self._guards.look_again), stop)
                self._refuse_if(stop.is_set(), "stopped before any rule was modified")
                waited_seconds = time.monotonic() - began
                self._show(told or [], waited_seconds)
                if self._is_settled():
                    return
                self._refuse_if(
                    waited_seconds >= self._wait_seconds,
                    f"not within {self._wait_seconds:g} s, and no rule was modified",
                )

    def _is_settled(self) -> bool:
        return self._guards.judgement.verdict is Verdict.PASSES

    def _refuse_if(self, is_over: bool, why: str) -> None:
        if is_over:
            raise RefusedError(given_up(self._guards.judgement, why))

    def _show(self, told: list[Notice], waited_seconds: float) -> None:
        """Say what is new, and what is old once in a while."""
        for notice in told:
            is_progress = notice.kind is NoticeKind.WAITING
            said_seconds = self._said.get(str(notice))
            is_due = is_progress and waited_seconds - (said_seconds or 0.0) >= REPEAT_SECONDS
            if said_seconds is not None and not is_due:
                continue
            self._said[str(notice)] = waited_seconds
            self._voice.say(self._timed(notice, waited_seconds), self._urns.get(notice.service, ""))

    def _timed(self, notice: Notice, waited_seconds: float) -> Notice:
        """A notice with how long it has been waited; an override or a surprise has no such time."""
        if notice.kind in (NoticeKind.OVERRIDE, NoticeKind.SURPRISE):
            return notice
        text = f"{notice.text} ({waited_seconds:.0f} of at most {self._wait_seconds:g} s)"
        return Notice(notice.kind, notice.service, notice.change, text)


@contextlib.contextmanager
def _interrupts(also: threading.Event) -> Generator[asyncio.Event]:
    """An event that Ctrl-C sets, in the place of ending the program in the middle of a sentence."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def end() -> None:
        stop.set()
        also.set()

    is_main = threading.current_thread() is threading.main_thread()
    numbers = (signal.SIGINT, signal.SIGTERM) if is_main else ()
    for number in numbers:
        loop.add_signal_handler(number, end)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


async def _first(work: asyncio.Future[T] | object, stop: asyncio.Event) -> T | None:
    """What `work` gives, or nothing where `stop` comes first."""
    working = asyncio.ensure_future(work)  # pyright: ignore[reportArgumentType, reportCallIssue]
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        return working.result()
    working.cancel()
    return None


def in_thread(call: Callable[[], T]) -> asyncio.Future[T]:
    """What `call` gives, from a thread that no exit of the program waits for."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # pyright: ignore[reportArgumentType]

    def run() -> None:
        result, failure = None, None
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 - handed on to whoever awaits it
            failure = error
        with contextlib.suppress(RuntimeError):  # The loop is closed: nobody awaits it any more.
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, name="guards", daemon=True).start()
    return future
