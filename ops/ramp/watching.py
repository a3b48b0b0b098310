"""Who looks on while a ramp goes on, and the page that is left of it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from ops.journal.observer import RampObserver
from ops.report.report import ReportError, write_report
from ops.traffic.traffic import Traffic
from ops.view.live import LiveView
from rollout.entry import Entry


@contextmanager
def watched(
    observers: Sequence[RampObserver], folder: Path, earlier: Sequence[Entry]
) -> Generator[Sequence[LiveView]]:
    """Let views show what `earlier` runs did; close them at the end, and leave the report.

    A report that cannot be made is said and no more: the ramp is what matters.
    """
    views = [observer for observer in observers if isinstance(observer, LiveView)]
    for view in views:
        for entry in earlier:
            view.saw(entry)
    try:
        yield views
    finally:
        for view in views:
            view.close()
        try:
            click.echo(f"report: {write_report(folder).page}", err=True)
        except ReportError as error:
            click.echo(f"no report: {error}", err=True)


def show_traffic(views: Sequence[LiveView], traffic: Traffic) -> None:
    """Let views show what the traffic meets."""
    for view in views:
        traffic.subscribe(view.answered)
