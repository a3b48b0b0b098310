"""What the soak consists of."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.errors import RehearsalError
from rehearsal.scenarios.catalogue import CATALOGUE, Scenario
from rehearsal.scenarios.outcome import ScenarioResult
from rehearsal.scenarios.scenario_run import ScenarioRun, document
from tests.soak.record import ROOT

BACKGROUND_TIMES = 20
KILLS = 30

Say = Callable[[str], None]
Found = tuple[bool, Mapping[str, Any], Sequence[str]]
"""Whether it was as it should be, what it measured, and what was not."""


@dataclass(frozen=True, slots=True)
class ScenarioPart:
    """A scenario, so many times."""

    scenario: Scenario
    times: int = 1

    @property
    def name(self) -> str:
        """Of the part."""
        return self.scenario.name

    def run(self, scenarios: ScenarioRun, say: Say) -> Found:
        """Play it; the last one's numbers, and everybody's problems."""
        problems: list[str] = []
        passed = 0
        result: ScenarioResult | None = None
        for number in range(self.times):
            if self.times > 1:
                say(f"{self.name}: {number + 1} of {self.times}")
            try:
                result = scenarios.run(self.scenario, compare=True)
            except RehearsalError as error:
                problems.append(str(error))
                continue
            problems += result.problems
            passed += not result.problems
        facts = {} if result is None else document(result)
        return not problems, {**facts, "passed": passed, "times": self.times}, problems


@dataclass(frozen=True, slots=True)
class CommandPart:
    """A program of its own, whose exit code and last line of output tell."""

    name: str
    sentence: str
    arguments: Sequence[str]
    times: int = 1
    """Where it is more than 1 the program is told."""
    words: str = ""
    """What to say of a last line that is JSON, the names of its values in braces."""

    def run(self, say: Say) -> Found:
        """Run it to its end, each line shown."""
        times = ["--times", str(self.times)] if self.times > 1 else []
        command = [sys.executable, "-m", *self.arguments, *times]
        lines: list[str] = []
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line.rstrip())
                say(f"{self.name}: {lines[-1][:160]}")
        last = next((line for line in reversed(lines) if line), "")
        problems = [] if process.returncode == 0 else lines[-20:]
        return process.returncode == 0, {"said": _said(last)}, problems

    def came_to(self, said: Mapping[str, Any] | str) -> str:
        """What it said, in words; a line that is no JSON is words already."""
        return said if isinstance(said, str) else self.words.format(**said)


def _said(line: str) -> Mapping[str, Any] | str:
    """What a last line holds; one of pytest is between signs of equality."""
    try:
        return json.loads(line)
    except ValueError:
        return line.strip("= ")


SCENARIOS = tuple(
    ScenarioPart(scenario, BACKGROUND_TIMES if scenario.name == "background" else 1)
    for scenario in CATALOGUE
)

COMMANDS = (
    CommandPart(
        "kills",
        "kill -9 at a random moment, then `failover ramp` again; each trial ends at the target or "
        "back at the start",
        ("tests.soak.kills",),
        KILLS,
        "{good} of {trials} ended so; {lost:,} of {requests:,} requests failed (seed {seed})",
    ),
    CommandPart(
        "two-ramps",
        "two ramps at once, a killed ramp, one without its journal, a release refused at weight 0",
        ("pytest", "-q", "-p", "no:cacheprovider", "tests/engine/test_ramp.py"),
    ),
    CommandPart(
        "in-memory",
        "the driver on an AWS in memory: full disk, expired credentials, locks, dead slots",
        ("pytest", "-q", "-p", "no:cacheprovider", "tests/ops/ramp"),
    ),
)

NAMES = tuple(part.name for part in (*SCENARIOS, *COMMANDS))
