"""`failover ramp` and `failover even`: the options, the plan that is shown, and the exit code."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from ops.command import command
from ops.ramp.cli.command import Duration, observer, reported
from ops.ramp.driver.driver import Ending
from ops.ramp.errors import BadInputError, RefusedRampError
from ops.ramp.stack.commands import Choice
from ops.ramp.stack.opened import opened_stack, own_holder
from ops.ramp.start import StartRequest, start
from rollout.split import Slot


def _common(command: Callable[..., int]) -> Callable[..., int]:
    """The options that `ramp` and `even` share."""
    options = [
        click.option("--stack", metavar="NAME", help="The stack. Default: the selected one."),
        click.option(
            "--service",
            "services",
            multiple=True,
            metavar="NAME",
            help="Ramp only this service; can be repeated.",
        ),
        click.option("--bake", type=Duration(), help="Length of each bake, such as 5m."),
        click.option(
            "--approve-each", is_flag=True, help="Wait for `failover approve` before each stage."
        ),
        click.option("--yes", "-y", is_flag=True, help="Start without a prompt."),
        click.option(
            "--commit", "commits", is_flag=True, help="Commit the stack file after each stage."
        ),
        click.option("--push", "pushes", is_flag=True, help="Push each commit; implies --commit."),
        click.option("--json", "as_json", is_flag=True, help="Print the events as JSON lines."),
        click.option("--take-over", is_flag=True, help="Take the lease of a holder that is gone."),
        click.option("--anew", is_flag=True, help="Drop an unfinished ramp; start from live."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@command("ramp")
@click.option("--to", type=click.Choice([slot.value for slot in Slot]), help="The slot to raise.")
@_common
def ramp(to: str | None, **given: Any) -> int:
    """Shift traffic in stages, with gates that check each stage; roll back if a gate fails.

    Each stage is one config change and one `pulumi up`. Both slots keep their capacity until the
    old slot gets no more requests. If a ramp was killed or stopped, this command resumes it.

    The ramp continues even if the reader of its output exits, as in
    `failover ramp --json | head -1`.

    \b
    Exit codes:
      0   done
      1   a gate or a guard refused, and the ramp rolled back
      2   invalid input; nothing started
      3   undecided or stopped; nothing further changed; prints the next command
      70  a bug in the driver

    \b
    Examples:
      failover ramp
      failover ramp --to 02 --bake 5m --commit --push
      failover ramp --service web --approve-each
      failover ramp --yes --json
    """
    return reported(_ramped(given, Slot(to) if to else None, is_even=False))


@command("even")
@_common
def even(**given: Any) -> int:
    """Bring both slots back to 50/50, through the same stages and gates as a ramp.

    Release the build to the other slot first: the command refuses to move users to an older build
    than all of them have.

    \b
    Exit codes, as of `failover ramp`:
      0 done   1 rolled back   2 invalid input   3 undecided or stopped   70 a bug

    \b
    Examples:
      failover even
      failover even --yes --bake 1m
    """
    return reported(_ramped(given, None, is_even=True))


def _ramped(given: dict[str, Any], to: Slot | None, *, is_even: bool) -> Ending:
    say = functools.partial(click.echo, err=True)
    if sys.stderr.isatty():  # a person waits for seconds before the plan is shown
        say("reading the stack, its history and AWS")
    stack = opened_stack(Path.cwd(), given["stack"])
    stack.keep_known()
    history = stack.history()
    choice = Choice(
        services=tuple(given["services"]),
        to=to,
        is_even=is_even,
        approve_each=given["approve_each"],
        commits=given["commits"] or given["pushes"],
        pushes=given["pushes"],
        known_messages=tuple(entry.message for entry in history),
        options=_options(given),
    )
    return start(
        stack,
        history,
        StartRequest(
            choice=choice,
            holder=own_holder(),
            bake_seconds=given["bake"],
            takes_over=given["take_over"],
            is_anew=given["anew"],
        ),
        observer(as_json=given["as_json"]),
        say,
        functools.partial(_ask, choice, yes=given["yes"]),
    )


def _options(given: Mapping[str, Any]) -> tuple[str, ...]:
    """The options as they were typed, without those that name services or a slot, or answer."""
    words: list[str] = []
    for option in ("stack", "bake"):
        if given[option] is not None:
            value = given[option]
            words += [f"--{option}", f"{value:g}s" if isinstance(value, float) else value]
    flags = {
        "approve_each": "--approve-each",
        "commits": "--commit",
        "pushes": "--push",
        "as_json": "--json",
        "take_over": "--take-over",
        "anew": "--anew",
    }
    return (*words, *(flag for name, flag in flags.items() if given[name]))


def _ask(choice: Choice, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadInputError(
            "no terminal to confirm on; nothing was begun",
            expected="a terminal, or --yes",
            fixes=[choice.command("--yes")],
        )
    if not click.confirm("start?", err=True):
        raise RefusedRampError("not started; nothing was changed")
