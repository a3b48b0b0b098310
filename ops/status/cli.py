"""`failover status`: how a stack stands, and what the console changed."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ops.command import command
from ops.stack.project import project_folder
from pulumi_cli.stacks import selected_stack

if TYPE_CHECKING:
    from ops.status.document import Status
    from ops.status.reader import StatusReader

DEFAULT_SECONDS = 5.0
_DIFFERS = 1
_NOT_READ = 3


@command("status")
@click.option("--stack", metavar="STACK", help="The stack. Default: the selected one.")
@click.option("--drift", "wants_drift", is_flag=True, help="List what was changed outside Pulumi.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for a program.")
@click.option("--watch", "watches", is_flag=True, help="Redraw the screen until Ctrl-C.")
@click.option(
    "--interval",
    "interval_seconds",
    type=click.FloatRange(min=1.0),
    default=DEFAULT_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="Time between two redraws of --watch.",
)
@click.option(
    "--exit-code", "uses_exit_code", is_flag=True, help="Exit with 1 or 3 too; see above."
)
def status(
    *,
    stack: str | None,
    wants_drift: bool,
    as_json: bool,
    watches: bool,
    interval_seconds: float,
    uses_exit_code: bool,
) -> int:
    """Show weights live, in config, in state and on main; targets, builds, alarms; who ramps.

    Only reads. If a source cannot be read, the output has the reason and everything else. --drift
    runs `pulumi preview --refresh` and lists each property that was changed outside Pulumi, with
    the command that takes it over into the config and the command that puts it back.

    \b
    Exit codes:
      0  shown, whatever the status is
      2  invalid input
      3  with --drift: the preview failed
    With --exit-code also:
      1  something differs, or a service gets no request
      3  something could not be read

    \b
    Examples:
      failover status
      failover status --watch
      failover status --stack prod --drift
      failover status --json | jq .services.web.weights
      failover status --exit-code && failover ramp
    """
    if watches and (as_json or wants_drift):
        raise click.UsageError("--watch draws the screen: leave --json and --drift away")
    if watches and not sys.stdout.isatty():
        raise click.UsageError("--watch needs a terminal; --json is for programs")
    folder = project_folder(Path.cwd())
    name = selected_stack(folder, stack, os.environ)
    if wants_drift:
        from ops.drift.cli import show_drift

        return show_drift(folder, name, stack, as_json=as_json, uses_exit_code=uses_exit_code)
    from ops.status.reader import StatusReader

    reader = StatusReader(folder, name, os.environ, stack)
    if watches:
        _watch(reader, stack, interval_seconds)
        return 0
    found = reader.read(datetime.now(UTC))
    _show(found, stack, as_json=as_json)
    return _code(found) if uses_exit_code else 0


def _show(found: Status, named: str | None, *, as_json: bool) -> None:
    if as_json:
        from ops.status.as_json import as_document
        from ops.status.difference import differences

        click.echo(json.dumps(as_document(found, differences(found, named), named), indent=2))
        return
    from ops.standard_output import console_on

    with console_on() as console:
        console.print(_drawn(found, named, folds=False), crop=False)


def _watch(reader: StatusReader, named: str | None, seconds: float) -> None:
    from rich.console import Console

    from ops.status.terminal import watch

    watch(
        lambda: _drawn(reader.read(datetime.now(UTC)), named),
        lambda: time.sleep(seconds),
        Console(),
    )


def _drawn(found: Status, named: str | None, *, folds: bool = True) -> Any:
    from ops.status.difference import differences
    from ops.status.terminal import shown

    return shown(found, differences(found, named), named, folds=folds)


def _code(found: Status) -> int:
    from ops.status.difference import differences

    if found.hidden or differences(found):
        return _DIFFERS
    return _NOT_READ if found.unread else 0
