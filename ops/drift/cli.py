"""`failover drift`: does AWS still have what the program says?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click

from ops.drift.difference import differences
from ops.plan.errors import PreviewError, PreviewInputError
from ops.plan.plan import Outcome, fold
from ops.plan.preview import PreviewRequest, run_preview, selected_stack
from ops.plan.project import project_folder


@click.command("drift", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--stack", metavar="STACK", help="The stack; the selected one if left out.")
def drift(*, stack: str | None) -> NoReturn:
    """Say what in AWS is not as the program says; nothing is changed, the state included.

    It runs `pulumi preview --refresh`. A rule that somebody moved by hand, a group that somebody
    resized and a resource that somebody deleted are differences; so is a commit that was not
    deployed.

    \b
    Exit code: 0 no difference, 1 there is one, 2 bad input, 3 it could not be told.

    \b
    Examples:
      failover drift
      failover drift --stack prod
    """
    try:
        folder = project_folder(Path.cwd())
        request = PreviewRequest(folder, selected_stack(folder, stack), refresh=True)
        plan = fold(run_preview(request), request.stack)
    except PreviewError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2 if isinstance(error, PreviewInputError) else 3)
    except KeyboardInterrupt:
        click.echo("ended before it could be told; nothing was changed", err=True)
        sys.exit(3)
    if plan.outcome in (Outcome.BAD_CONFIG, Outcome.FAILED):
        for error in plan.unexplained_errors:
            click.echo(f"error: {error.name}: {error.message}".replace(": : ", ": "), err=True)
        sys.exit(2 if plan.outcome is Outcome.BAD_CONFIG else 3)
    found = [*differences(plan), *(str(notice) for notice in plan.surprises)]
    if found:
        click.echo(f"{plan.stack}: AWS is not as the program says")
        click.echo("\n".join(f"  {line}" for line in found))
        click.echo("`failover plan --refresh` shows what the next update would do about it")
        sys.exit(1)
    click.echo(f"{plan.stack}: AWS is as the program says")
    sys.exit(0)
