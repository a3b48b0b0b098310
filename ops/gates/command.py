"""The gate `command`: an executable of the team's own, such as a test suite or a schema check."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ops.gates.command_run import CommandRun
from ops.gates.gate import StageMark
from ops.gates.repeated import Repeated
from rollout.verdict import EvidenceWindow, Outcome, Verdict
from settings.gates import CommandLimits

NAME = "command"
REPEAT_SECONDS = 15.0
"""After an exit code that says neither pass nor fail."""

MAX_SHOWN = 300
"""Characters of the last line that it wrote."""

PASSED, FAILED = 0, 1


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What came of one run."""

    outcome: Outcome
    reason: str
    exit_code: int | None
    """None where it was ended because it took too long."""


class CommandGate:
    """Runs the command once a stage; again only while its exit code says neither."""

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


_SIGNALS = {each.value: each.name for each in signal.Signals}
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
