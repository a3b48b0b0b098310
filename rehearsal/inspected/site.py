"""What the parts of a construction have in common: the selection, the clients, what was made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.inspected.document import InspectedAccount
from rehearsal.inspected.images import ImageChoices
from rehearsal.inspected.selection import Selection
from rehearsal.local_aws import LocalAws, local_clients


@dataclass(slots=True)
class ConstructionSite:
    """A local AWS in which an inspected account is made again."""

    endpoint: str
    selection: Selection
    images: ImageChoices
    boot_seconds: float
    """What a local instance takes to boot."""
    hosts: tuple[str, ...]
    """The host names of the stack."""
    notes: list[str] = field(default_factory=list[str])
    """What differs from the account, a sentence each."""
    made: dict[str, str] = field(default_factory=dict[str, str])
    """Its id or ARN in the local AWS, by that in the account, or by a name."""
    _clients: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def account(self) -> InspectedAccount:
        """The account."""
        return self.selection.account

    @property
    def vpc_id(self) -> str:
        """The VPC of the load balancer."""
        return self.account.network.vpc_id

    def client(self, service: str) -> Any:
        """A client of the local AWS."""
        if service not in self._clients:
            self._clients[service] = local_clients(self.endpoint, self.account.region)(service)
        return self._clients[service]

    def give(self, *ids: str) -> None:
        """What is made next has these ids and ARNs."""
        LocalAws(self.endpoint).give(*ids)

    def note(self, text: str) -> None:
        """Add a sentence, once."""
        if text not in self.notes:
            self.notes.append(text)


def differing(
    wanted: Mapping[str, str], described: Iterable[Mapping[str, str]]
) -> Iterator[dict[str, str]]:
    """The attributes that the local AWS has with another value."""
    for each in described:
        key, value = each["Key"], wanted.get(each["Key"])
        if value not in (None, each.get("Value", "")):
            yield {"Key": key, "Value": str(value)}
