"""Waits, in the middle of an update, until everything that gains weight is fit for it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from components.guards.engine_log import NoticeLog
from components.guards.errors import RefusedUpdateError
from components.guards.interruption import Interruption
from rollout.notice import Notice, NoticeKind

REPEAT_SECONDS = 30.0
"""How often a wait says again what it has said."""

T = TypeVar("T")


class Judge(Protocol):
    """Who says whether a wait is over."""

    seen_at: float
    """When it last looked, by the monotonic clock, in seconds."""

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing left to wait for."""
        ...

    def look_again(self) -> list[Notice]:
        """What there is to say now.

        Raises:
            RefusedError: the wait is of no use.
        """
        ...

    def given_up(self, why: str) -> list[Notice]:
        """What there is to say where the wait ends without what it was for."""
        ...


class Waiting:
    """A wait of an update, which all that hang on it await."""

    def __init__(
        self,
        judge: Judge,
        voice: NoticeLog,
        poll_seconds: float,
        wait_seconds: float,
        interruption: Interruption,
        told: Sequence[Notice] = (),
        spared: str = "no rule was modified",
    ) -> None:
        """Be ready.

        Args:
            judge: Who judges.
            voice: Where progress goes.
            poll_seconds: The time from one look to the next.
            wait_seconds: After which it gives up.
            interruption: Ctrl-C, which ends it.
            told: What has been said already, and is not said again.
            spared: What has not been done where the wait ends without what it was for.
        """
        self._judge = judge
        self._voice = voice
        self._poll_seconds = poll_seconds
        self._wait_seconds = wait_seconds
        self._interruption = interruption
        self._spared = spared
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
        if self._judge.is_settled:
            return
        began = time.monotonic()
        with self._interruption.heard() as stop:
            while True:
                left_seconds = self._judge.seen_at + self._poll_seconds - time.monotonic()
                await _first(asyncio.sleep(max(0.0, left_seconds)), stop)
                self._refuse_if(stop.is_set(), f"stopped, and {self._spared}")
                told = await _first(in_thread(self._judge.look_again), stop)
                self._refuse_if(stop.is_set(), f"stopped, and {self._spared}")
                waited_seconds = time.monotonic() - began
                self._show(told or [], waited_seconds)
                if self._judge.is_settled:
                    return
                self._refuse_if(
                    waited_seconds >= self._wait_seconds,
                    f"not within {self._wait_seconds:g} s, and {self._spared}",
                )

    def _refuse_if(self, is_over: bool, why: str) -> None:
        if is_over:
            raise RefusedUpdateError(self._judge.given_up(why))

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
        """A notice with its waiting time; an override or an out-of-band change has none."""
        if notice.kind in (NoticeKind.OVERRIDE, NoticeKind.OUT_OF_BAND):
            return notice
        text = f"{notice.text} ({waited_seconds:.0f} of at most {self._wait_seconds:g} s)"
        return Notice(notice.kind, notice.service, notice.change, text)


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
