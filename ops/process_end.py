"""How the process of a command outlives a closed pipe, and how it ends at Ctrl-C."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


NOT_SURE = 3
_AGAIN_SECONDS = 0.05


def deliver_lost_interrupts() -> None:
    """Send Ctrl-C once more where Python has dropped it.

    A KeyboardInterrupt that is raised in a finaliser or a weakref's callback, as they run in every
    import, is only reported as "Exception ignored". Source: Python library reference,
    sys.unraisablehook.
    """
    report = sys.unraisablehook

    def deliver(unraisable: sys.UnraisableHookArgs) -> None:
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            # Not here: what is raised within this hook is dropped as well.
            again = threading.Timer(_AGAIN_SECONDS, os.kill, (os.getpid(), signal.SIGINT))
            again.daemon = True
            again.start()
        else:
            report(unraisable)

    sys.unraisablehook = deliver


class _OutlivingPipe(io.FileIO):
    """A file descriptor whose reader may leave: from then on, what is written goes nowhere.

    `failover ramp | head` must not end a ramp, and `failover status --exit-code | head -1` must
    exit with what it found. The same goes for a full disk, which is reported at the end.
    """

    failure: OSError | None = None
    """Why something could not be written, where a reader that left is not the reason."""

    def __init__(self, descriptor: int, when_closed: Callable[[], None]) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._when_closed = when_closed

    def write(self, data: ReadableBuffer, /) -> int:
        """Write `data`, or drop it where the reader has left."""
        try:
            return super().write(data)
        except OSError as error:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            if isinstance(error, BrokenPipeError):
                self._when_closed()
            else:
                _OutlivingPipe.failure = error
            return memoryview(data).nbytes


def outlive_closed_pipes(*, is_endless: bool) -> None:
    """Let standard output and standard error outlive their readers.

    Args:
        is_endless: Whether the command only ends at Ctrl-C. It gets one when the reader of its
            output leaves.
    """

    def interrupt() -> None:
        if is_endless:
            os.kill(os.getpid(), signal.SIGINT)

    sys.stdout = _outliving(sys.stdout, interrupt)
    sys.stderr = _outliving(sys.stderr, lambda: None)


def _outliving(stream: TextIO, when_closed: Callable[[], None]) -> TextIO:
    """The stream, made to outlive its reader if it is a file or pipe; a terminal stays as it is."""
    try:
        descriptor = stream.fileno()
    except (AttributeError, OSError, ValueError):
        return stream
    if os.isatty(descriptor):
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_OutlivingPipe(descriptor, when_closed)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=getattr(stream, "line_buffering", False),
    )


def end(code: int, *, was_interrupted: bool) -> NoReturn:
    """End the process.

    After Ctrl-C at once: threads that still read, as of the stack's state, would otherwise hold the
    process, and a further Ctrl-C would print a traceback of the interpreter's own.
    """
    sys.stdout.flush()
    failure = _OutlivingPipe.failure
    if failure is not None:
        sys.stderr.write(f"error: the output could not be written: {failure.strerror}\n")
        code = code or NOT_SURE
    sys.stderr.flush()
    if was_interrupted:
        os._exit(code)
    sys.exit(code)
