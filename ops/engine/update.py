"""One `pulumi up` that runs beside the driver."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi.automation import CommandError, UpResult
from pulumi.automation.errors import ConcurrentUpdateError

from ops.engine.words import errors_in, is_refused_by_guard

if TYPE_CHECKING:
    from ops.engine.command import SteadyCommand

_UNCHANGED = frozenset({"same", "read"})


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """What came of an update."""

    seconds: float
    changed: Mapping[str, int]
    """How many resources, by operation."""
    error: str = ""
    """Empty, or the engine's own words."""
    is_locked: bool = False
    """Whether it did not begin because another update holds the stack."""
    is_refused: bool = False
    """Whether the guards refused it."""


class RunningUpdate:
    """An update in a thread; the driver looks in on it."""

    def __init__(self, command: SteadyCommand, up: Callable[[], UpResult]) -> None:
        self._command = command
        self._up = up
        self._ended: UpdateResult | None = None
        self._failure: BaseException | None = None
        self._read = 0
        self._started = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="pulumi-up", daemon=True)
        self._log_before = command.log
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The CLI's process while it runs."""
        return self._command.updating_pid

    def said(self) -> Sequence[str]:
        """The lines it has written since the last call, as far as they are whole."""
        log = self._command.log
        if log == self._log_before or not log.exists():
            return []
        text = log.read_text(errors="replace")
        whole = text.rfind("\n") + 1
        lines, self._read = text[self._read : whole].splitlines(), max(self._read, whole)
        return [line.rstrip() for line in lines if line.strip()]

    def poll(self) -> UpdateResult | None:
        """What came of it; None while it runs.

        Raises:
            Exception: what the thread could not deal with.
        """
        if self._thread.is_alive():
            return None
        if self._failure is not None:
            raise self._failure
        return self._ended

    def interrupt(self) -> None:
        """Ask it to end after the operations that run."""
        self._command.interrupt()

    def _run(self) -> None:
        try:
            result = self._up()
        except CommandError as error:
            output = str(error)
            self._ended = UpdateResult(
                self._seconds(),
                {},
                errors_in(output),
                is_locked=isinstance(error, ConcurrentUpdateError),
                is_refused=is_refused_by_guard(output),
            )
        except BaseException as error:  # noqa: BLE001  (raised again where it is awaited)
            self._failure = error
        else:
            changes = result.summary.resource_changes or {}
            changed = {str(k): v for k, v in changes.items() if str(k) not in _UNCHANGED}
            self._ended = UpdateResult(self._seconds(), changed)

    def _seconds(self) -> float:
        return time.monotonic() - self._started
