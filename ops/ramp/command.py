"""What the commands that move weights share: options, limits, who is told, and the exit code."""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import click

from ops.journal.errors import JournalError
from ops.journal.observer import RampObserver
from ops.ramp.driver import Ending
from ops.ramp.errors import BadInputError, RampError
from ops.ramp.lines import JsonLines, PlainLines
from ops.ramp.planning import Choice
from ops.ramp.ports import Limits
from ops.ramp.stack import OpenedStack
from probe.quantity import parse_duration_seconds
from settings.gates.limits import GateLimits

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
RAMP_ID = "%Y%m%dT%H%M%SZ"
"""The time in a ramp's id; the process follows."""


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


def limits_of(
    stack: OpenedStack, bake_seconds: float | None, choice: Choice | None = None
) -> Limits:
    """The config's limits, the bake as the person asked for it."""
    ramp_settings = stack.ramp
    slowest = ramp_settings.gates.slowest
    if slowest is not None and bake_seconds is not None:
        _refuse_short_bake(bake_seconds, slowest, choice or Choice())
    return Limits(
        bake=bake_seconds if bake_seconds is not None else ramp_settings.bake_seconds,
        hold=ramp_settings.hold_seconds,
        watch=ramp_settings.watch_seconds,
        inconclusive=ramp_settings.inconclusive_seconds,
        guard_wait=ramp_settings.guard.wait_seconds,
    )


def _refuse_short_bake(bake_seconds: float, gate: GateLimits, choice: Choice) -> None:
    least = gate.least_bake_seconds
    if bake_seconds < least:
        raise BadInputError(
            f"--bake {bake_seconds:g}s is too short for the gate {gate.name}\n"
            f"  expected: {least} s or more: {gate.least_bake_reason}\n"
            f"  fix:      {choice.with_bake(least).command()}"
        )


def observer(*, as_json: bool) -> RampObserver:
    """Who tells the person, or the program that asked, what happens."""
    if as_json:
        return JsonLines(click.echo)
    # A dumb terminal has no place that can be drawn anew.
    if sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown"):
        from ops.view.live import LiveView  # rich costs a tenth of a second, for a terminal alone

        return LiveView()
    return PlainLines(click.echo, time.monotonic)
