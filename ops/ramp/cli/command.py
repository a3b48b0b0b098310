"""What the commands that move weights share: options, limits, observers, and the exit code."""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import click

from ops.journal.errors import JournalError
from ops.journal.lines import JsonLines, PlainLines
from ops.journal.observer import RampObserver
from ops.ramp.driver.driver import Ending
from ops.ramp.errors import RampError
from probe.quantity import parse_duration_seconds

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Duration(click.ParamType[float]):
    """`250ms`, `30s`, `5m`, `1h30m`."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Seconds."""
        try:
            return parse_duration_seconds(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def reported(command: Callable[..., Ending]) -> Callable[..., None]:
    """Turn an ending or an error into words and an exit code."""

    @functools.wraps(command)
    def wrapped(**given: Any) -> None:
        try:
            ending = command(**given)
        except RampError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(error.exit_code)
        except JournalError as error:
            click.echo(f"error: {error}; nothing was changed", err=True)
            sys.exit(3)
        click.echo(ending.words, err=True)
        sys.exit(ending.exit_code)

    return wrapped


def observer(*, as_json: bool) -> RampObserver:
    """The observer that reports to the person, or to the program that asked."""
    if as_json:
        return JsonLines(click.echo)
    # A dumb terminal cannot be redrawn.
    if sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown"):
        from ops.view.live import LiveView  # rich costs a tenth of a second, for a terminal alone

        return LiveView()
    return PlainLines(click.echo, time.monotonic)
