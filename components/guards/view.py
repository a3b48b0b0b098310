"""What the guards see of AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.guards.retry import Retry
from live.address import ServiceAddress
from live.clients import Clients
from live.creations import made
from live.discovery import ListenerHint, ServiceQuery, find_listener, find_services
from live.images import read_images
from live.listener import FoundRule, read_listener
from live.provider_config import ProviderConfig
from live.reader import Reader
from live.session import ProviderSession
from rollout.images import LiveImage
from rollout.observation import LiveRule, LiveService, LiveSlot
from rollout.pending_creation import Made, PendingCreation
from rollout.split import Slot


@dataclass(frozen=True, slots=True)
class Search:
    """What the config says of where its services are."""

    where: ListenerHint
    sought: tuple[ServiceQuery, ...]


class View:
    """Reads the services of the stack."""

    def __init__(
        self, aws_config: Mapping[str, str], environ: Mapping[str, str], patience: Retry
    ) -> None:
        """Be ready; nothing is read yet.

        Args:
            aws_config: The stack's `aws:` config, by bare names.
            environ: The variables that the provider reads too.
            patience: How often AWS is asked.
        """
        self._aws_config = aws_config
        self._environ = environ
        self._patience = patience
        self._reader: Reader | None = None
        self._unseen: dict[str, Reader] = {}
        self._clients: Clients | None = None
        self._session: ProviderSession | None = None

    def clients(self) -> Clients:
        """The clients, of the provider's own region, account and endpoint.

        Raises:
            LiveError: config or credentials that lead nowhere.
        """
        if self._clients is None:
            self._clients = Clients.of(self._opened())
        return self._clients

    def _opened(self) -> ProviderSession:
        if self._session is None:
            self._session = ProviderSession(
                ProviderConfig.of_stack(self._aws_config, self._environ)
            )
        return self._session

    def made(self, creation: PendingCreation) -> Made:
        """What is there already of a resource that is about to be made.

        Raises:
            LiveError: AWS could not be read for as long as there was patience.
        """
        (found,) = self._patience.ask(lambda: made([creation], self._opened().client))
        return found

    def of(self, addresses: Sequence[ServiceAddress]) -> None:
        """See these services from now on.

        Raises:
            LiveError: as `clients`.
        """
        self._reader = Reader(self.clients(), addresses)

    def find(self, search: Search) -> tuple[ServiceAddress, ...]:
        """The services that are there, although the stack does not know where.

        Raises:
            LiveError: AWS could not be read for as long as there was patience.
        """
        elb = self.clients().balancing
        return self._patience.ask(lambda: find_services(elb, search.where, search.sought))

    def listener_rules(
        self, listener_arn: str | None, where: ListenerHint
    ) -> tuple[FoundRule, ...]:
        """Every rule of a listener; where its ARN is not known it is looked for.

        Raises:
            LiveError: AWS could not be read for as long as there was patience.
        """
        elb = self.clients().balancing

        def read() -> tuple[FoundRule, ...]:
            arn = listener_arn or find_listener(elb, where)
            return () if arn is None else read_listener(elb, arn)

        return self._patience.ask(read)

    def images(self, image_ids: Sequence[str]) -> Mapping[str, LiveImage]:
        """Those of the images that are there, by their ids.

        Raises:
            LiveError: AWS could not be read for as long as there was patience.
        """
        compute = self.clients().compute
        return self._patience.ask(lambda: read_images(compute, image_ids))

    def rules(self) -> tuple[LiveRule, ...]:
        """The rules alone.

        Raises:
            LiveError: AWS could not be read for as long as there was patience.
        """
        return self._patience.ask(self._seen().read_rules)

    def rule(self, address: ServiceAddress) -> LiveRule:
        """One rule, whether or not its service is seen.

        Raises:
            LiveError: AWS could not be read for as long as there was patience.
        """
        (found,) = self._patience.ask(Reader(self.clients(), [address]).read_rules)
        return found

    def slots(self, address: ServiceAddress) -> Mapping[Slot, LiveSlot]:
        """What stands behind the slots of one service, whether or not it is seen or has its rule.

        Raises:
            LiveError: AWS could not be read for as long as there was patience.
        """
        if address.service not in self._unseen:
            self._unseen[address.service] = Reader(self.clients(), [address])
        return self._patience.ask(self._unseen[address.service].read_slots)[address.service]

    def services(self) -> tuple[LiveService, ...]:
        """Everything.

        Raises:
            LiveError: AWS could not be read for as long as there was patience.
        """
        return self._patience.ask(self._seen().read)

    def _seen(self) -> Reader:
        assert self._reader is not None, "`of` comes first"
        return self._reader
