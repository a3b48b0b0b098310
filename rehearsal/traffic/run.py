"""Constant traffic of `failover probe`, a process of its own, and what it has recorded so far."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from probe.process.child import ProberChild
from rehearsal.errors import RehearsalError

SCHEDULED = frozenset({"fresh", "kept"})
"""The modes of requests that leave one by one, each by a draw of its own."""
ROOT = Path(__file__).parents[2]
RATE_PER_S = 300
LONG_SECONDS = 20
LOOK_SECONDS = 0.5
STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class LoadBalancerAddress:
    """Where the load balancer listens by HTTPS, and whom to trust there."""

    host: str
    port: int
    ca_file: Path


@dataclass(frozen=True, slots=True)
class TrafficSummary:
    """The prober's summary of the whole run."""

    document: Mapping[str, Any]
    """As `failover probe --json` prints it; `failover.probe.summary/1`."""
    record: Path
    report: Path
    """The same as one HTML page."""

    @property
    def requests(self) -> int:
        """Every request that is evidence about the load balancer."""
        counted = self.document["requests"]
        return int(counted["ok"] + counted["failed"])

    @property
    def failed(self) -> int:
        """Those that were lost or answered wrongly."""
        return int(self.document["requests"]["failed"])


class TrafficRun:
    """Requests at a constant rate to every service, from `start` to `stop`.

    Half of them on connections of their own and half on kept-alive ones; beside them, for each
    service, long downloads that overlap and a WebSocket. All over HTTPS. It ends with this process,
    however that ends.
    """

    def __init__(
        self,
        folder: Path,
        rate_per_s: int = RATE_PER_S,
        request_headers: Callable[[], Mapping[str, Mapping[str, str]]] = dict,
    ) -> None:
        """Keep the record in `folder`, which is emptied first.

        `request_headers`: service -> what its requests carry; called when the traffic begins.
        """
        self._folder = folder
        self._request_headers = request_headers
        self._rate_per_s = rate_per_s
        self._record = GrowingRecord(folder)
        self._services: dict[str, str] = {}
        self._answers: list[ObservedAnswer] = []
        self._summary: Mapping[str, Any] | None = None
        self._changed = threading.Condition()
        self._is_over = False

    def start(
        self, address: LoadBalancerAddress, services: Mapping[str, str], paths: Sequence[str] = ()
    ) -> None:
        """Begin, and return when the first request to every service has ended, well or not.

        Args:
            address: Of the load balancer.
            services: Name to URL, as the stack's output `urls` has them.
            paths: What every service is asked for in turn with its page, such as `assets/app.js`.

        Raises:
            RehearsalError: the prober does not run.
        """
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        probed = {name: _at_port(url, address.port) for name, url in services.items()}
        more = {_beneath(url, path): n for n, url in probed.items() for path in paths}
        self._services = {u: name for name, url in probed.items() for u in urls_of(url)} | more
        with (self._folder / "prober.log").open("wb") as log:
            self._prober = ProberChild(
                "ops.cli",
                self._arguments(address, probed, tuple(more)),
                log,
                self._take,
                self._end,
                folder=ROOT,
            )
        everybody = set(services)
        self.wait_until(lambda: everybody <= {a.service for a in self._answers}, STOP_SECONDS)

    @property
    def pid(self) -> int:
        """The prober's process."""
        return self._prober.pid

    def mark(self, text: str) -> float:
        """Write into the record that something happens now; the time of it, in Unix seconds."""
        at_s = time.time()
        try:
            self._prober.write_line(text)
        except BrokenPipeError as error:
            raise RehearsalError(self._last_words()) from error
        return at_s

    def since(self, at_s: float) -> list[ObservedAnswer]:
        """Every request that was asked for at that time or later and has ended."""
        with self._changed:
            return [answer for answer in self._answers if answer.asked_s >= at_s]

    def counts(self) -> tuple[int, int]:
        """Requests so far, and how many of them failed."""
        with self._changed:
            failed = sum(answer.verdict == "failed" for answer in self._answers)
            excluded = sum(answer.verdict == "excluded" for answer in self._answers)
            return len(self._answers) - excluded, failed

    def wait_until(self, is_so: Callable[[], bool], timeout_seconds: float) -> bool:
        """Wait until what has come makes `is_so` true; False when it does not in time.

        Raises:
            RehearsalError: the prober ended.
        """
        with self._changed:
            happened = self._changed.wait_for(lambda: self._is_over or is_so(), timeout_seconds)
            if self._is_over:
                raise RehearsalError(self._last_words())
            return happened

    def stop(self) -> TrafficSummary:
        """End the traffic when what is under way has ended, and draw the report.

        Raises:
            RehearsalError: the prober left no summary.
        """
        self._prober.end(STOP_SECONDS)
        if self._summary is None or (record := self._record.file) is None:
            raise RehearsalError(self._last_words())
        report = record.with_suffix(".html")
        drawn = subprocess.run(
            [sys.executable, "-m", "ops.cli", "probe", "report", str(record)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if drawn.returncode:
            raise RehearsalError(f"`failover probe report {record}` failed:\n{drawn.stderr}")
        return TrafficSummary(self._summary, record, report)

    def abandon(self) -> None:
        """End the traffic now, if it runs; nothing is made of it."""
        if hasattr(self, "_prober"):
            self._prober.end(STOP_SECONDS)

    def _arguments(
        self, address: LoadBalancerAddress, probed: Mapping[str, str], more: Sequence[str]
    ) -> Sequence[str]:
        arguments = ["probe", *probed.values(), *more, "--rate", str(self._rate_per_s), "--events"]
        arguments += ["--marks", "--interval", f"{LOOK_SECONDS}s", "--log", str(self._folder)]
        arguments += ["--ca", str(address.ca_file), "--long", f"{LONG_SECONDS}s"]
        for host in {urlsplit(url).hostname for url in probed.values()}:
            arguments += ["--resolve", f"{host}:{address.port}:{address.host}"]
        headers = self._request_headers()
        for name, url in probed.items():
            _, long_url, socket_url = urls_of(url)
            arguments += ["--long-url", long_url, "--websocket-url", socket_url]
            for each in (*urls_of(url), *(u for u in more if self._services[u] == name)):
                for header, value in headers.get(name, {}).items():
                    arguments += ["--header-to", f"{each} {header}: {value}"]
        return arguments

    def _take(self, event: Mapping[str, Any]) -> None:
        """Read the record each time the prober reports."""
        with self._changed:
            if event["event"] == "summary":
                self._summary = event["summary"]
            self._take_new_answers()
            self._changed.notify_all()

    def _end(self) -> None:
        with self._changed:
            self._take_new_answers()
            self._is_over = True
            self._changed.notify_all()

    def _take_new_answers(self) -> None:
        for line in self._record.new_lines():
            if (answer := answer_from(line, self._services)) is not None:
                self._answers.append(answer)

    def _last_words(self) -> str:
        log = (self._folder / "prober.log").read_text(errors="replace").strip()[-2000:]
        return f"the prober ended with {self._prober.exit_code}:\n{log}"


def _at_port(url: str, port: int) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.hostname}:{port}").geturl()


def urls_of(url: str) -> tuple[str, str, str]:
    """The page itself, a download that takes a while, and a WebSocket, of a service at `url`."""
    download = _beneath(url, "download", f"seconds={LONG_SECONDS}")
    return url, download, _beneath(url, "ws").replace("https://", "wss://", 1)


def _beneath(url: str, path: str, query: str = "") -> str:
    """A URL below another one, with the query string that its rule may look at, and more of it."""
    parts = urlsplit(url)
    asked = "&".join(each for each in (query, parts.query) if each)
    return parts._replace(path=f"{parts.path.rstrip('/')}/{path}", query=asked).geturl()


@dataclass(frozen=True, slots=True)
class ObservedAnswer:
    """One request, answered or not. Times are Unix seconds."""

    service: str
    mode: str
    """`fresh`, `kept`, `long` or `websocket`."""
    verdict: str
    """`ok`, `failed`, or `excluded`, which proves nothing about the load balancer."""
    slot: str | None
    build: str | None
    status: int | None
    asked_s: float
    """When its bytes had left: the moment at which a load balancer chooses a slot for it."""
    error: str | None
    """The prober's class of what went wrong."""

    @property
    def is_drawn(self) -> bool:
        """Whether it was answered by a slot that was drawn for it alone."""
        return self.mode in SCHEDULED and self.slot is not None


def answer_from(line: Mapping[str, Any], services: Mapping[str, str]) -> ObservedAnswer | None:
    """The request of a line of the record; None for a line of another kind.

    Args:
        line: as docs/probe.md describes it.
        services: URL to the service that answers there.
    """
    if line["kind"] != "request":
        return None
    before_ms = line["late_ms"] + line.get("connect_ms", 0.0) + line.get("tls_ms", 0.0)
    return ObservedAnswer(
        service=services[line["url"]],
        mode=line["mode"],
        verdict=line["verdict"],
        slot=line.get("slot"),
        build=line.get("build"),
        status=line.get("status"),
        asked_s=line["planned_s"] + before_ms / 1000,
        error=line.get("error"),
    )


class GrowingRecord:
    """Reads what was added to a record since the last look, whole lines only."""

    def __init__(self, folder: Path) -> None:
        """Look in `folder`, where the prober makes one file."""
        self._folder = folder
        self._offset = 0

    @property
    def file(self) -> Path | None:
        """The record; None before the prober has made it."""
        return next(iter(sorted(self._folder.glob("probe-*.jsonl"))), None)

    def new_lines(self) -> Iterator[dict[str, Any]]:
        """The lines that came since."""
        if (file := self.file) is None:
            return
        with file.open("rb") as record:
            record.seek(self._offset)
            added = record.read()
        whole = added[: added.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            yield json.loads(line)
