"""`failover probe`: the options, their help, and the exit code."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from probe.fault import OptionsError, ProbeError
from probe.options.option import Option, options_of
from probe.options.run_options import RunOptions, checked_options
from probe.process.host import BackgroundWriter, loop_factory, raise_file_limit
from probe.run.session import ProbeResult, ProbeSession
from probe.summary.text import summary_text
from probe.timing.clock import SystemProbeClock
from probe.view.display import Display, EventDisplay, NoDisplay, PlainDisplay

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Any], Any]

SHOWN_OPTIONS: tuple[Decorator, ...] = (
    click.option(
        "--json", "as_json", is_flag=True, help="Print the summary as JSON on standard output."
    ),
    click.option(
        "--events",
        is_flag=True,
        help="Print events as JSON lines on standard output, as they happen.",
    ),
    click.option("--quiet", is_flag=True, help="Print only the summary, no progress."),
    click.option(
        "--marks",
        is_flag=True,
        help="Each line on standard input is a mark in the record; end of input ends the run.",
    ),
)
"""What a run shows, and hears, while it goes on."""

REPORT_OPTIONS: tuple[Decorator, ...] = (
    click.option(
        "--html", "html", metavar="PATH", help="File for the page. Default: next to FILE."
    ),
    click.option(
        "--json", "as_json", is_flag=True, help="Print the summary as JSON on standard output."
    ),
)

BAD_INPUT = 2


def with_options(options: Sequence[Decorator]) -> Callable[[Command], Command]:
    """Give a command all of `options`."""

    def decorate(command: Command) -> Command:
        for decorator in reversed(options):
            command = decorator(command)
        return command

    return decorate


def declared_options() -> list[Decorator]:
    """What `RunOptions` declares, for click; each shows its default, if it has one."""
    return [_decorator(name, declared) for name, declared in options_of(RunOptions).items()]


def _decorator(name: str, declared: Option) -> Decorator:
    settings: dict[str, Any] = {"metavar": declared.metavar, "help": declared.help}
    if declared.choices:
        settings["type"] = click.Choice(declared.choices)
    elif declared.least is not None:
        settings["type"] = click.IntRange(declared.least, declared.most)
    if declared.default is not None:
        settings |= {"default": declared.default, "show_default": True}
    return click.option(
        declared.flag,
        name,
        is_flag=declared.is_switch,
        multiple=declared.collect is not None,
        **settings,
    )


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
@click.argument("urls", nargs=-1, metavar="URL...")
@with_options([*declared_options(), *SHOWN_OPTIONS])
def run(
    *,
    urls: tuple[str, ...],
    as_json: bool,
    events: bool,
    quiet: bool,
    marks: bool,
    **typed: Any,
) -> NoReturn:
    """Send a steady stream of requests and record every lost one.

    Requests are sent on a fixed schedule, however the server answers: half of them on new
    connections and half on kept-alive ones. Latency counts from the planned time. A stall of the
    prober itself is reported as a stall, never as an outage.

    \b
    Exit codes:
      0  no request failed, or no more than --allow-failures
      1  requests failed
      2  invalid input
      3  undecided: nothing was measured, or the record is incomplete

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
        options = checked_options(urls, typed, user_agent())
        raise_file_limit(options.most_in_flight, options.kept_connections)
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
    """Print the summary of a record, and draw it as one HTML page that needs no network.

    Exit codes: 0 written, whatever the result; 2 FILE is not a record.

    \b
    Examples:
      failover probe report ./log/probe-20261121T090000Z-4711.jsonl
      failover probe report probe.jsonl --html cutover.html --json
    """
    from probe.view.report import write_report  # its template engine is not needed to probe

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
    """Identifies the prober to the target."""
    return f"failover-probe/{importlib.metadata.version('failover')}"


async def _run(options: RunOptions, display: Display, *, marks: bool) -> ProbeResult:
    session = ProbeSession(options, SystemProbeClock(), display)
    return await session.run(sys.stdin if marks else None)


def _display(options: RunOptions, *, events: bool, quiet: bool) -> Display:
    """The display that suits who is looking."""
    people = BackgroundWriter(sys.stderr)
    if events:
        return EventDisplay(BackgroundWriter(sys.stdout), people, options.interval_s)
    if quiet:
        return NoDisplay(people)
    if sys.stderr.isatty():
        from probe.view.terminal import (
            LiveDisplay,  # rich costs a tenth of a second, for a terminal alone
        )

        return LiveDisplay(options)
    return PlainDisplay(people, options.interval_s)


def _shown(ended: ProbeResult, *, as_json: bool) -> str:
    if as_json:
        return json.dumps(ended.document(), indent=2)
    return summary_text(ended.summary, record=ended.record, record_error=ended.record_error)


def _exit_with(text: str, code: int) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(code)
