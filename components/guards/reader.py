"""What the guards read of AWS, retried while AWS throttles, or does not answer for a moment."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from components.guards.engine_log import NoticeLog
from fleets.registry import fleet_readers
from live.address import ServiceAddress
from live.clients import Clients
from live.creations import made
from live.discovery import ListenerHint, ServiceQuery, find_listener, find_services
from live.errors import TRANSIENT
from live.images import read_images
from live.provider_config import ProviderConfig
from live.reader import FleetReader, Reader
from live.rules import FoundRule, read_listener
from live.session import ProviderSession
from rollout.images import LiveImage
from rollout.notice import ALL_SERVICES, UNREADABLE, Notice, NoticeKind
from rollout.observation import LiveRule, LiveService, LiveSlot
from rollout.pending_creation import Made, PendingCreation
from rollout.split import Slot

RETRY_SECONDS = 30.0
"""How long a transient error is retried."""

_PAUSE_SECONDS = 1.0
_REPORT_SECONDS = 10.0
"""The time between two reports of one retry."""

T = TypeVar("T")

_Identity: TypeAlias = tuple[str, str, tuple[tuple[Slot, str], ...], tuple[tuple[Slot, str], ...]]


@dataclass(frozen=True, slots=True)
class Search:
    """Where the config places its services."""

    listener: ListenerHint
    services: tuple[ServiceQuery, ...]


class GuardReader:
    """Reads AWS for the guards of one run.

    Every method raises a `LiveError` if AWS cannot be read within the limit of the retry.
    """

    def __init__(
        self, aws_config: Mapping[str, str], environ: Mapping[str, str], retry: Retry
    ) -> None:
        """Hold the config; AWS is not called before the first read.

        Args:
            aws_config: The stack's `aws:` config, without the namespace.
            environ: The environment variables that the provider reads too.
            retry: Repeats a read after a transient error.
        """
        self._aws_config = aws_config
        self._environ = environ
        self._retry = retry
        self._readers: dict[tuple[_Identity, ...], Reader] = {}
        self._clients: Clients | None = None
        self._session: ProviderSession | None = None
        self._fleet_readers: Callable[[str | None], FleetReader] | None = None

    def clients(self) -> Clients:
        """The clients, of the provider's own region, account and endpoint.

        Raises:
            LiveError: the config or the credentials are invalid.
        """
        if self._clients is None:
            self._clients = Clients.of(self._opened())
        return self._clients

    def made(self, creation: PendingCreation) -> Made:
        """What AWS has already of a resource that is about to be created."""
        (found,) = self._retry.ask(lambda: made([creation], self._opened().client))
        return found

    def find(self, search: Search) -> tuple[ServiceAddress, ...]:
        """The services that AWS has, for a stack that has recorded no address."""
        elb = self.clients().balancing
        return self._retry.ask(lambda: find_services(elb, search.listener, search.services))

    def listener_rules(self, listener: ListenerHint) -> tuple[FoundRule, ...]:
        """Every rule of a listener; none if its load balancer does not exist yet."""
        elb = self.clients().balancing

        def read() -> tuple[FoundRule, ...]:
            arn = find_listener(elb, listener)
            return () if arn is None else read_listener(elb, arn)

        return self._retry.ask(read)

    def images(self, image_ids: Sequence[str]) -> Mapping[str, LiveImage]:
        """The images that exist, by id."""
        compute = self.clients().compute
        return self._retry.ask(lambda: read_images(compute, image_ids))

    def rules(self, addresses: Sequence[ServiceAddress]) -> tuple[LiveRule, ...]:
        """The rules of these services, without their slots."""
        return self._retry.ask(self._reader(addresses).read_rules)

    def services(self, addresses: Sequence[ServiceAddress]) -> tuple[LiveService, ...]:
        """These services, with their rules and their slots."""
        return self._retry.ask(self._reader(addresses).read)

    def slots(self, address: ServiceAddress) -> Mapping[Slot, LiveSlot]:
        """The slots of one service; its rule need not exist yet."""
        return self._retry.ask(self._reader([address]).read_slots)[address.service]

    def _reader(self, addresses: Sequence[ServiceAddress]) -> Reader:
        """A reader remembers the groups and the templates that it has found, so it is kept.

        An update may replace a target group and leave its rule: each set of addresses has its own.
        """
        key = tuple(_identity(address) for address in addresses)
        if key not in self._readers:
            self._readers[key] = Reader(self.clients(), addresses, self._fleets())
        return self._readers[key]

    def _fleets(self) -> Callable[[str | None], FleetReader]:
        """The readers of the fleets: they keep what they have found, whatever is read."""
        if self._fleet_readers is None:
            self._fleet_readers = fleet_readers(self.clients())
        return self._fleet_readers

    def _opened(self) -> ProviderSession:
        if self._session is None:
            self._session = ProviderSession(
                ProviderConfig.of_stack(self._aws_config, self._environ)
            )
        return self._session


def _identity(address: ServiceAddress) -> _Identity:
    """Service, rule, target groups and kinds of fleet."""
    groups, kinds = sorted(address.target_group_arns.items()), sorted(address.kinds.items())
    return address.service, address.rule_arn, tuple(groups), tuple(kinds)


class Retry:
    """Repeats a read after a transient error, and reports it."""

    def __init__(self, seconds: float, log: NoticeLog, interrupted: threading.Event) -> None:
        """Set the limits.

        Args:
            seconds: How long to retry; 0 reads once.
            log: Where a retry is reported.
            interrupted: Ends the retries once it is set.
        """
        self._seconds = seconds
        self._log = log
        self._interrupted = interrupted

    def ask(self, read: Callable[[], T]) -> T:
        """What `read` returns.

        Raises:
            LiveError: AWS could not be read within the limit.
        """
        deadline = time.monotonic() + self._seconds
        reported_at = -math.inf
        while True:
            try:
                return read()
            except TRANSIENT as error:
                left_seconds = deadline - time.monotonic()
                if left_seconds <= 0 or self._interrupted.is_set():
                    raise
                if time.monotonic() - reported_at >= _REPORT_SECONDS:
                    reported_at = time.monotonic()
                    text = f"{error}; retrying for {left_seconds:.0f} s"
                    self._log.report(Notice(NoticeKind.WAITING, ALL_SERVICES, UNREADABLE, text))
                self._interrupted.wait(min(_PAUSE_SECONDS, left_seconds))
