"""Reads all services of a stack at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from live.address import ServiceAddress
from live.clients import Clients
from live.errors import translated
from live.groups import Groups
from live.releases import Releases
from live.rules import read_rules
from rollout.observation import Group, LiveRule, LiveService, LiveSlot, Target
from rollout.split import Slot

_AT_ONCE = 8
"""Calls in flight; boto3 keeps ten connections."""


class Reader:
    """What AWS says now of the services.

    A read costs one call for the rules, one for the Auto Scaling groups and one for each target
    group; launch templates are read when a group first launches from them.
    """

    def __init__(self, clients: Clients, services: Sequence[ServiceAddress]) -> None:
        """Be ready; nothing is read yet."""
        self._clients = clients
        self._services = tuple(services)
        self._groups = Groups(clients.scaling, Releases(clients.compute, clients.scaling))

    def read_rules(self) -> tuple[LiveRule, ...]:
        """The rules alone, by one call.

        Raises:
            LiveError: AWS cannot be read, or a rule is not there.
        """
        return read_rules(self._clients.balancing, self._services)

    def read(self) -> tuple[LiveService, ...]:
        """Rules, targets, groups and templates, in the order that the services were given in.

        Raises:
            LiveError: AWS cannot be read, or a rule is not there.
        """
        arns = [arn for service in self._services for arn in service.target_group_arns.values()]
        pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="live")
        try:
            rules = pool.submit(self.read_rules)
            groups = pool.submit(self._groups.read, arns)
            targets = dict(zip(arns, pool.map(self._targets, arns), strict=True))
            return tuple(
                LiveService(rule, _slots(service, targets, groups.result()))
                for service, rule in zip(self._services, rules.result(), strict=True)
            )
        finally:
            # After a failure, or Ctrl-C, the calls that are still out are nobody's business.
            pool.shutdown(wait=False, cancel_futures=True)

    def _targets(self, target_group_arn: str) -> tuple[Target, ...]:
        with translated():
            described = self._clients.balancing.describe_target_health(
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


def _slots(
    service: ServiceAddress,
    targets: Mapping[str, tuple[Target, ...]],
    groups: Mapping[str, Group | None],
) -> dict[Slot, LiveSlot]:
    return {
        slot: LiveSlot(arn, targets[arn], groups[arn])
        for slot, arn in service.target_group_arns.items()
    }
