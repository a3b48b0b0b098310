"""`failover ramp` as a process of its own, and the stages that it reports."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rollout.entry import Entry
from rollout.ramp_event import BakeEnd, SplitReadBack, StageStart, UpdateEnd
from rollout.split import Split

ROOT = Path(__file__).parents[1]
_SHOWN = 2000
_END_SECONDS = 60.0

CHANGE_OF_WEIGHTS = "ModifyRule"
_READS = ("Describe", "Get", "List", "Head", "GET", "HEAD")


class RampProcess:
    """A ramp that runs, seen by the events that it prints."""

    def __init__(self, process: subprocess.Popen[str], words: Path) -> None:
        self._process = process
        self._words = words

    @property
    def pid(self) -> int:
        """The driver's process."""
        return self._process.pid

    def entries(self) -> Iterator[Entry]:
        """Every entry as it comes, until the ramp has ended."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            yield Entry.parse(line)

    def wait(self) -> int:
        """Its exit code, when it has ended."""
        return self._process.wait()

    @property
    def last_words(self) -> str:
        """The end of what it has printed for a person."""
        return self._words.read_text(errors="replace").strip()[-_SHOWN:]


@contextmanager
def ramp_process(
    folder: Path, env: Mapping[str, str], options: Sequence[str] = ()
) -> Generator[RampProcess]:
    """`failover ramp --yes --json` in the project's folder; it ends with the block.

    Args:
        folder: Of the program that it drives.
        env: The whole environment, which leads to the local AWS.
        options: More of its options.
    """
    argv = [sys.executable, "-m", "ops.cli", "ramp", "--yes", "--json", *options]
    with tempfile.NamedTemporaryFile("w", prefix="failover-ramp-", suffix=".log") as words:
        process = subprocess.Popen(
            argv,
            cwd=folder,
            env={**env, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
            start_new_session=True,
        )
        try:
            yield RampProcess(process, Path(words.name))
        finally:
            if process.poll() is None:
                _ended(process)
            if process.stdout is not None:
                process.stdout.close()


def _ended(process: subprocess.Popen[str]) -> None:
    """Ask it to end at once, as a shutdown does; one that does not is killed."""
    process.terminate()
    try:
        process.communicate(timeout=_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


class CallCounts(Protocol):
    """Counts the requests to the AWS API; `LocalAws` does."""

    def mark(self) -> int:
        """A mark of now."""
        ...

    def calls(self, after: int = 0) -> Mapping[str, int]:
        """How often each operation was asked for since a mark."""
        ...


@dataclass(frozen=True, slots=True)
class RampedStage:
    """One stage that was baked. Times are Unix seconds."""

    before: Split
    split: Split
    began_s: float
    verified_s: float
    ended_s: float
    """When its bake was over."""
    up_seconds: float
    changed: Mapping[str, int]
    """Resources by operation, as the engine counted them."""
    writes: Mapping[str, int]
    """Requests to AWS that change something, by operation, while the stage was set."""

    def problems(self, services: int) -> list[str]:
        """Why it did not change exactly one rule per service."""
        found: list[str] = []
        if dict(self.changed) != {"update": services}:
            found.append(f"the up changed {_words(self.changed)}, not {services} update")
        if dict(self.writes) != {CHANGE_OF_WEIGHTS: services}:
            asked = _words(self.writes)
            found.append(f"AWS was asked for {asked}, not {services} {CHANGE_OF_WEIGHTS}")
        return found


def ramped_stages(
    entries: Iterable[Entry], calls: CallCounts, start: Split
) -> Iterator[RampedStage]:
    """Every stage as its bake ends.

    Args:
        entries: As the ramp prints them, read as they come: the calls are counted meanwhile.
        calls: Of the AWS that it works on.
        start: The split before the first stage.
    """
    before = start
    mark, writes, changed = 0, dict[str, int](), dict[str, int]()
    began_s = verified_s = up_seconds = 0.0
    split: Split | None = None
    for entry in entries:
        match entry.event:
            case StageStart(split=split):
                mark, began_s, verified_s = calls.mark(), entry.at.timestamp(), 0.0
            case UpdateEnd(seconds=up_seconds, changed=counts):
                changed = dict(counts)
            case SplitReadBack():
                writes, verified_s = writes_of(calls.calls(mark)), entry.at.timestamp()
            case BakeEnd() if split is not None and verified_s:
                ended_s = entry.at.timestamp()
                yield RampedStage(
                    before, split, began_s, verified_s, ended_s, up_seconds, changed, writes
                )
                before, split = split, None
            case _:
                pass


def writes_of(calls: Mapping[str, int]) -> dict[str, int]:
    """Those of the operations that change something."""
    return {name: count for name, count in calls.items() if not name.startswith(_READS)}


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing"
