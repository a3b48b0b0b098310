"""A slot of a service: a target group and its fleet."""

from __future__ import annotations

from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

from components.alarms import declare_alarms
from components.context import Context, Placement
from components.extended import extended
from fleets.kind import FleetPlace
from settings.alarms import AlarmSettings
from settings.service import ServiceSettings
from settings.slot import SlotSettings
from settings.target_group import ExistingTargetGroup, NewTargetGroup


class SlotArgs(TypedDict):
    """The arguments of `SlotResources`."""

    context: Context
    """What all resources of the stack have in common."""
    placement: Placement
    """Where its targets and its instances are."""
    service: ServiceSettings
    """The service that the slot belongs to."""
    slot: SlotSettings
    """Which slot, and what of it exists already."""
    alarms: AlarmSettings | None
    """`None` for a slot without alarms."""


class SlotResources(pulumi.ComponentResource):
    """One of the two places that a build is released to."""

    target_group_arn: pulumi.Output[str]
    target_group_arn_suffix: pulumi.Output[str]
    image_id: pulumi.Output[str | None]
    """The image of its launch template; `None` where the stack declares none."""
    fleet_kind: str
    """The kind of its fleet."""

    def __init__(
        self, name: str, args: SlotArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the slot."""
        super().__init__("failover:index:Slot", name, None, opts)
        self._declare_target_group(name, args)
        slot = args["slot"]
        declared = slot.kind.declare(
            slot.fleet,
            FleetPlace(
                parent=self,
                name=name,
                context=args["context"],
                placement=args["placement"],
                service=args["service"],
                slot=slot.slot,
                target_group_arn=self.target_group_arn,
                target_group_arn_suffix=self.target_group_arn_suffix,
            ),
        )
        self.fleet_kind = slot.kind.key
        self.image_id = pulumi.Output.from_input(declared.revision)
        if args["alarms"] is not None:
            declare_alarms(
                self,
                name,
                {
                    "context": args["context"],
                    "service": args["service"].name,
                    "slot": args["slot"].slot,
                    "alarms": args["alarms"],
                    "load_balancer_arn_suffix": args["placement"].load_balancer_arn_suffix,
                    "target_group_arn_suffix": self.target_group_arn_suffix,
                },
            )
        # In the state before the rule moves: by it the guards recognise an interrupted update.
        weight = args["service"].split.weight_of(args["slot"].slot)
        self.register_outputs(
            {"targetGroupArn": self.target_group_arn, "imageId": self.image_id, "weight": weight}
        )

    def _declare_target_group(self, name: str, args: SlotArgs) -> None:
        settings = args["slot"].target_group
        if isinstance(settings, ExistingTargetGroup):
            self.target_group_arn = pulumi.Output.from_input(settings.arn)
            self.target_group_arn_suffix = pulumi.Output.from_input(settings.arn_suffix)
            return
        group = self._new_target_group(name, args, settings)
        self.target_group_arn = group.arn
        self.target_group_arn_suffix = group.arn_suffix

    def _new_target_group(
        self, name: str, args: SlotArgs, settings: NewTargetGroup
    ) -> aws.lb.TargetGroup:
        service, check = args["service"], args["service"].health_check
        wanted = service.target_group
        declared: dict[str, Any] = {
            "name": settings.name,
            "port": service.port,
            "protocol": wanted.protocol,
            "protocol_version": wanted.protocol_version,
            "vpc_id": args["placement"].vpc_id,
            "target_type": "instance",
            "deregistration_delay": service.deregistration_delay_seconds,
            "slow_start": wanted.slow_start_seconds or None,
            "load_balancing_algorithm_type": wanted.algorithm,
            "load_balancing_anomaly_mitigation": _word(wanted.anomaly_mitigation, "on", "off"),
            "load_balancing_cross_zone_enabled": _word(wanted.cross_zone, "true", "false"),
            "stickiness": {"enabled": False, "type": "lb_cookie"},
            "health_check": {
                "enabled": True,
                "path": check.path,
                "port": str(wanted.health_check_port),
                "protocol": wanted.check_protocol,
                "matcher": service.matcher,
                "interval": check.interval_seconds,
                "timeout": check.timeout_seconds,
                "healthy_threshold": check.healthy_threshold,
                "unhealthy_threshold": check.unhealthy_threshold,
            },
            # An idle slot may have no healthy target; that must not fail the load balancer's DNS.
            "target_group_health": {
                "dns_failover": {
                    "minimum_healthy_targets_count": "off",
                    "minimum_healthy_targets_percentage": "off",
                },
                # AWS's default, declared: otherwise the provider reads it back and removes it.
                "unhealthy_state_routing": {
                    "minimum_healthy_targets_count": 1,
                    "minimum_healthy_targets_percentage": "off",
                },
            },
            "tags": args["context"].tags(settings.name, service.name, args["slot"].slot),
        }
        return aws.lb.TargetGroup(
            name,
            opts=pulumi.ResourceOptions(parent=self),
            **extended(declared, wanted.arguments or {}),
        )


def _word(flag: bool | None, yes: str, no: str) -> str | None:
    """What AWS calls a flag; `None` where it is not set."""
    return None if flag is None else yes if flag else no
