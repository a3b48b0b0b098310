"""`failover probe`: the options, their help, and the exit code."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from probe.background_writer import BackgroundWriter
from probe.cli_options import REPORT_OPTIONS, RUN_OPTIONS, with_options
from probe.clock import SystemProbeClock
from probe.display import Display, EventDisplay, NoDisplay, PlainDisplay
from probe.errors import OptionsError, ProbeError
from probe.event_loop import loop_factory
from probe.file_limit import raise_file_limit
from probe.option_check import Given, checked_options
from probe.options import Options
from probe.session import ProbeResult, ProbeSession
from probe.summary_text import summary_text

BAD_INPUT = 2


class ProbeGroup(click.Group):
    """`failover probe URL…` runs, `failover probe report FILE` reads; running needs no word."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the name of the default command before what is not the name of another."""
        if not args or args[0] not in self.commands:
            args = ["run", *args]
        return super().parse_args(ctx, args)


class RunCommand(click.Command):
    """The default command, whose help does not show its name."""

    def format_usage(
        self,
        ctx: click.Context,
        formatter: click.HelpFormatter,
    ) -> None:
        """Write both forms of the command."""
        assert ctx.parent is not None
        program = ctx.parent.command_path
        formatter.write_usage(program, "[OPTIONS] URL...")
        formatter.write_usage(f"{program} {report.name}", "[OPTIONS] FILE", prefix="       ")


_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=ProbeGroup, context_settings=_HELP)
def probe() -> None:
    """Send a steady stream of requests and record every lost one."""


@probe.command("run", cls=RunCommand, context_settings=_HELP)
@with_options(RUN_OPTIONS)
def run(*, as_json: bool, events: bool, quiet: bool, marks: bool, **given: Any) -> NoReturn:
    """Send a steady stream of requests and record every lost one.

    Requests leave on a fixed schedule whatever the answers do, half of them on new connections and
    half on kept-alive ones. Latency counts from the planned time. A stall of the prober itself is
    reported as that, and never as an outage.

    \b
    Exit code: 0 nothing failed (or no more than --allow-failures), 1 something did,
    2 bad input, 3 not sure (nothing was measured, or the record is not whole).

    \b
    Examples:
      failover probe https://www.example.com/ --duration 10m
      failover probe https://www.example.com/ https://portal.example.com/login \\
          --rate 100 --expect 2xx --log ./log
      failover probe https://www.example.com/ --rate 1/5s --log . --log-format curl
      failover probe https://www.example.com/ --resolve www.example.com:443:10.0.0.7 --ca ca.pem
      failover probe https://www.example.com/ --long 30s --long-url https://www.example.com/big.iso
      failover probe https://www.example.com/ --duration 1m --json --quiet | jq .verdict
      failover probe report ./log/probe-20261121T090000Z-4711.jsonl
    """
    try:
        options = checked_options(Given(**given), user_agent())
        raise_file_limit(options.max_in_flight, options.kept_connections)
        if as_json and events:
            raise click.UsageError("--json and --events both write to standard output: choose one")
        display = _display(options, events=events, quiet=quiet)
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            ended = runner.run(_run(options, display, marks=marks))
    except OptionsError as error:
        _exit_with(str(error), BAD_INPUT)
    except ProbeError as error:
        _exit_with(f"{error}; nothing was sent", BAD_INPUT)
    if not events:
        click.echo(_shown(ended, as_json=as_json))
    sys.exit(ended.exit_code)


@probe.command("report", context_settings=_HELP)
@click.argument("file", type=click.Path(path_type=Path))
@with_options(REPORT_OPTIONS)
def report(*, file: Path, html: str | None, as_json: bool) -> None:
    """Sum up a record, and draw it as one HTML page that needs no network.

    Exit code: 0 the report was made, whatever it says; 2 FILE is no record.

    \b
    Examples:
      failover probe report ./log/probe-20261121T090000Z-4711.jsonl
      failover probe report probe.jsonl --html cutover.html --json
    """
    from probe.report import write_report  # its template engine is not needed to probe

    try:
        page = Path(html) if html else file.with_suffix(".html")
        summary, torn_bytes = write_report(file, page)
    except ProbeError as error:
        _exit_with(str(error), BAD_INPUT)
    if torn_bytes:
        click.echo(f"the last line is torn ({torn_bytes} bytes) and was left out", err=True)
    click.echo(_shown(ProbeResult(summary, str(file), None), as_json=as_json))
    click.echo(f"page: {page}", err=True)


def user_agent() -> str:
    """Says who asks, honestly."""
    return f"failover-probe/{importlib.metadata.version('failover')}"


async def _run(options: Options, display: Display, *, marks: bool) -> ProbeResult:
    session = ProbeSession(options, SystemProbeClock(), display)
    return await session.run(sys.stdin if marks else None)


def _display(options: Options, *, events: bool, quiet: bool) -> Display:
    """The display that suits who is looking."""
    people = BackgroundWriter(sys.stderr)
    if events:
        return EventDisplay(BackgroundWriter(sys.stdout), people, options.interval_s)
    if quiet:
        return NoDisplay(people)
    if sys.stderr.isatty():
        from probe.live import LiveDisplay  # rich costs a tenth of a second, for a terminal alone

        return LiveDisplay(options)
    return PlainDisplay(people, options.interval_s)


def _shown(ended: ProbeResult, *, as_json: bool) -> str:
    if as_json:
        return json.dumps(ended.document(), indent=2)
    return summary_text(ended.summary, record=ended.record, record_error=ended.record_error)


def _exit_with(text: str, code: int) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(code)
