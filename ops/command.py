"""What every subcommand of `failover` shares: its help options, and how it ends.

A command is a function that returns its exit code, or nothing for 0. For what it cannot do it
raises a `CommandError`, or lets a `StackError` of the Pulumi CLI through. It does not catch Ctrl-C:
only this module prints what happened and chooses the exit code. `ops/process_end.py` handles
signals and closed pipes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from ops.errors import UNEXPECTED_EXIT_CODE, CommandError, unexpected_words
from pulumi_cli.errors import StackError

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
STOPPED = "stopped; nothing more was done"
STOPPED_EXIT_CODE = 3
"""After Ctrl-C."""


class OwnCommand(click.Command):
    """A subcommand: turns errors and Ctrl-C into a message and an exit code."""

    stopped = STOPPED
    """What is printed after Ctrl-C."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the function; an error becomes a message and an exit code."""
        code = 0
        try:
            code = super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            code = print_stopped(self.stopped)
        except (CommandError, StackError) as error:
            code = print_error(error)
        if code:
            raise click.exceptions.Exit(code)
        return code


def command(
    name: str, *, stopped: str = STOPPED
) -> Callable[[Callable[..., int | None]], OwnCommand]:
    """Make a function the subcommand `name`; it returns its exit code, or nothing for 0.

    Args:
        name: What is typed.
        stopped: What is printed after Ctrl-C.
    """

    def made(function: Callable[..., int | None]) -> OwnCommand:
        found = click.command(name, cls=OwnCommand, context_settings=HELP)(function)
        found.stopped = stopped
        return found

    return made


def print_error(error: CommandError | StackError) -> int:
    """Print an error to standard error; returns the exit code.

    With `--json` too: standard output stays empty, and never has half a document.
    """
    click.echo(f"{click.style('error:', fg='red', bold=True)} {error}", err=True)
    return error.exit_code


def print_stopped(words: str = STOPPED) -> int:
    """Print that Ctrl-C ended the command; returns the exit code."""
    # Behind the ^C that a terminal shows.
    click.echo(f"\n{words}" if sys.stderr.isatty() else words, err=True)
    return STOPPED_EXIT_CODE


def print_unexpected(error: Exception, name: str) -> int:
    """Print an unexpected error, which must not look like a verdict; returns the exit code."""
    click.echo(unexpected_words(error, name), err=True)
    return UNEXPECTED_EXIT_CODE
