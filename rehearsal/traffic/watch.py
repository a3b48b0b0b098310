"""The traffic beside a cutover: begins before it, is judged at each stage, ends after it.

To every service it has a download that begins before the first stage and is held open until the
last one is over.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol
from urllib.parse import urlsplit

from rehearsal.errors import RehearsalError
from rehearsal.traffic.run import LoadBalancerAddress, ObservedAnswer, TrafficSummary
from rehearsal.traffic.stage import StageTraffic, stage_traffic
from rollout.split import Slot, Split

_DOWNLOAD_BYTES = 32 << 20
"""More than a proxy and the kernel hold, so that the target must be there until the end."""
_BUFFER_BYTES = 32 << 10
_SIP_BYTES = 16 << 10
_SIP_SECONDS = 0.25
_TIMEOUT_SECONDS = 30.0
LEAST_REQUESTS = 20_000
"""Of a whole ramp."""
RETRY_SECONDS = 120.0


class SteadyTraffic(Protocol):
    """Requests at a constant rate; `TrafficRun` is one."""

    def start(self, address: LoadBalancerAddress, services: Mapping[str, str]) -> None:
        """Begin, and return when every service was answered."""
        ...

    def mark(self, text: str) -> float:
        """Write down that something happens now; the time of it."""
        ...

    def since(self, at_s: float) -> list[ObservedAnswer]:
        """Every request that was asked for then or later and has ended."""
        ...

    def counts(self) -> tuple[int, int]:
        """Requests so far, and the failed ones of them."""
        ...

    def wait_until(self, is_so: Callable[[], bool], timeout_seconds: float) -> bool:
        """Wait for what comes to make it so; False when it does not in time."""
        ...

    def stop(self) -> TrafficSummary:
        """End it."""
        ...


class Download(Protocol):
    """One that is held open; `HeldDownload` is one."""

    slot: str

    def finish(self) -> Finished:
        """Read what is left."""
        ...


@dataclass(frozen=True, slots=True)
class TrafficInterval:
    """The time of one change, in Unix seconds."""

    began_s: float
    """When the change began."""
    settled_s: float
    """When the new split was there; `began_s` where the split did not change."""
    ended_s: float
    """Later requests do not count for it."""


@dataclass(frozen=True, slots=True)
class RampTraffic:
    """What the traffic of a whole ramp came to."""

    summary: TrafficSummary
    downloads: Mapping[str, Finished]
    """Service to the download that began on slot 01 before the first stage."""
    sockets: Mapping[str, frozenset[str]]
    """Service to the slots that its WebSocket was answered by after the last stage."""

    @property
    def problems(self) -> list[str]:
        """Everything that was not as it should be."""
        found: list[str] = []
        if self.summary.failed:
            found.append(f"{self.summary.failed:,} requests were lost or answered wrongly")
        if self.summary.requests < LEAST_REQUESTS:
            found.append(f"only {self.summary.requests:,} requests, not {LEAST_REQUESTS:,}")
        for service, download in self.downloads.items():
            if download.problem is not None:
                found.append(f"the download of {service} {download.problem}")
            if download.slot != Slot.FIRST:
                found.append(f"the download of {service} began on slot {download.slot}, not 01")
        for service, slots in self.sockets.items():
            if slots != frozenset([Slot.FIRST.value]):
                seen = ", ".join(sorted(slots)) or "none"
                found.append(f"the WebSocket of {service} was answered by slot {seen}, not 01")
        return found


class StageWatch:
    """Judges stages by the traffic.

    Args:
        traffic: Not started yet.
        open_download: Begins a download from a service's URL.
        address: Of the load balancer.
        say: Called with a line about what is waited for.
        now: Unix seconds.
    """

    def __init__(
        self,
        traffic: SteadyTraffic,
        open_download: Callable[[LoadBalancerAddress, str], Download],
        address: LoadBalancerAddress,
        say: Callable[[str], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._traffic = traffic
        self._open_download = open_download
        self._address = address
        self._say = say
        self._now = now
        self._services: Sequence[str] = ()
        self._downloads: Mapping[str, Download] = {}

    def begin(self, urls: Mapping[str, str]) -> None:
        """Start the traffic and the long downloads; all targets are healthy by now."""
        self._say("starting the traffic")
        self._services = tuple(urls)
        self._traffic.start(self._address, urls)
        self._downloads = {s: self._open_download(self._address, url) for s, url in urls.items()}

    def mark(self, text: str) -> float:
        """Write down that a change begins; the time of it in Unix seconds."""
        return self._traffic.mark(text)

    def judge(self, splits: tuple[Split, Split], interval: TrafficInterval) -> StageTraffic:
        """Wait until all requests of the interval are recorded, and judge them.

        Args:
            splits: Before the change and after it; they may be the same.
            interval: When the change was; it is over by now.
        """

        def is_recorded() -> bool:
            return bool(self._traffic.since(interval.ended_s))

        self._traffic.wait_until(is_recorded, RETRY_SECONDS)
        answers = [a for a in self._traffic.since(interval.began_s) if a.asked_s < interval.ended_s]
        began_s, settled_s = interval.began_s, interval.settled_s
        return stage_traffic(answers, self._services, splits, began_s, settled_s)

    def end(self) -> RampTraffic:
        """Finish the downloads, go on until there were enough requests, and stop."""
        self._say("finishing the downloads that began on slot 01")
        ended_s = self._now()
        downloads = {service: held.finish() for service, held in self._downloads.items()}

        def has_enough() -> bool:
            requests, _ = self._traffic.counts()
            return requests >= LEAST_REQUESTS and all(self._sockets_since(ended_s).values())

        self._traffic.wait_until(has_enough, RETRY_SECONDS)
        sockets = self._sockets_since(ended_s)
        self._say("stopping the traffic")
        return RampTraffic(self._traffic.stop(), downloads, sockets)

    def _sockets_since(self, at_s: float) -> dict[str, frozenset[str]]:
        """Service to the slots that its WebSocket was answered by since then."""
        held = [a for a in self._traffic.since(at_s) if a.mode == "websocket"]
        return {
            service: frozenset(a.slot for a in held if a.service == service and a.slot)
            for service in self._services
        }


@dataclass(frozen=True, slots=True)
class Finished:
    """A download that is over."""

    slot: str
    build: str
    bytes: int
    problem: str | None
    """Why it is not whole; None if it is."""


class HeldDownload:
    """Reads in small pieces until it may finish."""

    def __init__(
        self,
        address: LoadBalancerAddress,
        url: str,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Begin, and return when the head of the answer is there.

        Raises:
            RehearsalError: no download begins there.
        """
        parts = urlsplit(url)
        self._connection = _Connection(parts.hostname or "", address)
        query = f"&{parts.query}" if parts.query else ""
        path = f"{parts.path.rstrip('/')}/download?bytes={_DOWNLOAD_BYTES}{query}"
        try:
            self._connection.request("GET", path, headers=dict(headers))
            self._response = self._connection.getresponse()
        except OSError as error:
            raise RehearsalError(f"no download from {url}: {error}") from error
        if self._response.status != http.client.OK:
            raise RehearsalError(f"no download from {url}: {self._response.status}")
        self.slot = self._response.headers["X-Slot"]
        self._bytes = 0
        self._problem: str | None = None
        self._is_to_finish = threading.Event()
        self._thread = threading.Thread(target=self._read_all, name="download", daemon=True)
        self._thread.start()

    def finish(self) -> Finished:
        """Read what is left."""
        self._is_to_finish.set()
        self._thread.join()
        self._connection.close()
        if self._problem is None and self._bytes != _DOWNLOAD_BYTES:
            self._problem = f"ended after {self._bytes:,} of {_DOWNLOAD_BYTES:,} bytes"
        build = self._response.headers["X-Build"]
        return Finished(self.slot, build, self._bytes, self._problem)

    def _read_all(self) -> None:
        try:
            while sip := self._response.read(_SIP_BYTES):
                self._bytes += len(sip)
                self._is_to_finish.wait(_SIP_SECONDS)
        except (OSError, http.client.HTTPException) as error:
            self._problem = f"broke after {self._bytes:,} of {_DOWNLOAD_BYTES:,} bytes: {error}"


class _Connection(http.client.HTTPSConnection):
    """To the load balancer's loopback port, with a small buffer, whatever the host's name is."""

    def __init__(self, host: str, address: LoadBalancerAddress) -> None:
        super().__init__(host, address.port, timeout=_TIMEOUT_SECONDS)
        self._address = address

    def connect(self) -> None:
        """Connect and shake hands."""
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        plain.settimeout(_TIMEOUT_SECONDS)
        plain.connect((self._address.host, self._address.port))
        trusting = ssl.create_default_context(cafile=str(self._address.ca_file))
        self.sock = trusting.wrap_socket(plain, server_hostname=self.host)
