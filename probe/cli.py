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

from probe.errors import OptionsError, ProbeError
from probe.options.run_options import (
    DEFAULT_MAX_RATE_PER_S,
    MODES,
    Given,
    RunOptions,
    checked_options,
)
from probe.process.host import BackgroundWriter, loop_factory, raise_file_limit
from probe.run.session import ProbeResult, ProbeSession
from probe.summary.text import summary_text
from probe.timing.clock import SystemProbeClock
from probe.view.display import Display, EventDisplay, NoDisplay, PlainDisplay

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Any], Any]


def option(*names: str, **settings: Any) -> Decorator:
    """An option that shows its default, if it has one."""
    return click.option(*names, show_default="default" in settings, **settings)


def with_options(options: Sequence[Decorator]) -> Callable[[Command], Command]:
    """Give a command all of `options`."""

    def decorate(command: Command) -> Command:
        for decorator in reversed(options):
            command = decorator(command)
        return command

    return decorate


RUN_OPTIONS: tuple[Decorator, ...] = (
    click.argument("urls", nargs=-1, metavar="URL..."),
    option("--rate", default="50", metavar="N", help="Requests per second over all URLs, or 1/5s."),
    option("--duration", metavar="TIME", help="Such as 30s or 10m. Default: until Ctrl-C."),
    option(
        "--timeout", default="5s", metavar="TIME", help="Limit for one request, to its last byte."
    ),
    option(
        "--interval",
        default="5s",
        metavar="TIME",
        help="Time between lines of progress, or events.",
    ),
    option("--method", type=click.Choice(["GET", "HEAD"]), default="GET", help="HTTP method."),
    option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="Send this header."),
    option(
        "--secret-header",
        "secret_headers",
        multiple=True,
        metavar="NAME",
        help="Never record the value of this header; the usual secrets are never recorded.",
    ),
    option(
        "--expect", default="200", metavar="STATUS", help="Expected statuses: 200,204 2xx 200-399."
    ),
    option("--body-regex", metavar="REGEX", help="Must match somewhere in each body."),
    option(
        "--connections",
        type=click.Choice(sorted(MODES)),
        default="both",
        help="A new connection per request, kept-alive connections, or half of the requests each.",
    ),
    option(
        "--kept",
        type=click.IntRange(1, 1000),
        default=4,
        metavar="N",
        help="Kept-alive connections per host, used in turn.",
    ),
    option("--long", metavar="TIME", help="Also keep requests of this length open."),
    option(
        "--long-url",
        "long_urls",
        multiple=True,
        metavar="URL",
        help="URL of the --long requests. Default: each URL.",
    ),
    option("--websocket", is_flag=True, help="Also keep a WebSocket to each URL open."),
    option(
        "--websocket-url",
        "websocket_urls",
        multiple=True,
        metavar="URL",
        help="Also keep a WebSocket to this URL open.",
    ),
    option("--slot-header", default="X-Slot", metavar="NAME", help="Answer header with the slot."),
    option(
        "--build-header", default="X-Build", metavar="NAME", help="Answer header with the build."
    ),
    option(
        "--resolve", multiple=True, metavar="HOST:PORT:ADDR", help="Connect to ADDR, as in curl."
    ),
    option("--ca", metavar="FILE", help="Trust these CAs (PEM) and no others."),
    option("--follow-redirects", is_flag=True, help="Follow up to 5 redirects."),
    option("--max-body", default="1MiB", metavar="SIZE", help="A larger body is a failure."),
    option(
        "--max-in-flight",
        type=click.IntRange(1, 60000),
        metavar="N",
        help="Limit of open requests; a request beyond it is not sent, and counts as failed. "
        "Default: 1.25 * rate * timeout, within 1000 and 6000.",
    ),
    option(
        "--max-rate",
        default=f"{DEFAULT_MAX_RATE_PER_S:g}",
        metavar="N",
        help="Upper limit of --rate. Ask those who run the target before you raise it.",
    ),
    option(
        "--allow-failures",
        type=click.IntRange(0),
        default=0,
        metavar="N",
        help="This many failures still exit 0.",
    ),
    option("--log", metavar="DIR", help="Record each request in a new file in DIR."),
    option(
        "--log-format",
        type=click.Choice(["jsonl", "curl"]),
        default="jsonl",
        help="JSON lines, or testlog.log with answer headers as from `curl -I`.",
    ),
    option("--json", "as_json", is_flag=True, help="Print the summary as JSON on standard output."),
    option(
        "--events",
        is_flag=True,
        help="Print events as JSON lines on standard output, as they happen.",
    ),
    option("--quiet", is_flag=True, help="Print only the summary, no progress."),
    option(
        "--marks",
        is_flag=True,
        help="Each line on standard input is a mark in the record; end of input ends the run.",
    ),
)

REPORT_OPTIONS: tuple[Decorator, ...] = (
    option("--html", "html", metavar="PATH", help="File for the page. Default: next to FILE."),
    option("--json", "as_json", is_flag=True, help="Print the summary as JSON on standard output."),
)


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
    """Says who asks, honestly."""
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
