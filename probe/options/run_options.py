"""What a run is to do: each option declared once, with its flag, its help and how it is read."""

from __future__ import annotations

import itertools
import math
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from probe.fault import OptionsError, RequestFault
from probe.options.option import OptionKind, Problems, option, read_all
from probe.options.request import SECRET_NAMES, ExpectedBody, ExpectedStatus, Header
from probe.options.target import Overrides, ProbeTarget, parse_override, tls_context
from probe.quantity import parse_duration_seconds, parse_rate_per_second, parse_size_bytes
from probe.record.line import Mode
from rollout.command import Command
from rollout.problem import NOT_SET

MODES = {"both": (Mode.FRESH, Mode.KEPT), "fresh": (Mode.FRESH,), "kept": (Mode.KEPT,)}
_EXAMPLE = str(Command.of("failover", "probe", "https://www.example.com/"))


def _without_user(url: str) -> str:
    """A URL as it may be shown: a password in it is not."""
    return repr(re.sub(r"//[^/]*@", "//…@", url))


def _name_alone(header: str) -> str:
    """A header as it may be shown: its value is not."""
    name = re.split(r"[\s:]", header, maxsplit=1)[0]
    return f"{name[:40]!r}: …"


def _header_to(text: str) -> tuple[str, Header]:
    url, space, header = text.partition(" ")
    if not space:
        raise ValueError("'URL Name: value' in one line")
    return url, Header.parse(header)


def _header_from(text: str) -> tuple[str, Header]:
    url, space, header = text.partition(" ")
    name, _, variable = header.partition(":")
    if not space or not variable.strip():
        raise ValueError("'URL Name: VARIABLE' in one line")
    held = os.environ.get(variable.strip())
    if held is None:
        raise ValueError(f"a variable of the environment; there is no {variable.strip()}")
    return url, Header.parse(f"{name}: {held}")


def _url_and_name(text: str) -> str:
    """A URL and a header as they may be shown: the value is not."""
    url, _, header = text.partition(" ")
    return f"{_without_user(url)} {_name_alone(header)}"


def _by_url(given: list[tuple[str, Header]]) -> dict[str, tuple[Header, ...]]:
    return {
        url: tuple(header for each, header in given if each == url)
        for url in dict.fromkeys(url for url, _ in given)
    }


def _ca_file(name: str) -> Path:
    path = Path(name)
    try:
        tls_context(path)
    except ssl.SSLError:
        raise ValueError("a PEM file with at least one certificate") from None
    except OSError as error:
        raise ValueError(f"a file that can be read ({error.strerror})") from error
    return path


_DURATION = OptionKind(
    parse_duration_seconds, "a duration above 0, such as 250ms, 30s, 10m or 1h30m"
)
_RATE = OptionKind(
    parse_rate_per_second, "requests a second (50, 0.2), or a number over a duration (1/5s)"
)
_SIZE = OptionKind(parse_size_bytes, "bytes, KiB or MiB")
_HEADER = OptionKind(Header.parse, shown=_name_alone)
_HEADER_TO = OptionKind(_header_to, shown=_url_and_name)
_HEADER_FROM = OptionKind(_header_from)
_STATUS = OptionKind(ExpectedStatus.parse, "statuses (200,204), classes (2xx) or ranges (200-399)")
_PATTERN = OptionKind(ExpectedBody.parse, "a regular expression of Python")
_URL = OptionKind(ProbeTarget.parse, shown=_without_user)
_SOCKET_URL = OptionKind(
    partial(ProbeTarget.parse, schemes=("http", "https", "ws", "wss")), shown=_without_user
)
_LOWER = OptionKind(lambda name: name.strip().lower())


@dataclass(frozen=True, slots=True)
class RunOptions:
    """One run of the prober. The fields are in the order in which `--help` shows them."""

    targets: tuple[ProbeTarget, ...]
    rate_per_s: float = option(
        "--rate",
        _RATE,
        default="50",
        metavar="N",
        help="Requests per second over all URLs, or 1/5s.",
    )
    duration_s: float | None = option(
        "--duration",
        _DURATION,
        metavar="TIME",
        example="600s",
        help="Such as 30s or 10m. Default: until Ctrl-C.",
    )
    timeout_s: float = option(
        "--timeout",
        _DURATION,
        default="5s",
        metavar="TIME",
        help="Limit for one request, to its last byte.",
    )
    """Put off by stalls of the prober."""
    interval_s: float = option(
        "--interval",
        _DURATION,
        default="5s",
        metavar="TIME",
        help="Time between lines of progress, or events.",
    )
    method: str = option("--method", choices=("GET", "HEAD"), default="GET", help="HTTP method.")
    headers: tuple[Header, ...] = option(
        "--header",
        _HEADER,
        collect=tuple,
        metavar="'NAME: VALUE'",
        example="'X-Name: value'",
        help="Send this header.",
    )
    target_headers: Mapping[str, tuple[Header, ...]] = option(
        "--header-to",
        _HEADER_TO,
        collect=_by_url,
        metavar="'URL NAME: VALUE'",
        example="'https://www.example.com/ X-Name: value'",
        help="Send this header to that one of the URLs.",
    )
    variable_headers: Mapping[str, tuple[Header, ...]] = option(
        "--header-from",
        _HEADER_FROM,
        collect=_by_url,
        metavar="'URL NAME: VARIABLE'",
        example="'https://www.example.com/ Cookie: SESSION'",
        help="Send this header to that one of the URLs, its value from the environment; it is "
        "never recorded.",
    )
    secret_names: frozenset[str] = option(
        "--secret-header",
        _LOWER,
        collect=SECRET_NAMES.union,
        metavar="NAME",
        help="Never record the value of this header; the usual secrets are never recorded.",
    )
    expected_status: ExpectedStatus = option(
        "--expect",
        _STATUS,
        default="200",
        metavar="STATUS",
        help="Expected statuses: 200,204 2xx 200-399.",
    )
    expected_body: ExpectedBody | None = option(
        "--body-regex",
        _PATTERN,
        metavar="REGEX",
        example="'status: ok'",
        help="Must match somewhere in each body.",
    )
    modes: tuple[Mode, ...] = option(
        "--connections",
        OptionKind(MODES.__getitem__, f"one of {', '.join(sorted(MODES))}"),
        choices=tuple(sorted(MODES)),
        default="both",
        help="A new connection per request, kept-alive connections, or half of the requests each.",
    )
    kept_connections: int = option(
        "--kept",
        least=1,
        most=1000,
        default=4,
        metavar="N",
        help="Kept-alive connections per host, used in turn.",
    )
    long_s: float | None = option(
        "--long",
        _DURATION,
        metavar="TIME",
        example="30s",
        help="Also keep requests of this length open.",
    )
    long_targets: tuple[ProbeTarget, ...] = option(
        "--long-url",
        _URL,
        collect=tuple,
        metavar="URL",
        example="https://www.example.com/",
        help="URL of the --long requests. Default: each URL.",
    )
    holds_websockets: bool = option(
        "--websocket", is_switch=True, help="Also keep a WebSocket to each URL open."
    )
    websocket_targets: tuple[ProbeTarget, ...] = option(
        "--websocket-url",
        _SOCKET_URL,
        collect=tuple,
        metavar="URL",
        example="wss://www.example.com/",
        help="Also keep a WebSocket to this URL open.",
    )
    slot_header: str = option(
        "--slot-header",
        _LOWER,
        default="X-Slot",
        metavar="NAME",
        help="Answer header with the slot.",
    )
    build_header: str = option(
        "--build-header",
        _LOWER,
        default="X-Build",
        metavar="NAME",
        help="Answer header with the build.",
    )
    overrides: Overrides = option(
        "--resolve",
        OptionKind(parse_override),
        collect=dict,
        metavar="HOST:PORT:ADDR",
        example="www.example.com:443:127.0.0.1",
        help="Connect to ADDR, as in curl.",
    )
    ca_file: Path | None = option(
        "--ca",
        OptionKind(_ca_file),
        metavar="FILE",
        example="ca.pem",
        help="Trust these CAs (PEM) and no others.",
    )
    follows_redirects: bool = option(
        "--follow-redirects", is_switch=True, help="Follow up to 5 redirects."
    )
    max_body_bytes: int = option(
        "--max-body", _SIZE, default="1MiB", metavar="SIZE", help="A larger body is a failure."
    )
    max_in_flight: int | None = option(
        "--max-in-flight",
        least=1,
        most=60000,
        metavar="N",
        help="Limit of open requests; a request beyond it is not sent, and counts as "
        "failed. Default: 1.25 * rate * timeout, within 1000 and 6000.",
    )
    max_rate_per_s: float = option(
        "--max-rate",
        _RATE,
        default="1000",
        metavar="N",
        help="Upper limit of --rate. Ask those who run the target before you raise it.",
    )
    """So that a typo is not an attack."""
    allow_failures: int = option(
        "--allow-failures", least=0, default=0, metavar="N", help="This many failures still exit 0."
    )
    log_dir: Path | None = option(
        "--log",
        OptionKind(Path),
        metavar="DIR",
        help="Record each request in a new file in DIR.",
    )
    log_format: str = option(
        "--log-format",
        choices=("jsonl", "curl"),
        default="jsonl",
        help="JSON lines, or testlog.log with answer headers as from `curl -I`.",
    )
    user_agent: str = "failover-probe"

    @property
    def most_in_flight(self) -> int:
        """Requests open at once: as given, else as many as a silent target keeps waiting.

        That many within what memory allows.
        """
        waiting = math.ceil(self.rate_per_s * self.timeout_s * 1.25)
        return self.max_in_flight or min(max(1000, waiting), 6000)

    @property
    def held_targets(self) -> tuple[ProbeTarget, ...]:
        """What long requests are made to."""
        return () if self.long_s is None else self.long_targets or self.targets

    @property
    def held_websockets(self) -> tuple[ProbeTarget, ...]:
        """What a WebSocket each is held to."""
        return self.websocket_targets or (self.targets if self.holds_websockets else ())

    def headers_to(self, target: ProbeTarget) -> tuple[Header, ...]:
        """Those of every request, and those of requests to this target."""
        own = (each.get(target.url, ()) for each in (self.target_headers, self.variable_headers))
        return (*self.headers, *itertools.chain(*own))

    def fault_of(self, status: int, body: bytes) -> tuple[RequestFault, str] | None:
        """The class and words of an answer that is not as expected; None if it is.

        Args:
            status: of the answer.
            body: the whole of it, or b"" where no pattern asks for it.
        """
        found = self.expected_status.fault_of(status)
        if found is None and self.expected_body is not None:
            return self.expected_body.fault_of(body)
        return found

    @property
    def needs_tls(self) -> bool:
        """True if any URL uses TLS, or may be redirected to TLS."""
        targets = (*self.targets, *self.held_targets, *self.held_websockets)
        return self.follows_redirects or any(target.origin.is_tls for target in targets)


def checked_options(urls: tuple[str, ...], typed: Mapping[str, Any], user_agent: str) -> RunOptions:
    """The options of what was typed.

    Args:
        urls: To request.
        typed: By field of `RunOptions`; text, or what a choice, a switch or a number is.
        user_agent: Of every request.

    Raises:
        OptionsError: with every problem there is.
    """
    problems = Problems()
    targets = _targets(urls, problems)
    values = read_all(RunOptions, typed, problems)
    options = _with_secrets(RunOptions(targets, **values, user_agent=user_agent))
    _check_together(options, problems)
    if problems.found:
        raise OptionsError(tuple(problems.found))
    return options


def _with_secrets(options: RunOptions) -> RunOptions:
    """With the names of the headers from the environment among those that are never recorded."""
    found = itertools.chain(*options.variable_headers.values())
    names = {header.name.lower() for header in found}
    return replace(options, secret_names=options.secret_names | names)


def _targets(urls: tuple[str, ...], problems: Problems) -> tuple[ProbeTarget, ...]:
    if not urls:
        problems.add("URL", NOT_SET, "at least one URL", _EXAMPLE)
    targets: list[ProbeTarget] = []
    for url in urls:
        try:
            targets.append(ProbeTarget.parse(url))
        except ValueError as error:
            problems.add("URL", _without_user(url), str(error), _EXAMPLE)
    return tuple(targets)


def _check_together(options: RunOptions, problems: Problems) -> None:
    """Note what no option shows alone."""
    rate, limit = options.rate_per_s, options.max_rate_per_s
    if rate > limit and not problems.has("--rate", "--max-rate"):
        expected = f"at most {limit:g} a second, since a probe should not be an attack"
        fix = f"--max-rate {rate:.10g}, if those who run the target agree"
        problems.add("--rate", f"{rate:.10g}", expected, fix)
    if options.long_targets and options.long_s is None and not problems.has("--long"):
        problems.add("--long", NOT_SET, "a duration beside --long-url", "--long 30s")
    known = {target.url for target in (*options.targets, *options.held_targets)}
    for flag, headers in (
        ("--header-to", options.target_headers),
        ("--header-from", options.variable_headers),
    ):
        for url in sorted(set(headers) - known):
            expected = "one of the URLs that are requested, as it is written there"
            problems.add(flag, _without_user(url), expected, "the same URL in both places")
    if options.method == "HEAD" and options.expected_body is not None:
        pattern = options.expected_body.pattern.pattern.decode()
        problems.add("--body-regex", pattern, "no pattern with HEAD", "--method GET")
    if options.log_format == "curl" and options.log_dir is None:
        problems.add("--log", NOT_SET, "a folder for testlog.log", "--log .")
