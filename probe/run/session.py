"""A run with all around it: the prober, the summary, the record, the display and the signals."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO

from probe.options.run_options import RunOptions
from probe.record.line import Line
from probe.record.recorder import Recorder, opened_recorder
from probe.run.prober import Prober
from probe.summary.document import summary_document
from probe.summary.run_summary import RunSummary
from probe.timing.clock import ProbeClock
from probe.view.display import Display

FLUSH_SECONDS = 0.5
"""A kill -9 loses what ended since the last flush."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What a run leaves behind."""

    summary: RunSummary
    record: str | None
    record_error: str | None

    def document(self) -> dict[str, Any]:
        """The summary as data."""
        return summary_document(self.summary, record=self.record, record_error=self.record_error)

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 3 not sure."""
        return self.summary.result(is_record_whole=self.record_error is None).value


class ProbeSession:
    """Runs a prober once; made and run inside an event loop."""

    def __init__(self, options: RunOptions, clock: ProbeClock, display: Display) -> None:
        """Open the record and be ready.

        Raises:
            RecordError: the record cannot be made.
            OSError: the CA file cannot be read.
        """
        self._options = options
        self._display = display
        self.summary = RunSummary()
        self._recorder = _recorder(options, clock.wall())
        self._prober = Prober(options, clock, self._take)
        self._is_stopping = False
        self._told_of_record = False

    async def run(self, marks: TextIO | None = None) -> ProbeResult:
        """Run to the end.

        Args:
            marks: a stream whose lines become marks in the record, and whose end ends the run.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._interrupted, signal.Signals(number).name)
        if marks is not None:
            self._follow(marks, loop)
        periodic = [
            asyncio.create_task(_every(FLUSH_SECONDS, self._flush)),
            asyncio.create_task(_every(self._display.period_s, self._refresh)),
        ]
        _calm_garbage_collection()
        try:
            await self._prober.run()
        finally:
            for task in periodic:
                task.cancel()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
        return self._ended()

    def stop(self, reason: str) -> None:
        """End the run once the requests in flight have ended; a second time, at once."""
        if self._is_stopping:
            self._prober.cut(reason)
            return
        self._is_stopping = True
        self._prober.stop(reason)
        if self._prober.in_flight:
            self._display.note(
                f"stopping: {self._prober.in_flight} requests may take up to "
                f"{self._options.timeout_s:g} s more; once more ends at once"
            )

    def _ended(self) -> ProbeResult:
        recorder = self._recorder
        if recorder is not None:
            recorder.log.close()
        path, error = (recorder.path, recorder.error) if recorder else (None, None)
        ended = ProbeResult(self.summary, path, error)
        self._display.close(ended.document())
        return ended

    def _take(self, line: Line, head: bytes) -> None:
        self.summary.add(line)
        if self._recorder is not None:
            self._recorder.add(line, head)
        self._display.line(line)

    def _flush(self) -> None:
        if self._recorder is None:
            return
        self._recorder.log.flush()
        if self._recorder.error is not None and not self._told_of_record:
            self._told_of_record = True
            self._display.note(f"{self._recorder.error}; probing goes on without a record")

    def _refresh(self) -> None:
        self._display.refresh(self.summary, self._prober.in_flight)

    def _interrupted(self, name: str) -> None:
        self.stop(name)

    def _follow(self, marks: TextIO, loop: asyncio.AbstractEventLoop) -> None:
        """Read marks in a thread, since standard input may be a file, a pipe or a terminal."""

        def read_all() -> None:
            for text in marks:
                loop.call_soon_threadsafe(self._prober.mark, text.rstrip("\n"))
            loop.call_soon_threadsafe(self._prober.stop, "end of standard input")

        threading.Thread(target=read_all, name="marks", daemon=True).start()


def _recorder(options: RunOptions, now_s: float) -> Recorder | None:
    if options.log_dir is None:
        return None
    return opened_recorder(options.log_dir, options.log_format, options.secret_names, now_s)


def _calm_garbage_collection() -> None:
    """Look for cycles seldom; a search while thousands of requests wait would be a stall."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def _every(seconds: float, callback: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    next_s = loop.time()
    while True:
        next_s = max(next_s + seconds, loop.time())
        await asyncio.sleep(next_s - loop.time())
        callback()
