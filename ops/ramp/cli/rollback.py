"""`failover rollback`: away from the slot on trial, whoever ramps and whatever waits."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from ops.command import command
from ops.journal.journal import FileJournal
from ops.ramp.break_glass import break_glass
from ops.ramp.cli.command import observer, reported
from ops.ramp.driver.driver import Ending
from ops.ramp.driver.processes import Processes
from ops.ramp.errors import BackendError, NotSureError
from ops.ramp.launch import Launcher, ramp_id_of
from ops.ramp.plan.planner import limits_of
from ops.ramp.resume.find import newest
from ops.ramp.resume.lease import active_ramps, await_engine, stop_driver
from ops.ramp.resume.way_back import NothingToRollBack, RampHistory, Stack, where_back
from ops.ramp.stack.commands import Choice, NextCommands
from ops.ramp.stack.known import FILE_NAME
from ops.ramp.stack.opened import OWN_FOLDER, OpenedStack, opened_stack, own_holder
from ops.stack.project import project_folder
from rollout.command import Command
from rollout.lease import LeaseHolder
from rollout.progress import WHY_BY_HAND
from rollout.recovery import HistoryEntry


@command("rollback")
@click.option("--stack", metavar="NAME", help="The stack. Default: the selected one.")
@click.option(
    "--why", default=WHY_BY_HAND, metavar="TEXT", help="The reason, recorded in the journal."
)
@click.option("--commit", "commits", is_flag=True, help="Commit the stack file.")
@click.option("--push", "pushes", is_flag=True, help="Push the commit; implies --commit.")
@click.option("--json", "as_json", is_flag=True, help="Print the events as JSON lines.")
@click.option(
    "--break-glass",
    is_flag=True,
    help="Change the rules without the engine. Only if its backend cannot be reached.",
)
def rollback(**given: Any) -> int:
    """Return to the split before the ramp or before the shift by hand, with one `pulumi up`.

    Stops a running ramp of this machine first, even if it waits in a guard. Never raises the slot
    that was ramped or released last, and never sends requests to a slot without a healthy target.
    Does not prompt.

    \b
    Exit codes:
      0  traffic is back, or there is nothing to go back to
      1  refused
      2  invalid input
      3  undecided; nothing changed, and the commands to choose from are printed

    \b
    Examples:
      failover rollback
      failover rollback --why "checkout is broken"
      failover rollback --break-glass
    """
    folder = Path.cwd()
    if given["break_glass"]:
        return reported(break_glass(folder, given["stack"], given["why"]))
    try:
        return reported(_gone_back(folder, given))
    except BackendError as error:
        commands = "\n        or: ".join(map(str, _past_the_engine(folder, given["stack"])))
        if not commands:
            raise
        raise BackendError(
            f"{error}; if the backend is not available in time:\n            {commands}"
        ) from error


def _past_the_engine(folder: Path, named: str | None) -> list[Command]:
    """What goes back without the backend: of the stack that is meant, else of each of this clone.

    None for a stack of which no command has written down the rules here.
    """
    written = (project_folder(folder) / OWN_FOLDER / "ramps").glob(f"*/{FILE_NAME}")
    known = sorted(file.parent.name for file in written)
    meant = named or os.environ.get("PULUMI_STACK")
    names = known if not meant else [meant] if meant.rpartition("/")[2] in known else []
    return [NextCommands(name).break_glass for name in names]


def _gone_back(folder: Path, given: dict[str, Any]) -> Ending:
    stack = opened_stack(folder, given["stack"])
    try:
        stack.keep_known()
    except NotSureError as error:
        _say(f"going back all the same: {error}")
    unread: list[str] = []
    holder, here = own_holder(), newest(stack.ramps, unread)
    for why in unread:
        _say(f"going back by the stack's history: {why}")
    for one in active_ramps(stack.history(), here.progress if here else None):
        stop_driver(one, Processes(), _say, stack.next.rollback)
    return _rolled_back(stack, holder, stack.history(), given)


def _rolled_back(
    stack: OpenedStack, holder: LeaseHolder, history: list[HistoryEntry], given: dict[str, Any]
) -> Ending:
    choice = Choice(commits=given["commits"] or given["pushes"], pushes=given["pushes"])
    observers = [observer(as_json=given["as_json"])]
    launcher = Launcher(stack, holder, limits_of(stack.ramp, None), choice, observers)
    ramp_id = ramp_id_of(holder, datetime.now(UTC))
    past = RampHistory(stack.ramps, ramp_id, history)
    way = where_back(past, _as_it_is(stack, launcher))
    if isinstance(way, NothingToRollBack):
        return Ending(0, way.words)
    if way.found is None:
        folder = stack.ramps.new(ramp_id)
        return _as_rollback(launcher.undo(way.plan, ramp_id, folder, given["why"]))
    entries = FileJournal(way.found.folder).entries()
    await_engine(entries, Processes(), _say, is_going_back=True)
    return _as_rollback(launcher.go_back(way.found, ramp_id, given["why"], way.plan.start))


def _as_it_is(stack: OpenedStack, launcher: Launcher) -> Stack:
    """The stack, asked until AWS answers."""
    reader = launcher.reader
    return Stack(
        name=stack.name,
        file=stack.engine.stack_file,
        live=dict(reader.splits()),
        releases=reader.asked(stack.live().releases),
        hold=timedelta(seconds=stack.ramp.hold_seconds),
        candidate=stack.candidate,
        option=stack.next.option,
    )


def _as_rollback(ending: Ending) -> Ending:
    """A person who asked to go back has what was asked for when the ramp is back."""
    return replace(ending, exit_code=0) if ending.is_back else ending


def _say(text: str) -> None:
    click.echo(f"{time.strftime('%H:%M:%S')} {text}", err=True)
