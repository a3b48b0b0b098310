"""Reads all services of a stack at once."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol

from live.address import ServiceAddress
from live.clients import Clients
from live.errors import translated
from live.rules import read_rules
from rollout.fleet import Fleet, FleetKind
from rollout.observation import LiveRule, LiveService, LiveSlot, Target
from rollout.split import Slot

_AT_ONCE = 8
"""Calls in flight; boto3 keeps ten connections."""


class FleetReader(Protocol):
    """Reads the fleets of one kind."""

    @property
    def kind(self) -> FleetKind:
        """The kind that it reads."""
        ...

    def read(self, targets: Mapping[str, Sequence[Target]]) -> Mapping[str, Fleet | None]:
        """The fleet of each target group; `None` if there is none, or more than one.

        Args:
            targets: The targets of each target group, by its ARN.

        Raises:
            LiveError: AWS cannot be read.
        """
        ...


class Reader:
    """Reads the services as AWS has them now.

    A read costs one call for the rules, one for each target group, and what each kind of fleet
    that a slot has needs.
    """

    def __init__(
        self,
        clients: Clients,
        services: Sequence[ServiceAddress],
        fleets: Callable[[str | None], FleetReader],
    ) -> None:
        """Hold what is read; AWS is not called yet.

        Args:
            clients: The clients of AWS.
            services: The services.
            fleets: The reader of a kind of fleet by its key; of the default kind for `None`.
        """
        self._clients = clients
        self._services = tuple(services)
        self._fleets = fleets

    def read_rules(self) -> tuple[LiveRule, ...]:
        """The rules alone, by one call.

        Raises:
            LiveError: AWS cannot be read, or a rule does not exist.
        """
        return read_rules(self._clients.balancing, self._services)

    def read(self) -> tuple[LiveService, ...]:
        """Rules, targets and fleets, in the order of the services.

        Raises:
            LiveError: AWS cannot be read, or a rule does not exist.
        """
        with _pool() as pool:
            rules = pool.submit(self.read_rules)
            slots = self._read_slots(pool)
            return tuple(LiveService(rule, slots[rule.service]) for rule in rules.result())

    def read_slots(self) -> dict[str, dict[Slot, LiveSlot]]:
        """Targets and fleets of each service by its name; its rule need not exist.

        Raises:
            LiveError: AWS cannot be read.
        """
        with _pool() as pool:
            return self._read_slots(pool)

    def _read_slots(self, pool: ThreadPoolExecutor) -> dict[str, dict[Slot, LiveSlot]]:
        found = {
            (service.service, slot): (arn, self._fleets(service.kinds.get(slot)))
            for service in self._services
            for slot, arn in service.target_group_arns.items()
        }
        arns = [arn for arn, _ in found.values()]
        targets = dict(zip(arns, pool.map(self._targets, arns), strict=True))
        readers = {id(reader): reader for _, reader in found.values()}
        fleets = {
            key: reader.read({arn: targets[arn] for arn, own in found.values() if own is reader})
            for key, reader in readers.items()
        }
        return {
            service.service: {
                slot: self._slot(*found[service.service, slot], targets, fleets)
                for slot in service.target_group_arns
            }
            for service in self._services
        }

    @staticmethod
    def _slot(
        arn: str,
        reader: FleetReader,
        targets: Mapping[str, tuple[Target, ...]],
        fleets: Mapping[int, Mapping[str, Fleet | None]],
    ) -> LiveSlot:
        return LiveSlot(arn, targets[arn], reader.kind, fleets[id(reader)][arn])

    def _targets(self, target_group_arn: str) -> tuple[Target, ...]:
        with translated():
            described: Any = self._clients.balancing.describe_target_health(
                TargetGroupArn=target_group_arn
            )
        return tuple(
            Target(
                id=each["Target"]["Id"],
                state=each["TargetHealth"]["State"],
                reason=each["TargetHealth"].get("Reason", ""),
            )
            for each in described["TargetHealthDescriptions"]
        )


@contextmanager
def _pool() -> Generator[ThreadPoolExecutor]:
    """Concurrent calls; after a failure or Ctrl-C no one waits for those that are still running."""
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="live")
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
