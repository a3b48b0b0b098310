"""The ramps that `failover` recorded on a rehearsal, once that rehearsal has ended."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from rollout.entry import Entry
from rollout.errors import EntryError
from rollout.ramp_event import RampStart

OWN_FOLDER = ".failover"
ENDED = "rehearsed"
"""Beside `ramps`, where no driver looks for a ramp to resume."""
_JOURNAL = "journal.jsonl"
_KNOWN = "stack.json"


def put_away(root: Path, stack: str, backend: str) -> list[Path]:
    """Move the ramps of an ended rehearsal to `.failover/rehearsed`; their folders there.

    A person may still want their reports. What only a driver needs is removed: which rules the
    stack had, and the logs of its updates, which the journals quote.

    Args:
        root: The clone.
        stack: The rehearsal's stack.
        backend: The URL of its backend. A folder with the ramps of another clone's rehearsal stays.
    """
    ramps, ended = root / OWN_FOLDER / "ramps" / stack, root / OWN_FOLDER / ENDED
    moved: list[Path] = []
    for folder in sorted(path.parent for path in ramps.glob(f"*/{_JOURNAL}")):
        if _backend_of(folder / _JOURNAL) in ("", backend):
            ended.mkdir(parents=True, exist_ok=True)
            moved.append(folder.rename(_free(ended / folder.name)))
    if _known_backend(ramps / _KNOWN) in ("", backend):
        (ramps / _KNOWN).unlink(missing_ok=True)
        shutil.rmtree(ramps / "engine", ignore_errors=True)
    if ramps.is_dir() and not any(ramps.iterdir()):
        ramps.rmdir()
    return moved


def ended_ramps(root: Path) -> Path:
    """Where the ramps of ended rehearsals lie."""
    return root / OWN_FOLDER / ENDED


def _backend_of(journal: Path) -> str:
    """The backend that a journal records; empty where a former version wrote it."""
    with journal.open(encoding="utf-8", errors="replace") as lines:
        first = lines.readline()
    try:
        event = Entry.parse(first).event
    except EntryError:
        return ""
    stack = event.stack if isinstance(event, RampStart) else None
    return "" if stack is None else stack.backend


def _known_backend(file: Path) -> str:
    try:
        return str(json.loads(file.read_text()).get("backend", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _free(path: Path) -> Path:
    """`path`, or the first of `path-2`, `path-3`, ... that does not exist."""
    found, number = path, 1
    while found.exists():
        number += 1
        found = path.with_name(f"{path.name}-{number}")
    return found
