"""What the soak has found so far: one line of JSON a part, appended as each ends."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Result:
    """One part that ran."""

    part: str
    ok: bool
    seconds: float
    facts: Mapping[str, Any]
    """What it measured."""
    problems: Sequence[str]
    commit: str
    """Of the code that ran; with `+` where the tree held changes."""
    at: str
    """When it ended; ISO 8601, UTC."""


class Record:
    """The file that results are appended to."""

    def __init__(self, path: Path = ROOT / ".soak.jsonl") -> None:
        self._path = path

    def results(self) -> list[Result]:
        """Every result, the oldest first."""
        if not self._path.exists():
            return []
        return [Result(**json.loads(line)) for line in self._path.read_text().splitlines()]

    def newest(self) -> dict[str, Result]:
        """Part to its newest result."""
        return {result.part: result for result in self.results()}

    def append(self, result: Result) -> None:
        """Keep one more."""
        with self._path.open("a") as file:
            file.write(json.dumps(asdict(result)) + "\n")


def commit_of_tree() -> str:
    """The commit that is checked out."""
    commit = _git("rev-parse", "--short=10", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/soak.md")
    return f"{commit}+" if changed else commit


def now() -> str:
    """The time, as results have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
