"""The gate `command`: an executable of the team's own, such as a test suite or a schema check."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ops.gates.gate import StageMark
from ops.gates.repeated import Repeated
from rollout.verdict import Outcome, Verdict, Window
from settings.gates import CommandGate as Limits

NAME = "command"
REPEAT_SECONDS = 15.0
"""After an exit code that says neither pass nor fail."""

MAX_SHOWN = 300
"""Characters of the last line that it wrote."""

PASSED, FAILED = 0, 1


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of one run."""

    outcome: Outcome
    reason: str
    exit_code: int


class CommandGate:
    """Runs the command once a stage; again only while its exit code says neither."""

    name = NAME

    def __init__(self, limits: Limits, folder: Path, now: Callable[[], datetime]) -> None:
        """`folder` is where it runs: the project's."""
        self._limits = limits
        self._folder = folder
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._stage: StageMark | None = None
        self._is_closed = False
        self._runs = Repeated(
            self._run, REPEAT_SECONDS, (OSError,), now, NAME, lambda ended: ended.outcome in _FINAL
        )

    def begin(self, stage: StageMark) -> None:
        """Run it for the stage; one that still runs for the stage before is killed."""
        self._stage = stage
        self._kill()
        self._runs.restart()

    def judge(self) -> Verdict:
        """By the newest run that has ended."""
        newest = self._runs.newest
        if newest is None:
            return Verdict(NAME, Outcome.INCONCLUSIVE, f"{self._limits.run[0]} still runs")
        window = Window(newest.began_at.astimezone(UTC), newest.ended_at.astimezone(UTC))
        if newest.value is None:
            reason = f"{self._limits.run[0]} cannot be run: {newest.error}"
            return Verdict(NAME, Outcome.INCONCLUSIVE, reason, window=window)
        ended = newest.value
        return Verdict(NAME, ended.outcome, ended.reason, {"exitCode": ended.exit_code}, window)

    def close(self) -> None:
        """Kill it where it still runs."""
        self._is_closed = True
        self._kill()
        self._runs.close()

    def _run(self) -> Ended:
        stage = self._stage
        assert stage is not None, "a run begins with a stage"
        with self._lock:
            process = subprocess.Popen(
                self._limits.run,
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            self._process = process
        if self._is_closed:
            self._kill()
        try:
            said, _ = process.communicate(
                json.dumps(stage_document(stage)), self._limits.timeout_seconds
            )
        except subprocess.TimeoutExpired:
            self._kill()
            process.communicate()
            seconds = self._limits.timeout_seconds
            reason = f"{self._limits.run[0]} took more than {seconds} s and was ended"
            return Ended(Outcome.INCONCLUSIVE, reason, process.returncode)
        return self._ended(process.returncode, said)

    def _ended(self, exit_code: int, said: str) -> Ended:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        last = f": {lines[-1][:MAX_SHOWN]}" if lines else ""
        outcome = {PASSED: Outcome.PASS, FAILED: Outcome.FAIL}.get(exit_code, Outcome.INCONCLUSIVE)
        reason = f"{self._limits.run[0]} ended with exit code {exit_code}{last}"
        return Ended(outcome, reason, exit_code)

    def _kill(self) -> None:
        """End it with all that it started."""
        with self._lock:
            process = self._process
        if process is None or process.poll() is not None:
            return
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return  # it ended by itself in between


_FINAL = frozenset({Outcome.PASS, Outcome.FAIL})


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
