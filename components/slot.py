"""A slot of a service: a target group, and the instances in it."""

from __future__ import annotations

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.alarms import declare_alarms
from components.guards.hooks import Hooks
from components.instances import declare_instances
from components.tags import Tags
from settings.alarms import AlarmSettings
from settings.names import Names
from settings.service import ServiceSettings
from settings.slot import ExistingTargetGroup, NewInstances, NewTargetGroup, SlotSettings


class SlotArgs(TypedDict):
    """What a slot is made from."""

    names: Names
    """The convention of every name."""
    tags: Tags
    """The tags of every resource."""
    service: ServiceSettings
    """The service that it is a slot of."""
    slot: SlotSettings
    """Which slot, and what of it is there already."""
    alarms: AlarmSettings | None
    """Its alarms, if there are any."""
    vpc_id: pulumi.Input[str]
    """Where its targets lie."""
    subnet_ids: pulumi.Input[list[str]]
    """The subnets of its instances."""
    security_group_id: pulumi.Input[str]
    """The security group of its instances."""
    load_balancer_arn_suffix: pulumi.Input[str]
    """The load balancer, as its metrics name it."""
    hooks: Hooks
    """What the guards bind to."""


class SlotResources(pulumi.ComponentResource):
    """A place that builds are released to, healthy or not, live or idle."""

    target_group_arn: pulumi.Output[str]
    target_group_arn_suffix: pulumi.Output[str]
    image_id: pulumi.Output[str | None]
    """The image of the launch template; `None` where the Auto Scaling group is not ours."""

    def __init__(
        self, name: str, args: SlotArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the slot."""
        super().__init__("failover:index:Slot", name, None, opts)
        self._declare_target_group(name, args)
        self.image_id = pulumi.Output.from_input(None)
        if isinstance(args["slot"].instances, NewInstances):
            template = declare_instances(
                self,
                name,
                {
                    "names": args["names"],
                    "tags": args["tags"],
                    "service": args["service"],
                    "slot": args["slot"].slot,
                    "instances": args["slot"].instances,
                    "subnet_ids": args["subnet_ids"],
                    "security_group_id": args["security_group_id"],
                    "target_group_arn": self.target_group_arn,
                    "hooks": args["hooks"],
                },
            )
            self.image_id = template.image_id
        if args["alarms"] is not None:
            self._declare_alarms(name, args, args["alarms"])
        # Told before the rule moves: the guards know an update that was cut short by it.
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
        return aws.lb.TargetGroup(
            name,
            name=settings.name,
            port=service.port,
            protocol="HTTP",
            vpc_id=args["vpc_id"],
            target_type="instance",
            deregistration_delay=service.deregistration_delay_seconds,
            stickiness={"enabled": False, "type": "lb_cookie"},
            health_check={
                "enabled": True,
                "path": check.path,
                "port": "traffic-port",
                "protocol": "HTTP",
                "matcher": check.matcher,
                "interval": check.interval_seconds,
                "timeout": check.timeout_seconds,
                "healthy_threshold": check.healthy_threshold,
                "unhealthy_threshold": check.unhealthy_threshold,
            },
            # An idle slot may have no healthy target, and must not fail the load balancer's DNS.
            target_group_health={
                "dns_failover": {
                    "minimum_healthy_targets_count": "off",
                    "minimum_healthy_targets_percentage": "off",
                },
                # AWS's own default, said aloud: the provider reads it back and would remove it.
                "unhealthy_state_routing": {
                    "minimum_healthy_targets_count": 1,
                    "minimum_healthy_targets_percentage": "off",
                },
            },
            tags=args["tags"].of(settings.name, service.name, args["slot"].slot),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _declare_alarms(self, name: str, args: SlotArgs, alarms: AlarmSettings) -> None:
        declare_alarms(
            self,
            name,
            {
                "names": args["names"],
                "tags": args["tags"],
                "service": args["service"].name,
                "slot": args["slot"].slot,
                "alarms": alarms,
                "load_balancer_arn_suffix": args["load_balancer_arn_suffix"],
                "target_group_arn_suffix": self.target_group_arn_suffix,
            },
        )
