"""Downtime windows and gaps without a success: folds over requests in the order of their ends."""

from __future__ import annotations

import dataclasses
from collections import Counter, deque
from dataclasses import dataclass, field

from probe.fault import Phase, RequestFault
from probe.record.line import LineKind, RequestLine, Stream

MERGE_SECONDS = 1.0
"""Failures closer than this are one window; a slot that loses every tenth request is one window of
lost shares and not a hundred of one request each."""

KEPT_WINDOWS = 500
"""So many windows are listed; the rest is counted. It bounds the memory of a run without end."""

_HISTORY_STEP_SECONDS = 0.1
_HISTORY_STEPS = 900


@dataclass(slots=True)
class OutageWindow:
    """A time in which requests were lost; Unix seconds."""

    stream: Stream
    start_s: float
    """When the first lost request left."""
    end_s: float
    """When the last lost request had failed."""
    lost: int = 0
    succeeded: int = 0
    """Requests that ended well in it; with none, it was down, otherwise degraded."""
    faults: Counter[str] = field(default_factory=Counter[str])

    @property
    def length_s(self) -> float:
        """From the first loss to the last."""
        return self.end_s - self.start_s

    @property
    def is_down(self) -> bool:
        """True if nothing succeeded in it."""
        return self.succeeded == 0


class Outages:
    """The windows of one stream."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self._open: OutageWindow | None = None
        self._succeeded_since = 0
        self._history: deque[list[float]] = deque(maxlen=_HISTORY_STEPS)
        self.closed: list[OutageWindow] = []
        self.count = 0
        self.down_s = 0.0
        self.degraded_s = 0.0

    @property
    def current(self) -> OutageWindow | None:
        """The window that the next failure would belong to, if it came at once."""
        return self._open

    def succeeded(self, ended_s: float) -> None:
        """Count a success; one long enough after the last failure closes the window."""
        self._succeeded_since += 1
        step = ended_s // _HISTORY_STEP_SECONDS
        if self._history and self._history[-1][0] == step:
            self._history[-1][1] += 1
        else:
            self._history.append([step, 1])
        if self._open is not None and ended_s - self._open.end_s > MERGE_SECONDS:
            self.close()

    def failed(self, line: RequestLine) -> None:
        """Count a failure, into the open window or a new one."""
        start_s, end_s = _lost_between(line)
        window = self._open
        if window is not None and start_s - window.end_s > MERGE_SECONDS:
            self.close()
            window = None
        if window is None:
            window = OutageWindow(
                self.stream, start_s, end_s, succeeded=self._succeeded_after(start_s)
            )
            self._open = window
        else:
            window.succeeded += self._succeeded_since
            window.start_s = min(window.start_s, start_s)
            window.end_s = max(window.end_s, end_s)
        self._succeeded_since = 0
        window.lost += 1
        window.faults[_fault_name(line)] += 1

    def close(self) -> None:
        """End the open window, if there is one, and count it."""
        window, self._open = self._open, None
        if window is None:
            return
        self.count += 1
        if window.is_down:
            self.down_s += window.length_s
        else:
            self.degraded_s += window.length_s
        if len(self.closed) < KEPT_WINDOWS:
            self.closed.append(window)

    def windows(self) -> list[OutageWindow]:
        """All that are listed, the open one last."""
        return [*self.closed, *([dataclasses.replace(self._open)] if self._open else [])]

    def _succeeded_after(self, since_s: float) -> int:
        """Successes since a time before the failure that reports it, to a tenth of a second."""
        step = since_s // _HISTORY_STEP_SECONDS + 1
        return int(sum(count for at, count in self._history if at >= step))


@dataclass(frozen=True, slots=True)
class Gap:
    """A time between two successes, or before the first or after the last; Unix seconds."""

    start_s: float
    end_s: float
    stalled_s: float = 0.0
    """How much of it the prober itself stalled."""

    @property
    def length_s(self) -> float:
        """From one success to the next, the prober's own stalls left out."""
        return max(self.end_s - self.start_s - self.stalled_s, 0.0)


class Gaps:
    """The longest time of one stream without a success."""

    def __init__(self, started_s: float) -> None:
        self._last_s = started_s
        self._stalled_s = 0.0
        self.longest = Gap(started_s, started_s)

    def succeeded(self, ended_s: float) -> None:
        """A success ends a gap and begins the next."""
        self._reach(ended_s)
        if ended_s > self._last_s:
            self._last_s, self._stalled_s = ended_s, 0.0

    def stalled(self, start_s: float, end_s: float) -> None:
        """Take a stall of the prober out of the gap that it falls into."""
        self._stalled_s += max(end_s - max(start_s, self._last_s), 0.0)

    def finished(self, ended_s: float) -> None:
        """The end of the run ends the last gap."""
        self._reach(ended_s)

    def _reach(self, until_s: float) -> None:
        gap = Gap(self._last_s, until_s, self._stalled_s)
        if gap.length_s > self.longest.length_s:
            self.longest = gap


def _lost_between(line: RequestLine) -> tuple[float, float]:
    """From when to when a failed request shows the target at fault.

    One that was held for long shows it at its end; it was well until then.
    """
    held = line.stream.kind is not LineKind.REQUESTS and line.phase is Phase.BODY
    return (line.ended_s if held else min(line.sent_s, line.ended_s)), line.ended_s


def _fault_name(line: RequestLine) -> str:
    if line.error is RequestFault.UNEXPECTED_STATUS:
        return f"status {line.status}"
    return str(line.error)
