"""What the guards see of AWS, with patience for what may be gone a moment later."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from live.address import ServiceAddress
from live.clients import Clients
from live.discovery import Sought, Whereabouts, find_services
from live.errors import PASSING, LiveError
from live.provider_config import ProviderConfig
from live.reader import Reader
from live.session import Session
from rollout.observation import LiveRule, LiveService

PATIENCE_SECONDS = 30.0
"""How long an update goes on asking an AWS that is throttling or not there."""

_PAUSE_SECONDS = 1.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempt:
    """A read that failed and is done again."""

    error: LiveError
    left_seconds: float


@dataclass(frozen=True, slots=True)
class Search:
    """What the config says of where its services are."""

    where: Whereabouts
    sought: tuple[Sought, ...]


class View:
    """Reads the services of the stack."""

    def __init__(
        self,
        aws_config: Mapping[str, str],
        environ: Mapping[str, str],
        patience_seconds: float,
        interrupted: threading.Event,
    ) -> None:
        """Be ready; nothing is read yet.

        Args:
            aws_config: The stack's `aws:` config, by bare names.
            environ: The variables that the provider reads too.
            patience_seconds: How long to go on asking.
            interrupted: Ends all waiting once it is set.
        """
        self._aws_config = aws_config
        self._environ = environ
        self._patience_seconds = patience_seconds
        self._interrupted = interrupted
        self._reader: Reader | None = None
        self._clients: Clients | None = None

    def clients(self) -> Clients:
        """The clients, of the provider's own region, account and endpoint.

        Raises:
            LiveError: config or credentials that lead nowhere.
        """
        if self._clients is None:
            config = ProviderConfig.of_stack(self._aws_config, self._environ)
            self._clients = Clients.of(Session(config))
        return self._clients

    def of(self, addresses: Sequence[ServiceAddress]) -> None:
        """See these services from now on.

        Raises:
            LiveError: as `clients`.
        """
        self._reader = Reader(self.clients(), addresses)

    def find(self, search: Search, failed: Callable[[Attempt], None]) -> tuple[ServiceAddress, ...]:
        """The services that are there, although the stack does not know where.

        Raises:
            LiveError: AWS could not be read for as long as there was patience.
        """
        elb = self.clients().balancing
        return self.patiently(lambda: find_services(elb, search.where, search.sought), failed)

    def rules(self, failed: Callable[[Attempt], None]) -> tuple[LiveRule, ...]:
        """The rules alone.

        Raises:
            LiveError: AWS could not be read for as long as there was patience.
        """
        return self.patiently(self._seen().read_rules, failed)

    def rule(self, address: ServiceAddress, failed: Callable[[Attempt], None]) -> LiveRule:
        """One rule, whether or not its service is seen.

        Raises:
            LiveError: AWS could not be read for as long as there was patience.
        """
        (found,) = self.patiently(Reader(self.clients(), [address]).read_rules, failed)
        return found

    def services(self, failed: Callable[[Attempt], None]) -> tuple[LiveService, ...]:
        """Everything.

        Raises:
            LiveError: AWS could not be read for as long as there was patience.
        """
        return self.patiently(self._seen().read, failed)

    def patiently(self, read: Callable[[], T], failed: Callable[[Attempt], None]) -> T:
        """What `read` reads; `failed` hears of every attempt that is made again."""
        deadline = time.monotonic() + self._patience_seconds
        while True:
            try:
                return read()
            except PASSING as error:
                left_seconds = deadline - time.monotonic()
                if left_seconds <= 0:
                    raise
                failed(Attempt(error, left_seconds))
                if self._interrupted.wait(min(_PAUSE_SECONDS, left_seconds)):
                    raise

    def _seen(self) -> Reader:
        assert self._reader is not None, "`of` comes first"
        return self._reader
