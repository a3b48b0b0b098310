"""`failover report`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ops.report.report import ReportError, write_report

BAD_INPUT = 2


@click.command("report", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("folder", type=click.Path(path_type=Path))
def report(folder: Path) -> None:
    """Make a ramp's page and summary anew from its journal and records.

    FOLDER is the ramp's own, as `failover ramp` names it at its end.

    Exit code: 0 made, 2 FOLDER holds no ramp.

    \b
    Examples:
      failover report .failover/ramps/prod/20261121T090000Z-4711
      failover report . && xdg-open report.html
    """
    try:
        written = write_report(folder)
    except ReportError as error:
        click.echo(str(error), err=True)
        sys.exit(BAD_INPUT)
    click.echo(written.text, nl=False)
    click.echo(f"page: {written.page}", err=True)
