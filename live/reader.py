"""Reads all services of a stack at once."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from live.address import ServiceAddress
from live.clients import Clients
from live.errors import translated
from live.groups import Groups, Releases
from live.rules import read_rules
from rollout.observation import LiveRule, LiveService, LiveSlot, Target
from rollout.split import Slot

_AT_ONCE = 8
"""Calls in flight; boto3 keeps ten connections."""


class Reader:
    """Reads the services as AWS has them now.

    A read costs one call for the rules, one for the Auto Scaling groups and one for each target
    group; a launch template is read when a group first launches from it.
    """

    def __init__(self, clients: Clients, services: Sequence[ServiceAddress]) -> None:
        self._clients = clients
        self._services = tuple(services)
        self._groups = Groups(clients.scaling, Releases(clients.compute, clients.scaling))

    def read_rules(self) -> tuple[LiveRule, ...]:
        """The rules alone, by one call.

        Raises:
            LiveError: AWS cannot be read, or a rule does not exist.
        """
        return read_rules(self._clients.balancing, self._services)

    def read(self) -> tuple[LiveService, ...]:
        """Rules, targets, groups and templates, in the order of the services.

        Raises:
            LiveError: AWS cannot be read, or a rule does not exist.
        """
        with _pool() as pool:
            rules = pool.submit(self.read_rules)
            slots = self._read_slots(pool)
            return tuple(LiveService(rule, slots[rule.service]) for rule in rules.result())

    def read_slots(self) -> dict[str, dict[Slot, LiveSlot]]:
        """Targets, groups and templates of each service by its name; its rule need not exist.

        Raises:
            LiveError: AWS cannot be read.
        """
        with _pool() as pool:
            return self._read_slots(pool)

    def _read_slots(self, pool: ThreadPoolExecutor) -> dict[str, dict[Slot, LiveSlot]]:
        arns = [arn for service in self._services for arn in service.target_group_arns.values()]
        groups = pool.submit(self._groups.read, arns)
        targets = dict(zip(arns, pool.map(self._targets, arns), strict=True))
        found = groups.result()
        return {
            service.service: {
                slot: LiveSlot(arn, targets[arn], found[arn])
                for slot, arn in service.target_group_arns.items()
            }
            for service in self._services
        }

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
