"""What the commands that move weights share: an option, the observer, and the report of the end."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import click

from ops.journal.lines import JsonLines, PlainLines
from ops.ramp.driver.driver import Ending
from ops.ramp.driver.ports import RampObserver
from probe.quantity import parse_duration_seconds


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


def reported(ending: Ending) -> int:
    """Print how a ramp ended; the exit code."""
    click.echo(ending.words, err=True)
    return ending.exit_code


def observer(*, as_json: bool) -> RampObserver:
    """The observer that reports to the person, or to the program that asked."""
    if as_json:
        return JsonLines(click.echo)
    # A dumb terminal cannot be redrawn.
    if sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown"):
        from ops.view.live import LiveView  # rich costs a tenth of a second, for a terminal alone

        return LiveView()
    return PlainLines(click.echo, time.monotonic)
