"""What a stack file names as existing: its load balancer, and the fleets of its slots. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.errors import NotSupportedError
from rehearsal.inspected.document import InspectedTargetGroup
from rehearsal.workspace import PROJECT
from rollout.json_value import list_of, map_of
from rollout.split import Slot


@dataclass(frozen=True, slots=True)
class SlotNames:
    """What a slot names as existing."""

    service: str
    slot: Slot
    target_group: str | None
    """A name or an ARN; `None` for a group that the stack makes."""
    own_target_group: str
    """The name of a group that the stack makes."""
    auto_scaling_group: str | None
    is_registered: bool

    @property
    def key(self) -> str:
        """Its place in the config."""
        return f"services.{self.service}.slots.{self.slot}"

    def has(self, group: InspectedTargetGroup) -> bool:
        """Whether it is the slot's target group."""
        return group.name == self.own_target_group or self.target_group in (group.name, group.arn)


@dataclass(frozen=True, slots=True)
class TemplateName:
    """A version of a launch template that the config names in `launchTemplate.from`."""

    key: str
    """Its place in the config."""
    id_or_name: str
    version: int


@dataclass(frozen=True, slots=True)
class StackNames:
    """What a stack file names as existing."""

    file: str
    region: str
    account_ids: tuple[str, ...]
    """Those that the stack may be in; empty for any."""
    balancer_arn: str
    listener_arn: str
    security_group_id: str
    vpc_id: str
    subnet_ids: tuple[str, ...]
    slots: tuple[SlotNames, ...]
    priorities: Mapping[int, str]
    """The service of each priority."""
    templates: tuple[TemplateName, ...]
    security_group_ids: tuple[str, ...]
    """Those of instances that the stack makes."""

    @classmethod
    def of(cls, file: str, config: Mapping[str, Any]) -> StackNames:
        """Read from the `config` of a stack file.

        Raises:
            NotSupportedError: it names no existing load balancer.
        """
        balancer = map_of(config.get(f"{PROJECT}:loadBalancer"))
        if not balancer.get("arn"):
            raise NotSupportedError(
                f"--as: {file} names no existing load balancer (loadBalancer.arn)\n"
                "  expected: a stack that `failover adopt` wrote, or one like it\n"
                "  fix:      leave out --as; the stack makes its load balancer itself"
            )
        network = map_of(config.get(f"{PROJECT}:network"))
        services = map_of(config.get(f"{PROJECT}:services"))
        prefix = "-".join(
            str(config.get(f"{PROJECT}:{part}")) for part in ("org", "regionCode", "environment")
        )
        places = dict(_places(map_of(config.get(f"{PROJECT}:capacity"))))
        listed = [*list_of(network.get("albSubnetIds")), *list_of(network.get("instanceSubnetIds"))]
        for place in places.values():
            listed += list_of(map_of(place.get("autoScalingGroup")).get("subnetIds"))
        return cls(
            file=file,
            region=str(config.get("aws:region")),
            account_ids=tuple(str(each) for each in list_of(config.get("aws:allowedAccountIds"))),
            balancer_arn=str(balancer["arn"]),
            listener_arn=str(balancer.get("listenerArn")),
            security_group_id=str(balancer.get("securityGroupId")),
            vpc_id=str(network.get("vpcId")),
            subnet_ids=tuple(str(each) for each in listed),
            slots=tuple(_slots(services, prefix)),
            priorities={
                priority: str(name)
                for name, service in services.items()
                if isinstance(priority := map_of(service).get("priority"), int)
            },
            templates=tuple(_template_names(places)),
            security_group_ids=tuple(
                str(each)
                for place in places.values()
                for each in list_of(map_of(place.get("launchTemplate")).get("securityGroupIds"))
            ),
        )

    def slot_of(self, group: InspectedTargetGroup) -> SlotNames | None:
        """The slot whose target group it is."""
        return next((slot for slot in self.slots if slot.has(group)), None)


def _slots(services: Mapping[str, Any], prefix: str) -> Iterator[SlotNames]:
    for name, service in services.items():
        for slot in Slot:
            own = map_of(map_of(map_of(service).get("slots")).get(slot.value))
            group = map_of(own.get("targetGroup"))
            fleet = map_of(own.get("autoScalingGroup"))
            yield SlotNames(
                service=str(name),
                slot=slot,
                target_group=_text(group.get("existing")),
                own_target_group=str(group.get("name") or f"{prefix}-{name}-{slot}-tg"),
                auto_scaling_group=_text(fleet.get("existing")),
                is_registered=own.get("registered") not in (None, False),
            )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _places(capacity: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The maps of `capacity` that describe a launch: a service's, and those of its slots."""
    for service, own in capacity.items():
        yield f"capacity.{service}", map_of(own)
        for slot in Slot:
            yield f"capacity.{service}.{slot}", map_of(map_of(own).get(slot.value))


def _template_names(places: Mapping[str, Mapping[str, Any]]) -> Iterator[TemplateName]:
    for key, place in places.items():
        source = map_of(map_of(place.get("launchTemplate")).get("from"))
        named = source.get("id") or source.get("name")
        version = source.get("version")
        if isinstance(named, str) and isinstance(version, int):
            yield TemplateName(f"{key}.launchTemplate.from", named, version)
