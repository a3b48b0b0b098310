"""Updates: a `pulumi up` that runs beside its caller and outlives it, and those of the history."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

from pulumi_cli.events import Event, diagnostics, error_text, errors_of, events_in
from pulumi_cli.process import exit_text
from rollout.json_value import map_of
from rollout.notice import Notice, is_refusal_of_split
from rollout.stack_identity import removed_everything

_UNCHANGED = frozenset({"same", "read"})
_LOCKED = ("the stack is currently locked by", "Another update is currently in progress.")
"""What the CLI writes where another update runs, on a bucket and on the hosted backend; no exit
code means it. Source: Pulumi SDK for Python, `pulumi.automation.errors`."""

HISTORY_LENGTH = 50
"""How many updates are read; a ramp has some twenty."""

_UPDATES = frozenset({"update", "import"})


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """What came of an update."""

    seconds: float
    changed: Mapping[str, int] = field(default_factory=dict[str, int])
    """How many resources, by operation."""
    exit_code: int = 0
    """Below 0 where a signal ended the CLI."""
    error: str = ""
    """Empty, or the engine's own words."""
    is_locked: bool = False
    """Whether the update did not begin because another one holds the stack."""
    is_refused: bool = False
    """Whether the guards refused the update."""


class RunningUpdate:
    """An update that runs; its caller polls it.

    Its output goes to files: a pipe to a process that was killed would end the CLI at its next
    line. With files, an update that has begun comes to its end, whatever becomes of its caller.
    """

    def __init__(self, process: subprocess.Popen[str], log: Path, event_log: Path) -> None:
        self._process = process
        self._event_log = event_log
        self._result: UpdateResult | None = None
        self._result_lock = threading.Lock()
        self._read = 0
        self._started = time.monotonic()
        self.log = log
        """What the CLI writes for a person."""

    @property
    def pid(self) -> int:
        """The CLI's process."""
        return self._process.pid

    def new_lines(self) -> Sequence[str]:
        """The whole lines that the CLI has written since the last call."""
        text = _text_of(self.log)
        whole = text.rfind("\n") + 1
        lines, self._read = text[self._read : whole].splitlines(), max(self._read, whole)
        return [line.rstrip() for line in lines if line.strip()]

    def poll(self) -> UpdateResult | None:
        """What came of the update; None while it runs."""
        code = self._process.poll()
        if code is None:
            return None
        with self._result_lock:
            if self._result is None:
                self._result = self._result_of(code)
            return self._result

    def wait(self) -> UpdateResult:
        """Wait for the end of the update."""
        self._process.wait()
        result = self.poll()
        assert result is not None
        return result

    def interrupt(self) -> None:
        """Do what Ctrl-C does: the update ends after the running operations."""
        self._process.send_signal(signal.SIGINT)

    def _result_of(self, code: int) -> UpdateResult:
        seconds = time.monotonic() - self._started
        events = tuple(events_in(_text_of(self._event_log)))
        with contextlib.suppress(OSError):  # a file system that became read-only stops no rollback
            self._event_log.unlink(missing_ok=True)
        changed = _changed(events)
        if code == 0:
            return UpdateResult(seconds, changed)
        errors = errors_of(events)
        if code < 0:
            errors = (*errors, f"the engine was {exit_text(code)}")
        text = _text_of(self.log)
        messages = (each.message for each in diagnostics(events))
        return UpdateResult(
            seconds,
            changed,
            code,
            "\n".join(errors) or error_text(text) or exit_text(code),
            is_locked=any(words in text for words in _LOCKED),
            is_refused=is_refusal_of_split(
                notice for message in messages for notice in Notice.found_in(message)
            ),
        )


def _changed(events: Sequence[Event]) -> dict[str, int]:
    """How many resources an update changed; empty for an update that was killed."""
    counts = [event.body.get("resourceChanges") for event in events if event.kind == "summaryEvent"]
    found: dict[str, int] = counts[-1] if counts and counts[-1] else {}
    return {operation: count for operation, count in found.items() if operation not in _UNCHANGED}


def _text_of(file: Path) -> str:
    """The text of a file that the CLI writes; empty where there is none."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class EngineUpdate:
    """One update of a stack's history, which all who use the backend share."""

    message: str
    succeeded: bool
    config: Mapping[str, str]
    """With namespaces; secrets are left out."""
    at: datetime
    """When it began, by the clock of whoever ran it."""
    ended: datetime | None = None
    """When it ended, by the same clock."""
    is_first: bool = False
    """Whether it is known to be the stack's first update."""


def updates_of(history: Sequence[Mapping[str, Any]]) -> tuple[EngineUpdate, ...]:
    """The updates of the resources that there are now, the newest first.

    Args:
        history: What `pulumi stack history --json` writes, at most `HISTORY_LENGTH` updates.
    """
    is_whole = len(history) < HISTORY_LENGTH
    return tuple(
        EngineUpdate(
            message=str(past.get("message", "")),
            succeeded=past.get("result") == "succeeded",
            config={
                key: str(entry.get("value", ""))
                for key, entry in map_of(past.get("config")).items()
                if not entry.get("secret")
            },
            at=datetime.fromisoformat(past["startTime"]),
            ended=datetime.fromisoformat(past["endTime"]) if past.get("endTime") else None,
            is_first=is_whole and past is history[-1],
        )
        for past in takewhile(_is_of_this_life, history)
        if past.get("kind") in _UPDATES
    )


def _is_of_this_life(past: Mapping[str, Any]) -> bool:
    """Whether no later update removed what this one made."""
    same = map_of(past.get("resourceChanges")).get("same", 0)
    return not removed_everything(str(past.get("kind")), str(past.get("result")), same)
