"""`failover rehearse`: a local AWS that the real engine applies the real program to."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import BotoCoreError
from rich.console import Console
from rich.live import Live

from rehearsal.account import images_of
from rehearsal.cutover_run import CutoverResult, run_cutover
from rehearsal.cutover_view import CutoverView
from rehearsal.errors import RehearsalError
from rehearsal.inspected.images import chosen_builds
from rehearsal.lifecycle import METRIC_LAG_SECONDS, ROOT, Inspected, find, start, stop
from rehearsal.scenarios.catalogue import CATALOGUE
from rehearsal.scenarios.scenario_run import INTERRUPTED, listed, run_and_report
from rehearsal.shell_environment import (
    UNSET_COMMAND,
    as_json,
    as_restoring_shell,
    as_shell,
    root_in,
    shell_problem,
)
from rehearsal.status import status_table, statuses
from rehearsal.workspace import Workspace, ended_ramps

BOOT_SECONDS = 2.0
NOT_SURE = 3


@contextlib.contextmanager
def _reported() -> Generator[None]:
    """Turn an error of the rehearsal into its message and its exit code."""
    try:
        yield
    except RehearsalError as error:
        click.secho(f"error: {error}", fg="red", err=True)
        sys.exit(error.exit_code)
    except BotoCoreError as error:
        click.secho(f"error: the local AWS does not answer: {error}", fg="red", err=True)
        click.echo(
            "  expected: connections to 127.0.0.1, and a rehearsal that runs\n"
            "  fix:      failover rehearse status   # shows whether one runs",
            err=True,
        )
        sys.exit(NOT_SURE)


def _with_reported_errors(command: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        with _reported():
            command(*args, **kwargs)

    return wrapped


_like = click.option(
    "--like",
    default="prod",
    show_default=True,
    metavar="STACK",
    help="The stack whose Pulumi.STACK.yaml is used.",
)
_boot = click.option(
    "--boot-seconds",
    type=click.FloatRange(min=0),
    default=BOOT_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="Time from an instance's launch to its first passed health check.",
)


@click.group()
@click.pass_context
def rehearse(ctx: click.Context) -> None:
    """Run a local AWS for the real Pulumi engine. Loopback only, no account needed.

    \b
    Examples:
      failover rehearse up --like prod      start the local AWS
      eval "$(failover rehearse env)"       use it in this shell
      pulumi up                             create the stack on it
      pulumi config set weights 75/25 && pulumi up
      failover rehearse down                end it, and remove everything
      eval "$(failover rehearse env --unset)"  restore this shell
    """
    if ctx.invoked_subcommand == "status":  # the others start, end or leave a rehearsal
        problem = shell_problem(os.environ, None)
        if problem is not None:
            _say(f"note: {problem}")


@rehearse.command()
@_like
@_boot
@click.option(
    "--metric-lag-seconds",
    type=click.FloatRange(min=2),
    default=METRIC_LAG_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="Time from the end of a minute to its CloudWatch data points.",
)
@click.option(
    "--propagation-seconds",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="Delay with which the load balancer follows a change of the API.",
)
@click.option(
    "--as",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What `failover inspect --json` printed of the stack's account, to be made locally.",
)
@click.option(
    "--image",
    "images",
    multiple=True,
    metavar="AMI=BUILD",
    help="With --as: the build that stands for an image; can be repeated.",
)
@_with_reported_errors
def up(
    like: str,
    boot_seconds: float,
    metric_lag_seconds: float,
    propagation_seconds: float,
    file: Path | None,
    images: tuple[str, ...],
) -> None:
    """Start the local AWS and leave it running. If it runs already, print its addresses.

    Writes Pulumi.rehearsal.yaml (git-ignored): the named stack with local ids and its own secrets.
    Creates no resources of the stack: run `pulumi up` for that.

    A stack that `failover adopt` wrote names what only its account has: a load balancer, target
    groups, Auto Scaling groups, launch templates. --as makes them locally, with the same names,
    ids and ARNs, from an inspection of the account. Images become builds that work: v2 for those
    that slot 02 alone has, v1 for all others, or what --image names.

    \b
    Examples:
      failover rehearse up --like prod
      failover inspect --load-balancer shop --profile prod --json > inspected.json
      failover rehearse up --like prod --as inspected.json
      failover rehearse up --like dev --boot-seconds 20
      failover rehearse up --metric-lag-seconds 120 --propagation-seconds 5
    """
    if images and file is None:
        raise click.UsageError("--image is for --as: add it")
    workspace = Workspace(ROOT)
    started = start(
        workspace,
        like,
        boot_seconds,
        _say,
        metric_lag_seconds=metric_lag_seconds,
        propagation_seconds=propagation_seconds,
        inspected=None if file is None else Inspected(file, chosen_builds(images)),
    )
    running = started.running
    verb = "runs" if started.is_new else "already runs"
    click.echo(f"a rehearsal like {running.like} {verb} at {running.endpoint}")
    click.echo(f"HTTPS on 127.0.0.1:{running.https_port}, HTTP on 127.0.0.1:{running.http_port}")
    click.echo('next: eval "$(failover rehearse env)" && pulumi up')


@rehearse.command()
@click.option("--json", "wants_json", is_flag=True, help="Print JSON for a program.")
@click.option("--unset", "unsets", is_flag=True, help="Print what restores the shell.")
@_with_reported_errors
def env(*, wants_json: bool, unsets: bool) -> None:
    """Print the environment that makes a shell use the rehearsal.

    --unset restores the previous value of each variable, also after the rehearsal has ended.

    \b
    Examples:
      eval "$(failover rehearse env)"
      eval "$(failover rehearse env --unset)"
      failover rehearse env --json | jq -r .set.AWS_ENDPOINT_URL
    """
    if unsets and wants_json:
        raise click.UsageError("--unset prints lines for a shell: leave --json out")
    if unsets:
        click.echo(as_restoring_shell(os.environ))
        return
    workspace = Workspace(ROOT)
    running = find(workspace)
    click.echo(as_json(workspace, running) if wants_json else as_shell(workspace, running))


@rehearse.command()
@click.option("--json", "wants_json", is_flag=True, help="Print JSON for a program.")
@click.option("--watch", "is_watched", is_flag=True, help="Redraw it until Ctrl-C.")
@_with_reported_errors
def status(*, wants_json: bool, is_watched: bool) -> None:
    """Show weights, targets, versions, builds and traffic of each slot.

    The proxy counts requests per second and 5xx answers over two seconds.

    \b
    Examples:
      failover rehearse status
      failover rehearse status --watch
      failover rehearse status --json
    """
    workspace = Workspace(ROOT)
    running = find(workspace)
    if wants_json and is_watched:
        raise click.UsageError("--json prints once: leave --watch out")
    found = statuses(workspace, running)
    first = next(found)
    if wants_json:
        click.echo(first.as_json(running))
        return
    click.echo(f"like {running.like}, at {running.endpoint}, since {running.started_at}")
    click.echo(f"HTTPS on 127.0.0.1:{running.https_port}, HTTP on 127.0.0.1:{running.http_port}")
    click.echo(f"CA file {workspace.ca_file}")
    if not first.services:
        click.echo('nothing is built on it yet: eval "$(failover rehearse env)" && pulumi up')
        return
    images = images_of(running.endpoint, running.region)
    builds = {image: build for build, image in images.items()}
    if not is_watched:
        Console().print(status_table(first.services, builds, first.loads))
        return
    with contextlib.suppress(KeyboardInterrupt), Live(auto_refresh=False) as live:
        for each in itertools.chain([first], found):
            live.update(status_table(each.services, builds, each.loads), refresh=True)


@rehearse.command()
@click.option("--force", is_flag=True, help="Even while a pulumi command uses it.")
@_with_reported_errors
def down(*, force: bool) -> None:
    """End the rehearsal and remove its files.

    Its stack file is removed too. Its ramps can no longer be resumed; their reports move to
    .failover/rehearsed.

    \b
    Examples:
      failover rehearse down
    """
    workspace = Workspace(ROOT)
    ended = stop(workspace, force=force)
    if ended is not None:
        click.echo("the rehearsal is gone")
        if ended.ramps:
            where = ended_ramps(ROOT)
            click.echo(f"kept: the reports of its ramps ({len(ended.ramps)}), in {where}")
        if root_in(os.environ) == ROOT:
            click.echo(f"next: {UNSET_COMMAND}")
    else:
        click.echo("no rehearsal ran in this clone")


@rehearse.command()
@_like
@_boot
@click.option("--json", "wants_json", is_flag=True, help="Print one JSON document at the end.")
@click.option("--scenario", "name", metavar="NAME", help="Play this fault.")
@click.option("--list", "wants_list", is_flag=True, help="List the scenarios.")
@_with_reported_errors
def ramp(
    like: str, boot_seconds: float, *, wants_json: bool, name: str | None, wants_list: bool
) -> None:
    """Run a whole cutover under traffic, then remove everything.

    Creates the stack at 100/0 and runs `failover ramp` to 0/100.
    A prober sends requests to every service from the start to the end. Its record stays in
    .rehearsal-traffic until the next run.

    \b
    Exit codes:
      0  the ramp exited with 0, every stage changed one rule per service and
         nothing else, traffic followed each split, and no request was lost;
         with --scenario: the ramp handled the fault as expected
      1  otherwise

    \b
    Examples:
      failover rehearse ramp
      failover rehearse ramp --like dev --json
      failover rehearse ramp --list
      failover rehearse ramp --scenario dies-at-50
    """
    if wants_list or name == "list":
        click.echo("\n".join(listed(CATALOGUE)))
        return
    workspace = Workspace(ROOT)
    if name is not None:
        sys.exit(run_and_report(workspace, name, like, boot_seconds, wants_json=wants_json))
    view = CutoverView(Console(), as_json=wants_json)
    ended: CutoverResult | None = None
    try:
        with view.running():
            started = start(workspace, like, boot_seconds, view.say, tethered=True)
            # From here on the rehearsal is ours to end; one that ran before was refused above.
            try:
                ended = run_cutover(workspace, started.running, view)
            finally:
                view.say("tearing everything down")
                stop(workspace, force=True)
    except KeyboardInterrupt:
        note = "stopped by hand; everything of the rehearsal is gone"
        view.finish(None, ["interrupted"], note)
        sys.exit(INTERRUPTED)
    view.finish(ended.traffic, ended.problems, ended.note)
    if ended.problems:
        sys.exit(1)


def _say(text: str) -> None:
    click.echo(text, err=True)
