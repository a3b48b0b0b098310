"""The gate `command`: an executable of the team's own, such as a test suite or a schema check."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ops.gates.context import GateContext
from ops.gates.gate import StageMark
from ops.gates.repeated import Repeated
from rollout.verdict import EvidenceWindow, Outcome, Verdict
from settings.gates.command import CommandLimits

NAME = CommandLimits.name
REPEAT_SECONDS = 15.0
"""After an exit code that means neither pass nor fail."""

MAX_SHOWN = 300
"""Characters of the last line that it wrote."""

PASSED, FAILED = 0, 1

KEPT_BYTES = 4096
"""Of the end of what it writes: the rest is read, so that it can go on, and forgotten."""

LAST_WORDS_SECONDS = 1.0
"""For what it wrote last to be read, where something that left its group keeps its output open."""

_SIGNALS = {each.value: each.name for each in signal.Signals}
_FINAL = frozenset({Outcome.PASS, Outcome.FAIL})
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What came of one run."""

    outcome: Outcome
    reason: str
    exit_code: int | None
    """None where it was ended because it took too long."""


class CommandRun:
    """A command in a session and group of its own, so that it can be ended as a whole."""

    def __init__(self, command: Sequence[str], folder: Path, given: str) -> None:
        """Start it with `given` on its standard input, which it need not read.

        Raises:
            OSError: it cannot be run.
        """
        self._lock = threading.Lock()
        self._is_over = False
        self._written = b""
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, name="command", daemon=True)
        self._reader.start()
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(given.encode())
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()

    def wait(self, timeout_seconds: float) -> int | None:
        """Its exit code, below 0 for the signal that ended it; None where it took too long.

        In either case nothing of its group is left then. What it started may hold its output open
        for as long as it likes: the command is over when its own process is.
        """
        try:
            exit_code = self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            exit_code = None
        with self._lock:
            self._kill()
            self._is_over = True
        self._process.wait()
        self._reader.join(LAST_WORDS_SECONDS)
        return exit_code

    def end(self) -> None:
        """End it with all of its group, where it has not ended; `wait` returns then."""
        with self._lock:
            if not self._is_over:
                self._kill()

    @property
    def last_line(self) -> str:
        """The last line that it wrote and that is not blank, without colours; empty for none."""
        text = _CONTROL.sub("", self._written.decode(errors="replace"))
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1] if lines else ""

    def _kill(self) -> None:
        # A group whose members have all ended is no more, or, elsewhere than on Linux, not ours.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            while chunk := os.read(stdout.fileno(), 1 << 16):
                self._written = (self._written + chunk)[-KEPT_BYTES:]


class CommandGate:
    """Runs the command once a stage; again only while its exit code means neither."""

    name = NAME

    def __init__(self, limits: CommandLimits, folder: Path, now: Callable[[], datetime]) -> None:
        """`folder` is where it runs: the project's."""
        self._limits = limits
        self._folder = folder
        self._lock = threading.Lock()
        self._newest: CommandRun | None = None
        self._stage: StageMark | None = None
        self._is_closed = False
        self._runs = Repeated(
            self._run, REPEAT_SECONDS, (OSError,), now, NAME, lambda ended: ended.outcome in _FINAL
        )

    def begin(self, stage: StageMark) -> None:
        """Run it for a new stage; one that still runs for the stage before is ended."""
        with self._lock:
            before, self._stage = self._stage, stage
            if before is not None and before.number == stage.number:
                return
            self._end_newest()
        self._runs.restart()

    def judge(self) -> Verdict:
        """By the newest run that has ended."""
        newest = self._runs.newest
        if newest is None:
            return Verdict(NAME, Outcome.INCONCLUSIVE, f"{self._limits.run[0]} still runs")
        window = EvidenceWindow(newest.began_at.astimezone(UTC), newest.ended_at.astimezone(UTC))
        if newest.value is None:
            reason = (
                f"{self._limits.run[0]} cannot be run: {newest.error}; name a file that can be "
                f"executed from {self._folder} in ramp.gates.command.run"
            )
            return Verdict(NAME, Outcome.INCONCLUSIVE, reason, window=window)
        ended = newest.value
        numbers = {} if ended.exit_code is None else {"exitCode": ended.exit_code}
        return Verdict(NAME, ended.outcome, ended.reason, numbers, window)

    def close(self) -> None:
        """End it where it still runs."""
        with self._lock:
            self._is_closed = True
            self._end_newest()
        self._runs.close()

    def _end_newest(self) -> None:
        if self._newest is not None:
            self._newest.end()

    def _run(self) -> CommandResult:
        with self._lock:
            stage = self._stage
            assert stage is not None, "a run begins with a stage"
            document = json.dumps(stage_document(stage))
            run = self._newest = CommandRun(self._limits.run, self._folder, document)
            if self._is_closed:
                run.end()
        exit_code = run.wait(self._limits.timeout_seconds)
        name = self._limits.run[0]
        last = f": {run.last_line[:MAX_SHOWN]}" if run.last_line else ""
        if exit_code is None:
            seconds = self._limits.timeout_seconds
            reason = f"{name} took more than {seconds} s and was ended{last}"
            return CommandResult(Outcome.INCONCLUSIVE, reason, None)
        how = f"ended with exit code {exit_code}"
        if exit_code < 0:
            how = f"was ended by {_SIGNALS.get(-exit_code, f'signal {-exit_code}')}"
        outcome = {PASSED: Outcome.PASS, FAILED: Outcome.FAIL}.get(exit_code, Outcome.INCONCLUSIVE)
        return CommandResult(outcome, f"{name} {how}{last}", exit_code)


def stage_document(stage: StageMark) -> dict[str, Any]:
    """What the command reads from its standard input, as JSON."""
    services: Sequence[str] = stage.services
    return {
        "stage": stage.number,
        "of": stage.of,
        "candidate": stage.candidate.value,
        "stable": stage.stable.value,
        "services": list(services),
        "weights": {name: str(stage.splits[name]) for name in services},
        "verifiedAt": stage.verified_at.astimezone(UTC).isoformat(),
    }


def opened(limits: CommandLimits, context: GateContext) -> CommandGate:
    """The gate of a stack; its command runs in the project's folder."""
    return CommandGate(limits, context.places.project, context.now)
