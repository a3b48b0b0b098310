"""The prober beside an adoption: a process of its own whose first failure stops everything."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ops.adopt.conditions import conditions_of
from ops.adopt.login import COOKIE_FLAG, asks
from ops.errors import InputError, UnsureError
from ops.inspect.document import RuleReport
from ops.traffic.plan import ConnectionRoute
from probe.process.child import ProberChild
from rollout.conditions import Field
from rollout.wildcards import covers
from settings.probe import (
    has_own_sources,
    plain_headers,
    plain_host,
    plain_path,
    plain_query,
    unmet_condition,
)

_ROOT = Path(__file__).parents[2]
GOOD_STATUSES = "200-399"
"""What a request may be answered with; a redirect is an answer as good as another."""

MAX_WAITS = 10
"""So many times the longest silence is waited for answers that keep coming, but slowly."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What is probed, and by which way."""

    urls: tuple[str, ...]
    rate: float
    """Requests a second over all URLs."""
    way: ConnectionRoute
    log_folder: Path
    expect: str = GOOD_STATUSES
    headers: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict[str, Mapping[str, str]], repr=False
    )
    """URL -> the headers that the rule behind it asks for."""

    @property
    def environ(self) -> dict[str, str]:
        """The values of the headers: as arguments they would be in the list of processes."""
        return {variable: value for variable, (_, _, value) in self._variables().items()}

    def _variables(self) -> dict[str, tuple[str, str, str]]:
        """URL, name and value of each header by the variable that has the value."""
        headers = [
            (url, name, value) for url, own in self.headers.items() for name, value in own.items()
        ]
        return {f"FAILOVER_PROBE_HEADER_{n}": header for n, header in enumerate(headers, 1)}

    def arguments(self) -> list[str]:
        """The options of `failover probe`."""
        urls = [self.way.url(url) for url in self.urls]
        options = ["--rate", f"{self.rate:g}", "--expect", self.expect, "--interval", "1s"]
        for (host, port), addresses in self.way.overrides(urls).items():
            options += ["--resolve", f"{host}:{port}:{','.join(addresses)}"]
        for variable, (url, name, _) in self._variables().items():
            options += ["--header-from", f"{self.way.url(url)} {name}: {variable}"]
        options += ["--ca", self.way.ca_file] if self.way.ca_file else []
        return [*urls, *options, "--log", str(self.log_folder), "--events", "--marks"]


class ProberProcess:
    """A run of `failover probe`; ends with the block, and with this process if it is killed."""

    def __init__(
        self,
        probe: Probe,
        environ: Mapping[str, str],
        changed: threading.Condition | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Be ready; nothing is sent yet."""
        self._arguments = ["probe", *probe.arguments()]
        self._environ = {**environ, "PYTHONPATH": _on_path(_ROOT, environ), **probe.environ}
        self.changed = changed or threading.Condition()
        self._now = now
        self.good = 0
        self.failures: list[Mapping[str, Any]] = []
        self.summary: Mapping[str, Any] | None = None
        self._ended = False

    def __enter__(self) -> ProberProcess:
        self._errors = tempfile.TemporaryFile("w+")
        self._prober = ProberChild(
            "ops.cli",
            self._arguments,
            self._errors,
            self._take,
            self._end,
            environ=self._environ,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._errors.close()

    def mark(self, text: str) -> None:
        """Write into the record what happens now."""
        with contextlib.suppress(BrokenPipeError):  # `wait_until_good` reports that it has ended
            self._prober.write_line(text)

    @property
    def has_ended(self) -> bool:
        """Whether nothing is sent any more; `wait_until_good` raises the reason."""
        return self._ended

    def wait_until_good(self, more: int, seconds: float) -> None:
        """Return when `more` requests were answered well, or one was not.

        A busy machine sends late, which is not a fault of the load balancer: `seconds` is the
        longest time without a single good answer, and `MAX_WAITS` times it the longest time at all.

        Raises:
            UnsureError: the prober ended, or had no such answers in time.
        """
        began = self._now()
        with self.changed:
            first, wanted = self.good, self.good + more
            while self.good < wanted and not self.failures and not self._ended:
                known = self.good
                left = began + MAX_WAITS * seconds - self._now()
                is_met = self.changed.wait_for(
                    lambda known=known: self.good > known or bool(self.failures) or self._ended,
                    min(seconds, max(left, 0.0)),
                )
                if not is_met:
                    waited_s = self._now() - began
                    raise UnsureError(
                        f"the prober had {self.good - first:,} of {more:,} good answers in "
                        f"{waited_s:.0f} s"
                    )
            if self._ended and not self.failures:
                self._errors.seek(0)
                raise UnsureError(f"the prober ended: {self._errors.read().strip()}")

    def stop(self) -> Mapping[str, Any] | None:
        """End the run and give its summary."""
        self._prober.end()
        return self.summary

    def _end(self) -> None:
        with self.changed:
            self._ended = True
            self.changed.notify_all()

    def _take(self, event: Mapping[str, Any]) -> None:
        with self.changed:
            self._count(event)
            self.changed.notify_all()

    def _count(self, event: Mapping[str, Any]) -> None:
        if event["event"] == "failure":
            self.failures.append(event)
        elif event["event"] == "interval":
            kinds: Mapping[str, int] = event["kinds"]
            self.good += kinds.get("ok", 0)
        elif event["event"] == "summary":
            self.summary = event["summary"]


def _on_path(root: Path, environ: Mapping[str, str]) -> str:
    held = environ.get("PYTHONPATH")
    return f"{root}:{held}" if held else str(root)


@dataclass(frozen=True, slots=True)
class ProbedService:
    """A request that the rule of a service takes."""

    url: str
    headers: Mapping[str, str]


def requests_of(
    rules: Mapping[str, RuleReport], cookies: Mapping[str, str] | None = None
) -> tuple[ProbedService, ...]:
    """A request for each service that its rule takes, each with a URL of its own.

    Args:
        rules: The rule of each service.
        cookies: Those of a session, of each service whose requests have one.

    Raises:
        InputError: a service has no host without a wildcard, or takes no such request.
    """
    sessions = cookies or {}
    conditions = {name: conditions_of(rule) for name, rule in rules.items()}
    hosts = {name: plain_host(rule.values_of("host-header")) for name, rule in rules.items()}
    unknown = [name for name, host in hosts.items() if host is None]
    if unknown:
        raise InputError(
            f"no host without a wildcard to probe for {', '.join(unknown)}: {_urls_by_hand(rules)}"
        )
    for name, found in conditions.items():
        why = unmet_condition(found)
        if why is None and has_own_sources(found):
            why = f"its rule takes only requests from {' and '.join(found.source_ips)}"
        if why is not None:
            raise InputError(
                f"{name} may not take the requests of the prober: {why}: {_urls_by_hand(rules)}"
            )
        if asks(rules[name]) and name not in sessions:
            raise InputError(
                f"the login of {name} would answer the requests of the prober in place of its "
                f"targets: pass {COOKIE_FLAG} {name}=VARIABLE, the name of a variable with the "
                f"cookies of a session, or {_urls_by_hand(rules)}"
            )
    urls = {
        name: f"https://{hosts[name]}{plain_path(rule.values_of('path-pattern'))}"
        f"{plain_query(conditions[name])}"
        for name, rule in rules.items()
    }
    times = Counter(urls.values())
    return tuple(
        ProbedService(
            # The fragment is never sent: it keeps services apart that differ by a header alone.
            url if times[url] == 1 else f"{url}#{name}",
            {**_cookie(sessions.get(name)), **plain_headers(conditions[name])},
        )
        for name, url in urls.items()
    )


def requests_by_hand(
    urls: Sequence[str], rules: Mapping[str, RuleReport], cookies: Mapping[str, str]
) -> tuple[ProbedService, ...]:
    """A request to each URL, with what the rule that takes it asks for beside host and path.

    A URL that none of the rules takes is requested as it is. A query string of its own stays.

    Args:
        urls: As they were given.
        rules: The rule of each service.
        cookies: Those of a session, of each service whose requests have one.
    """
    in_order = sorted(rules.items(), key=lambda each: each[1].priority or 0)
    found: list[ProbedService] = []
    for url in urls:
        service = next((name for name, rule in in_order if _takes(rule, url)), None)
        if service is None:
            found.append(ProbedService(url, {}))
            continue
        conditions = conditions_of(rules[service])
        parts = urlsplit(url)
        query = parts.query or plain_query(conditions).removeprefix("?")
        headers = {**_cookie(cookies.get(service)), **plain_headers(conditions)}
        found.append(ProbedService(urlunsplit(parts._replace(query=query)), headers))
    return tuple(found)


def _takes(rule: RuleReport, url: str) -> bool:
    """Whether a rule's hosts and paths take a URL."""
    parts = urlsplit(url)
    asked = (
        (Field.HOST, (parts.hostname or "").lower()),
        (Field.PATH, parts.path or "/"),
    )
    held = {
        field: [v.lower() if field is Field.HOST else v for v in rule.values_of(field)]
        for field, _ in asked
    }
    return all(not held[field] or covers(held[field], [text]) for field, text in asked)


def _cookie(text: str | None) -> dict[str, str]:
    return {"Cookie": text} if text else {}


def _urls_by_hand(rules: Mapping[str, RuleReport]) -> str:
    return f"pass --probe-url https://..., once for each of {', '.join(rules)}"
