"""The traffic beside a cutover: begins before it, is judged at each stage, ends after it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rehearsal.traffic.answer import ObservedAnswer
from rehearsal.traffic.download import Finished
from rehearsal.traffic.run import LoadBalancerAddress, TrafficSummary
from rehearsal.traffic.stage import StageTraffic, stage_traffic
from rollout.split import Slot, Split

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
