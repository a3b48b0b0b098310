"""`failover drift`, which is `failover status --drift --exit-code` for a schedule."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from ops.command import command
from ops.stack.project import project_folder
from pulumi_cli.stacks import selected_stack

STOPPED = "stopped before the drift was known; nothing was changed"


@command("drift", stopped=STOPPED)
@click.option("--stack", metavar="STACK", help="The stack. Default: the selected one.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for a program.")
def drift(*, stack: str | None, as_json: bool) -> int:
    """List what differs between AWS and the program. Changes nothing, not even the state.

    Same as `failover status --drift --exit-code`, for a schedule: runs `pulumi preview --refresh`,
    and lists each property that was changed outside Pulumi and what no update has deployed yet.

    Exit codes: 0 no difference, 1 a difference, 2 invalid input, 3 undecided.

    \b
    Examples:
      failover drift
      failover drift --stack prod
    """
    folder = project_folder(Path.cwd())
    name = selected_stack(folder, stack, os.environ)
    return show_drift(folder, name, stack, as_json=as_json, uses_exit_code=True)


def show_drift(
    folder: Path, stack: str, named: str | None, *, as_json: bool, uses_exit_code: bool
) -> int:
    """Read and show the drift of `stack`; the exit code, 1 for drift if `uses_exit_code`."""
    from ops.drift.drift import read_drift

    found = read_drift(folder, stack, named)
    if as_json:
        from ops.drift.drift import as_document

        click.echo(json.dumps(as_document(found), indent=2))
    else:
        from rich.console import Group

        from ops.drift.terminal import shown
        from ops.standard_output import console_on

        with console_on() as console:
            console.print(Group(*shown(found)), crop=False)
    return 1 if uses_exit_code and not found.is_none else 0
