"""`failover report`: writes the page of a ramp again, or lists the ramps that were recorded.

Those of every stack of the project, destroyed stacks included.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from ops.command import command
from ops.journal.journal import FileJournal, JournalError, identity_in, journals
from ops.report.report import EVERY, ReportError, write_report
from ops.stack.project import project_folder
from rollout.entry import Entry, timestamp
from rollout.progress import Progress, folded
from rollout.ramp_event import RampStart


@command("report")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--stack", metavar="NAME", help="Only the ramps of this stack.")
@click.option("--list", "lists", is_flag=True, help="List the ramps, the newest first.")
@click.option("--json", "as_json", is_flag=True, help="With --list: print JSON for a program.")
def report(folder: Path | None, stack: str | None, *, lists: bool, as_json: bool) -> None:
    """Write the page and the summary of a ramp again, from its journal and records.

    FOLDER is the folder of the ramp, which `failover ramp` prints at its end. Default: the newest
    ramp of this project, of any stack, including ramps of a rehearsal that has ended.

    Exit codes: 0 written or listed, 2 there is no ramp.

    \b
    Examples:
      failover report
      failover report --stack prod
      failover report --list
      failover report .failover/ramps/prod/20261121T090000Z-4711
    """
    if lists and folder is not None:
        raise click.UsageError("--list lists all ramps of the project: leave FOLDER out")
    if as_json and not lists:
        raise click.UsageError("--json is for --list; summary.md is beside the page")
    if folder is None:
        recorded = RecordedRamps(project_folder(Path.cwd()), stack)
        if lists:
            rows = recorded.rows()
            click.echo(
                json.dumps([row.document() for row in rows], indent=2) if as_json else listed(rows)
            )
            return
        folder = recorded.newest()
    written = write_report(folder)
    click.echo(written.text, nl=False)
    click.echo(f"page: {written.page}", err=True)


_FOLDER = Path(".failover")
_ENDED = "rehearsed"
"""Holds the ramps of rehearsals that have ended, as `ramps/<stack>` holds those of a stack."""
_UNREAD = "cannot be read"
_UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class Row:
    """One ramp."""

    folder: Path
    stack: str
    started: datetime | None
    """None where the journal cannot be read."""
    services: tuple[str, ...]
    direction: str
    """Such as `02 up: 100/0 -> 0/100`."""
    outcome: str
    """`done`, `rolled back`, `rolled back by hand`, `refused`, `stopped`, `not sure`,
    `unfinished` or `cannot be read`."""

    def document(self) -> dict[str, object]:
        """For a program."""
        return {
            "folder": str(self.folder),
            "stack": self.stack,
            "started": timestamp(self.started) if self.started else None,
            "services": list(self.services),
            "direction": self.direction,
            "outcome": self.outcome,
        }


class RecordedRamps:
    """The ramps that a project has journals of."""

    def __init__(self, project: Path, stack: str | None) -> None:
        """Of `stack`, or of all stacks where it is None."""
        self._own = project / _FOLDER
        self._stack = None if stack is None else stack.rpartition("/")[2]

    def rows(self) -> list[Row]:
        """Every ramp, the newest first; a ramp's folder is called by the time when it began."""
        stacks = [path for path in (self._own / "ramps").glob("*") if path.is_dir()]
        found = [
            _row(folder, parent.name)
            for parent in (*stacks, self._own / _ENDED)
            for folder in journals(parent)
        ]
        wanted = [row for row in found if self._stack in (None, row.stack)]
        return sorted(wanted, key=lambda row: row.folder.name, reverse=True)

    def newest(self) -> Path:
        """The folder of the newest ramp.

        Raises:
            ReportError: there is none.
        """
        rows = self.rows()
        if not rows:
            of = f" of {self._stack}" if self._stack else ""
            raise ReportError(
                f"no ramp{of} is recorded in {self._own}\n"
                "  expected: a ramp that was run in this clone\n"
                f"  fix:      {EVERY}   # shows all that there are"
            )
        return rows[0].folder


def listed(rows: Sequence[Row]) -> str:
    """The ramps as lines for a person."""
    if not rows:
        return "no ramp is recorded here"
    table = [("stack", "began", "direction", "outcome", "folder")]
    table += [
        (
            row.stack,
            f"{row.started:%Y-%m-%d %H:%M:%SZ}" if row.started else "-",
            f"{'+'.join(row.services)}, {row.direction}" if row.services else "-",
            row.outcome,
            str(row.folder),
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in table) for column in range(4)]
    lines: list[str] = []
    for *cells, folder in table:
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
        lines.append("  ".join([*padded, folder]))
    return "\n".join(lines)


def _row(folder: Path, parent: str) -> Row:
    try:
        entries = FileJournal(folder).entries()
        progress = folded(entries)
    except JournalError:
        return Row(folder, parent, None, (), "-", _UNREAD)
    if progress is None:
        return Row(folder, parent, None, (), "-", _UNREAD)
    identity = identity_in(entries)
    stack = identity.stack if identity is not None else _former_stack(parent)
    plan, outcome = progress.plan, progress.outcome or _UNFINISHED
    direction = _direction(progress, entries)
    return Row(folder, stack, entries[0].at, plan.services, direction, outcome)


def _former_stack(parent: str) -> str:
    """The stack of a ramp whose journal, of a former version, does not record it."""
    return "rehearsal" if parent == _ENDED else parent


def _direction(progress: Progress, entries: Sequence[Entry]) -> str:
    plan = progress.plan
    if any(isinstance(each.event, RampStart) and each.event.undoes for each in entries):
        return f"{plan.candidate} back: {plan.target} -> {plan.start}"
    return f"{plan.candidate} up: {plan.start} -> {plan.target}"
