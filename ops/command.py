"""What every subcommand of `failover` shares: its help options, and how it ends.

A command is a function that returns its exit code, or nothing for 0. It raises a `CommandError`
for what it cannot do, and lets Ctrl-C pass: what is printed then, and the exit code, are decided
here and nowhere else. `ops/process_end.py` has what is of the process: signals and closed pipes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from ops.errors import CommandError
from ops.unexpected import EXIT_CODE, unexpected_words

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
STOPPED = "stopped; nothing more was done"
STOPPED_EXIT_CODE = 3
"""Ended by a person before it was done."""


class OwnCommand(click.Command):
    """A subcommand that ends as all of them do."""

    stopped = STOPPED
    """What is printed when a person ends it."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; an error becomes words and an exit code."""
        code = 0
        try:
            code = super().invoke(ctx)
        except (KeyboardInterrupt, EOFError, click.Abort):
            code = say_stopped(self.stopped)
        except CommandError as error:
            code = say_error(error)
        if code:
            raise click.exceptions.Exit(code)
        return code


def command(
    name: str, *, stopped: str = STOPPED
) -> Callable[[Callable[..., int | None]], OwnCommand]:
    """Make a function the subcommand `name`; it returns its exit code, or nothing for 0.

    Args:
        name: What is typed.
        stopped: What is printed when a person ends it.
    """

    def made(function: Callable[..., int | None]) -> OwnCommand:
        found = click.command(name, cls=OwnCommand, context_settings=HELP)(function)
        found.stopped = stopped
        return found

    return made


def say_error(error: CommandError) -> int:
    """Print an error for a person; the exit code.

    On standard error, with `--json` too: standard output then is empty, and never half a document.
    """
    click.echo(f"{click.style('error:', fg='red', bold=True)} {error}", err=True)
    return error.exit_code


def say_stopped(words: str = STOPPED) -> int:
    """Print that a person ended the command; the exit code."""
    # Behind the ^C that a terminal shows.
    click.echo(f"\n{words}" if sys.stderr.isatty() else words, err=True)
    return STOPPED_EXIT_CODE


def say_unexpected(error: Exception, name: str) -> int:
    """Print an error that nobody foresaw, which must not look like a verdict; the exit code."""
    click.echo(unexpected_words(error, name), err=True)
    return EXIT_CODE
