"""What a run is to do, as checked values made from what was typed."""

from __future__ import annotations

import math
import re
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from probe.errors import OptionsError
from probe.options.option import Problems
from probe.options.request import SECRET_NAMES, Expectation, Header
from probe.options.target import Overrides, ProbeTarget, parse_override, tls_context
from probe.quantity import parse_duration_seconds, parse_rate_per_second, parse_size_bytes
from probe.record.line import Mode
from rollout.command import Command
from rollout.problem import NOT_SET


def default_max_in_flight(rate_per_s: float, timeout_s: float) -> int:
    """Room for all requests that a silent target keeps waiting, within what memory allows."""
    return min(max(1000, math.ceil(rate_per_s * timeout_s * 1.25)), 6000)


DEFAULT_MAX_RATE_PER_S = 1000.0
"""A rate above this needs `--max-rate`, so that a typo is no attack."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """One run of the prober."""

    targets: tuple[ProbeTarget, ...]
    rate_per_s: float = 50.0
    """Of all URLs together."""
    duration_s: float | None = None
    """None: until stopped."""
    interval_s: float = 5.0
    """Between two lines of progress, or two `interval` events."""
    timeout_s: float = 5.0
    """For one request from leaving to its last byte; put off by stalls of the prober."""
    method: str = "GET"
    modes: tuple[Mode, ...] = (Mode.FRESH, Mode.KEPT)
    headers: tuple[Header, ...] = ()
    secret_names: frozenset[str] = SECRET_NAMES
    expectation: Expectation = field(default_factory=lambda: Expectation.parse("200"))
    slot_header: str = "x-slot"
    build_header: str = "x-build"
    overrides: Overrides = field(default_factory=dict[tuple[str, int], tuple[str, ...]])
    ca_file: Path | None = None
    follows_redirects: bool = False
    max_body_bytes: int = 1 << 20
    max_in_flight: int = 1000
    kept_connections: int = 4
    """Per origin."""
    long_s: float | None = None
    long_targets: tuple[ProbeTarget, ...] = ()
    websocket_targets: tuple[ProbeTarget, ...] = ()
    log_dir: Path | None = None
    log_format: str = "jsonl"
    allow_failures: int = 0
    user_agent: str = "failover-probe"

    @property
    def needs_tls(self) -> bool:
        """True if any URL speaks TLS, or may be redirected to one that does."""
        targets = (*self.targets, *self.long_targets, *self.websocket_targets)
        return self.follows_redirects or any(target.origin.is_tls for target in targets)


_EXAMPLE = str(Command.of("failover", "probe", "https://www.example.com/"))
MODES = {"both": (Mode.FRESH, Mode.KEPT), "fresh": (Mode.FRESH,), "kept": (Mode.KEPT,)}


@dataclass(frozen=True, slots=True)
class Given:
    """The options as a person typed them."""

    urls: tuple[str, ...]
    rate: str = "50"
    max_rate: str = f"{DEFAULT_MAX_RATE_PER_S:g}"
    duration: str | None = None
    interval: str = "5s"
    timeout: str = "5s"
    method: str = "GET"
    connections: str = "both"
    kept: int = 4
    headers: tuple[str, ...] = ()
    secret_headers: tuple[str, ...] = ()
    expect: str = "200"
    body_regex: str | None = None
    slot_header: str = "X-Slot"
    build_header: str = "X-Build"
    resolve: tuple[str, ...] = ()
    ca: str | None = None
    follow_redirects: bool = False
    max_body: str = "1MiB"
    max_in_flight: int | None = None
    long: str | None = None
    long_urls: tuple[str, ...] = ()
    websocket: bool = False
    websocket_urls: tuple[str, ...] = ()
    log: str | None = None
    log_format: str = "jsonl"
    allow_failures: int = 0


def checked_options(given: Given, user_agent: str) -> RunOptions:
    """Check everything that was typed.

    Raises:
        OptionsError: with every problem there is.
    """
    problems = Problems()
    duration = "a duration above 0, such as 250ms, 30s, 10m or 1h30m"

    def seconds(option: str, value: str, default: float) -> float:
        fix = f"{option} {default:g}s"
        return problems.parsed(option, value, parse_duration_seconds, default, duration, fix)

    targets = _targets(problems, "URL", given.urls, ("http", "https"))
    if not given.urls:
        problems.add("URL", NOT_SET, "at least one URL", _EXAMPLE)
    rate = _rate(problems, given)
    timeout = seconds("--timeout", given.timeout, 5)
    options = RunOptions(
        targets=targets,
        rate_per_s=rate,
        duration_s=None if given.duration is None else seconds("--duration", given.duration, 600),
        interval_s=seconds("--interval", given.interval, 5),
        timeout_s=timeout,
        method=given.method,
        modes=MODES[given.connections],
        kept_connections=given.kept,
        headers=_headers(problems, given.headers),
        secret_names=SECRET_NAMES | {name.strip().lower() for name in given.secret_headers},
        expectation=_expectation(problems, given),
        slot_header=given.slot_header.lower(),
        build_header=given.build_header.lower(),
        overrides=_overrides(problems, given.resolve),
        ca_file=_ca_file(problems, given.ca),
        follows_redirects=given.follow_redirects,
        max_body_bytes=problems.parsed(
            "--max-body",
            given.max_body,
            parse_size_bytes,
            0,
            "bytes, KiB or MiB",
            "--max-body 1MiB",
        ),
        max_in_flight=given.max_in_flight or default_max_in_flight(rate, timeout),
        long_s=None if given.long is None else seconds("--long", given.long, 30),
        long_targets=_held_targets(problems, given, targets),
        websocket_targets=_websocket_targets(problems, given, targets),
        log_dir=None if given.log is None else Path(given.log),
        log_format=given.log_format,
        allow_failures=given.allow_failures,
        user_agent=user_agent,
    )
    _check_together(problems, given)
    if problems.found:
        raise OptionsError(tuple(problems.found))
    return options


def _targets(
    problems: Problems, option: str, urls: Iterable[str], schemes: tuple[str, ...]
) -> tuple[ProbeTarget, ...]:
    targets: list[ProbeTarget] = []
    for url in urls:
        try:
            targets.append(ProbeTarget.parse(url, schemes=schemes))
        except ValueError as error:
            shown = re.sub(r"//[^/]*@", "//…@", url)
            is_option = option != "URL"
            fix = f"{option} {schemes[-1]}://www.example.com/" if is_option else _EXAMPLE
            problems.add(option, repr(shown), str(error), fix)
    return tuple(targets)


def _rate(problems: Problems, given: Given) -> float:
    expected = "requests a second (50, 0.2), or a number over a duration (1/5s)"
    rate = problems.parsed("--rate", given.rate, parse_rate_per_second, 1.0, expected, "--rate 50")
    limit = problems.parsed(
        "--max-rate", given.max_rate, parse_rate_per_second, rate, expected, "--max-rate 1000"
    )
    if rate > limit:
        problems.add(
            "--rate",
            given.rate,
            f"at most {limit:g} a second, since a probe should not be an attack",
            f"--max-rate {rate:g}, if those who run the target agree",
        )
    return rate


def _headers(problems: Problems, texts: Iterable[str]) -> tuple[Header, ...]:
    headers: list[Header] = []
    for text in texts:
        try:
            headers.append(Header.parse(text))
        except ValueError as error:
            name = re.split(r"[\s:]", text, maxsplit=1)[0][:40]
            problems.add("--header", f"{name!r}: …", str(error), "--header 'X-Name: value'")
    return tuple(headers)


def _expectation(problems: Problems, given: Given) -> Expectation:
    anything = Expectation.parse("200")
    expectation = problems.parsed(
        "--expect",
        given.expect,
        Expectation.parse,
        anything,
        "statuses (200,204), classes (2xx) or ranges (200-399)",
        "--expect 200",
    )
    if given.body_regex is None:
        return expectation
    return problems.parsed(
        "--body-regex",
        given.body_regex,
        lambda pattern: Expectation.parse(expectation.text, pattern),
        anything,
        "a regular expression of Python",
        "--body-regex 'status: ok'",
    )


def _overrides(problems: Problems, texts: Iterable[str]) -> Overrides:
    overrides: dict[tuple[str, int], tuple[str, ...]] = {}
    for text in texts:
        try:
            key, addresses = parse_override(text)
        except ValueError as error:
            fix = "--resolve www.example.com:443:127.0.0.1"
            problems.add("--resolve", repr(text), str(error), fix)
        else:
            overrides[key] = addresses
    return overrides


def _ca_file(problems: Problems, name: str | None) -> Path | None:
    if name is None:
        return None
    path = Path(name)
    try:
        tls_context(path)
    except ssl.SSLError:
        expected = "a PEM file with at least one certificate"
        problems.add("--ca", repr(name), expected, "--ca ca.pem")
    except OSError as error:
        expected = f"a file that can be read ({error.strerror})"
        problems.add("--ca", repr(name), expected, "--ca ca.pem")
    return path


def _held_targets(
    problems: Problems, given: Given, targets: tuple[ProbeTarget, ...]
) -> tuple[ProbeTarget, ...]:
    if given.long is None:
        if given.long_urls:
            problems.add("--long", NOT_SET, "a duration beside --long-url", "--long 30s")
        return ()
    if not given.long_urls:
        return targets
    return _targets(problems, "--long-url", given.long_urls, ("http", "https"))


def _websocket_targets(
    problems: Problems, given: Given, targets: tuple[ProbeTarget, ...]
) -> tuple[ProbeTarget, ...]:
    if given.websocket_urls:
        schemes = ("http", "https", "ws", "wss")
        return _targets(problems, "--websocket-url", given.websocket_urls, schemes)
    return targets if given.websocket else ()


def _check_together(problems: Problems, given: Given) -> None:
    """What no option shows alone."""
    if given.method == "HEAD" and given.body_regex is not None:
        problems.add("--body-regex", given.body_regex, "no pattern with HEAD", "--method GET")
    if given.log_format == "curl" and given.log is None:
        problems.add("--log", NOT_SET, "a folder for testlog.log", "--log .")
