"""A service: the rules that route its requests to its two slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.dashboard import declare_dashboard
from components.guards.hooks import Hooks
from components.slot import SlotArgs, SlotResources
from components.tags import Tags
from rollout.forward_action import WEIGHT_WITHOUT_ONE
from rollout.split import Slot
from settings.alarms import AlarmSettings
from settings.names import Names
from settings.rule import PREVIEW_HEADER, RuleSettings, preview_header_value
from settings.service import ServiceSettings
from settings.slot import SlotSettings

_UNUSED_STICKINESS_SECONDS = 3600
"""The provider asks for a duration, which means nothing while stickiness is off."""


class ServiceArgs(TypedDict):
    """What a service is made from."""

    names: Names
    """The convention of every name."""
    tags: Tags
    """The tags of every resource."""
    service: ServiceSettings
    """Its requests, its split and its slots."""
    preview_token: str
    """The secret part of the preview header."""
    alarms: AlarmSettings | None
    """The alarms of its slots, if there are any."""
    has_dashboard: bool
    """Whether it has a dashboard."""
    region: str
    """Where it runs."""
    vpc_id: pulumi.Input[str]
    """Where its targets lie."""
    subnet_ids: pulumi.Input[list[str]]
    """The subnets of its instances."""
    security_group_id: pulumi.Input[str]
    """The security group of its instances."""
    listener_arn: pulumi.Input[str]
    """The HTTPS listener that gets its rules."""
    load_balancer_arn_suffix: pulumi.Input[str]
    """The load balancer, as its metrics name it."""
    hooks: Hooks
    """What the guards bind to."""


class Service(pulumi.ComponentResource):
    """Routes one service's requests to its two slots by weight.

    Both target groups are in the rule at every split, so that a stage is one in-place ModifyRule
    and an idle slot keeps its health checks. Source: ELB user guide, "Health checks for your
    target groups".
    """

    rule_arn: pulumi.Output[str]
    weights: pulumi.Output[str]
    """The split as the rule has it, such as `75/25`."""

    def __init__(
        self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the slots, then the rules that forward to them."""
        super().__init__("failover:index:Service", name, None, opts)
        self._args = args
        self.slots = {
            slot.slot: SlotResources(
                f"{name}-{slot.slot}", self._slot_args(slot), pulumi.ResourceOptions(parent=self)
            )
            for slot in args["service"].slots
        }
        arns = {slot: declared.target_group_arn for slot, declared in self.slots.items()}
        previews = [self._declare_preview_rule(slot, arn) for slot, arn in arns.items()]
        # A target group has its targets' health checked once a rule forwards to it, so that a new
        # service can be healthy before its own rule is there.
        ready: list[pulumi.Resource] = [*self.slots.values(), *previews]
        if args["has_dashboard"]:
            # Not protected, so that it can be turned off: a destroy comes to it after the rule,
            # which is, and that keeps it.
            ready.append(self._declare_dashboard(name))
        self.rule = rule = self._declare_rule(name, arns, ready)
        self.rule_arn = rule.arn
        self.weights = pulumi.Output.all(rule.actions.apply(_weights_by_arn), *arns.values()).apply(
            lambda known: "/".join(str(known[0].get(arn, 0)) for arn in known[1:])
        )
        self.register_outputs({"ruleArn": self.rule_arn, "weights": self.weights})

    def _slot_args(self, slot: SlotSettings) -> SlotArgs:
        args = self._args
        return {
            "names": args["names"],
            "tags": args["tags"],
            "service": args["service"],
            "slot": slot,
            "alarms": args["alarms"],
            "vpc_id": args["vpc_id"],
            "subnet_ids": args["subnet_ids"],
            "security_group_id": args["security_group_id"],
            "load_balancer_arn_suffix": args["load_balancer_arn_suffix"],
            "hooks": args["hooks"],
        }

    def _declare_rule(
        self,
        name: str,
        arns: Mapping[Slot, pulumi.Output[str]],
        ready: Sequence[pulumi.Resource],
    ) -> aws.lb.ListenerRule:
        service = self._args["service"]
        return aws.lb.ListenerRule(
            name,
            listener_arn=self._args["listener_arn"],
            priority=service.rule.priority,
            conditions=_conditions(service.rule),
            actions=[
                {
                    "type": "forward",
                    "forward": {
                        "target_groups": [
                            {"arn": arn, "weight": service.split.weight_of(slot)}
                            for slot, arn in arns.items()
                        ],
                        # A client that stuck to a slot would outlive its weight.
                        "stickiness": {"enabled": False, "duration": _UNUSED_STICKINESS_SECONDS},
                    },
                }
            ],
            tags=self._args["tags"].of(self._args["names"].of(name), service.name),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=ready,
                hooks=self._args["hooks"].rule,
                # An adopted rule was tagged by others, for purposes of theirs.
                ignore_changes=["tags"] if service.rule.is_adopted else None,
            ),
        )

    def _declare_preview_rule(self, slot: Slot, arn: pulumi.Output[str]) -> aws.lb.ListenerRule:
        """Forwards what carries the slot's header to that slot, at any weight, through this ALB."""
        service, name = self._args["service"], f"{self._args['service'].name}-{slot}"
        value = preview_header_value(slot, self._args["preview_token"])
        header: aws.lb.ListenerRuleConditionArgsDict = {
            "http_header": {
                "http_header_name": PREVIEW_HEADER,
                "values": [pulumi.Output.secret(value)],
            }
        }
        return aws.lb.ListenerRule(
            name,
            listener_arn=self._args["listener_arn"],
            priority=service.rule.preview_priority(slot),
            conditions=[*_conditions(service.rule), header],
            actions=[{"type": "forward", "target_group_arn": arn}],
            tags=self._args["tags"].of(self._args["names"].of(name, "preview"), service.name, slot),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _declare_dashboard(self, name: str) -> aws.cloudwatch.Dashboard:
        return declare_dashboard(
            self,
            name,
            {
                "names": self._args["names"],
                "service": name,
                "region": self._args["region"],
                "load_balancer_arn_suffix": self._args["load_balancer_arn_suffix"],
                "target_group_arn_suffixes": {
                    slot: declared.target_group_arn_suffix for slot, declared in self.slots.items()
                },
            },
        )


def _conditions(rule: RuleSettings) -> list[aws.lb.ListenerRuleConditionArgsDict]:
    conditions: list[aws.lb.ListenerRuleConditionArgsDict] = []
    if rule.hosts:
        conditions.append({"host_header": {"values": list(rule.hosts)}})
    if rule.paths:
        conditions.append({"path_pattern": {"values": list(rule.paths)}})
    return conditions


def _weights_by_arn(actions: Sequence[aws.lb.outputs.ListenerRuleAction]) -> dict[str, int]:
    """The weights of a rule as it is, whatever order AWS lists its target groups in."""
    forward, alone = actions[0].forward, actions[0].target_group_arn
    if forward is None or not forward.target_groups:
        return {alone: WEIGHT_WITHOUT_ONE} if alone else {}
    return {
        group.arn: WEIGHT_WITHOUT_ONE if group.weight is None else group.weight
        for group in forward.target_groups
    }
