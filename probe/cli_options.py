"""The options of `failover probe`, in the order in which its help shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from probe.option_check import MODES
from probe.options import DEFAULT_MAX_RATE_PER_S

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
    option("--rate", default="50", metavar="N", help="Requests a second over all URLs, or 1/5s."),
    option("--duration", metavar="TIME", help="How long, such as 30s or 10m; else until Ctrl-C."),
    option("--timeout", default="5s", metavar="TIME", help="For one request, to its last byte."),
    option(
        "--interval", default="5s", metavar="TIME", help="Between lines of progress, or events."
    ),
    option("--method", type=click.Choice(["GET", "HEAD"]), default="GET"),
    option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="Of every request."),
    option(
        "--secret-header",
        "secret_headers",
        multiple=True,
        metavar="NAME",
        help="Never record this header's value; the usual ones never are.",
    ),
    option("--expect", default="200", metavar="STATUS", help="What is right: 200,204 2xx 200-399."),
    option("--body-regex", metavar="REGEX", help="What each body must hold."),
    option(
        "--connections",
        type=click.Choice(sorted(MODES)),
        default="both",
        help="A new one for each request, a few kept alive, or half of the requests each way.",
    ),
    option(
        "--kept",
        type=click.IntRange(1, 1000),
        default=4,
        metavar="N",
        help="Kept-alive connections per host, used in turn.",
    ),
    option("--long", metavar="TIME", help="Also hold requests that last this long."),
    option(
        "--long-url", "long_urls", multiple=True, metavar="URL", help="Of those; else each URL."
    ),
    option("--websocket", is_flag=True, help="Also hold a WebSocket to each URL."),
    option(
        "--websocket-url", "websocket_urls", multiple=True, metavar="URL", help="Or to this one."
    ),
    option("--slot-header", default="X-Slot", metavar="NAME", help="Which slot answered."),
    option("--build-header", default="X-Build", metavar="NAME", help="Which build answered."),
    option(
        "--resolve", multiple=True, metavar="HOST:PORT:ADDR", help="Connect to ADDR, as in curl."
    ),
    option("--ca", metavar="FILE", help="Trust these CAs (PEM) and no others."),
    option("--follow-redirects", is_flag=True, help="Request what an answer redirects to."),
    option("--max-body", default="1MiB", metavar="SIZE", help="A larger body is a failure."),
    option(
        "--max-in-flight",
        type=click.IntRange(1, 60000),
        metavar="N",
        help="Requests open at once; at the cap one is not sent, and counts as failed. "
        "Else 1.25 * rate * timeout, within 1000 and 6000.",
    ),
    option(
        "--max-rate",
        default=f"{DEFAULT_MAX_RATE_PER_S:g}",
        metavar="N",
        help="The most that --rate may be. Ask those who run the target first.",
    ),
    option(
        "--allow-failures",
        type=click.IntRange(0),
        default=0,
        metavar="N",
        help="So many failures still exit 0.",
    ),
    option("--log", metavar="DIR", help="Record each request in a new file there, as it ends."),
    option(
        "--log-format",
        type=click.Choice(["jsonl", "curl"]),
        default="jsonl",
        help="JSON lines, or testlog.log with answer headers as `curl -I` shows them.",
    ),
    option("--json", "as_json", is_flag=True, help="The summary as JSON on standard output."),
    option("--events", is_flag=True, help="Events as JSON lines on standard output, as they come."),
    option("--quiet", is_flag=True, help="No progress, only the summary."),
    option(
        "--marks",
        is_flag=True,
        help="Each line on standard input is a mark in the record; its end ends the run.",
    ),
)

REPORT_OPTIONS: tuple[Decorator, ...] = (
    option("--html", "html", metavar="PATH", help="Where the page goes; else beside FILE."),
    option("--json", "as_json", is_flag=True, help="The summary as JSON on standard output."),
)
