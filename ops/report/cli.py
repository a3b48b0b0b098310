"""`failover report`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from ops.report.recorded import RecordedRamps, listed
from ops.report.report import ReportError, write_report
from ops.stack.project import project_folder

BAD_INPUT = 2


@click.command("report", context_settings={"help_option_names": ["-h", "--help"]})
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
    try:
        if folder is None:
            recorded = RecordedRamps(project_folder(Path.cwd()), stack)
            if lists:
                rows = recorded.rows()
                click.echo(
                    json.dumps([row.document() for row in rows], indent=2)
                    if as_json
                    else listed(rows)
                )
                return
            folder = recorded.newest()
        written = write_report(folder)
    except ReportError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(BAD_INPUT)
    click.echo(written.text, nl=False)
    click.echo(f"page: {written.page}", err=True)
