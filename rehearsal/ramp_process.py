"""`failover ramp` as a process of its own, and what it tells while it runs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rollout.entry import Entry

ROOT = Path(__file__).parents[1]
_SHOWN = 2000
_END_SECONDS = 60.0


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
        """What it has said to a person, the end of it."""
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
