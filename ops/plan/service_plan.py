"""What a plan means for one service: its weights, its images and its capacity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.plan.resource_step import Operation, ResourceStep
from rollout.forward_action import declared_groups
from rollout.json_value import is_list, map_of
from rollout.observation import split_of
from rollout.split import TOTAL_WEIGHT, Slot, Split

SERVICE = "failover:index:Service"
SLOT = "failover:index:Slot"
RULE = "aws:lb/listenerRule:ListenerRule"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
GROUP = "aws:autoscaling/group:Group"


@dataclass(frozen=True, slots=True)
class BeforeAndAfter:
    """A value before and after, as it is shown; `None` where there is none."""

    before: str | None
    after: str | None

    @property
    def is_change(self) -> bool:
        """Whether both differ."""
        return self.before != self.after

    @property
    def is_known(self) -> bool:
        """Whether there is anything to show."""
        return self.before is not None or self.after is not None


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """One slot of a service, before and after."""

    slot: Slot
    image: BeforeAndAfter
    instance_type: BeforeAndAfter
    min_size: BeforeAndAfter
    max_size: BeforeAndAfter
    floor: str | None
    """The min that a ramp holds, from `capacity.<service>.floors`; `None` without one."""

    @property
    def has_instances(self) -> bool:
        """Whether its Auto Scaling group is the stack's own."""
        return self.min_size.is_known


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """One service, before and after."""

    name: str
    weights: BeforeAndAfter
    """Splits such as `75/25`, of the state and of the program; slot 01 first."""
    slots: tuple[SlotPlan, ...]

    @property
    def is_shifted(self) -> bool:
        """Whether a rule that exists before and after gets other weights."""
        return None not in (self.weights.before, self.weights.after) and self.weights.is_change

    @property
    def gains(self) -> Slot | None:
        """The slot whose share rises; `None` when none does."""
        if not self.gained:
            return None
        return Slot.FIRST if self.gained > 0 else Slot.SECOND

    @property
    def gained(self) -> int:
        """What slot 01 gains, of 100; below 0 where slot 02 does.

        Weights that someone set outside Pulumi may be any, such as `50/60`.
        """
        before, after = _shares(self.weights.before), _shares(self.weights.after)
        return 0 if before is None or after is None else after.slot_01 - before.slot_01


def service_plans(
    steps: Sequence[ResourceStep], config: Mapping[str, Any]
) -> tuple[ServicePlan, ...]:
    """Every service of the stack, in order of name.

    Args:
        steps: the whole preview.
        config: the stack's `capacity`, from which the floors come.
    """
    named = {(step.type_token, step.name): step for step in steps}
    # Of a service that is deleted, the engine may tell of its rule and slots and not of itself.
    names = sorted({service for step in steps if (service := _service_of(step)) is not None})
    return tuple(_service_plan(name, named, map_of(config.get(name))) for name in names)


def _service_of(step: ResourceStep) -> str | None:
    """The service that a resource is, or is directly in."""
    if step.type_token == SERVICE:
        return step.name
    parent_types, _, name = step.parent.rpartition("::")
    return name if parent_types.endswith(SERVICE) else None


def _service_plan(
    name: str, named: Mapping[tuple[str, str], ResourceStep], capacity: Mapping[str, Any]
) -> ServicePlan:
    floors = map_of(capacity.get("floors"))
    slots = tuple(_slot_plan(f"{name}-{slot}", slot, named, floors) for slot in Slot)
    arns = {
        str(step.old_outputs["arn"]): slot
        for slot in Slot
        if (step := named.get((TARGET_GROUP, f"{name}-{slot}"))) and "arn" in step.old_outputs
    }
    rule, service = named.get((RULE, name)), named.get((SERVICE, name))
    return ServicePlan(name, _weights(rule, service, arns), slots)


def _weights(
    rule: ResourceStep | None, service: ResourceStep | None, arns: Mapping[str, Slot]
) -> BeforeAndAfter:
    """The split that the rule has in the state, and the one that it is to have.

    The events hide the actions of a rule with a client's secret in them: the service has both too.
    """
    if rule is None:
        return BeforeAndAfter(None, None)
    if service is not None and hides_actions(rule):
        after = None if rule.operation is Operation.DELETE else service.new_outputs.get("weights")
        return BeforeAndAfter(_text(service.old_outputs.get("weights")), _text(after))
    in_slot_order = declared_groups(rule.new_inputs)
    adopted = {arn: slot for (arn, _), slot in zip(in_slot_order, Slot, strict=False)}
    before = _split(declared_groups(rule.old_outputs or rule.old_inputs), {**adopted, **arns})
    after = None if rule.operation is Operation.DELETE else _split(in_slot_order, {})
    return BeforeAndAfter(before, after)


def hides_actions(rule: ResourceStep) -> bool:
    """Whether the actions of a rule are a secret, before or after."""
    sides = (rule.old_outputs, rule.old_inputs, rule.new_inputs)
    return any("actions" in side and not is_list(side["actions"]) for side in sides)


def _text(weights: object) -> str | None:
    """Weights such as `75/25`; `None` for what the preview does not know yet."""
    return weights if isinstance(weights, str) and "/" in weights else None


def _split(groups: Sequence[tuple[str, Any]], arns: Mapping[str, Slot]) -> str | None:
    """`75/25`; by ARN, whatever order AWS lists the target groups in, by position without one.

    Weights of another sum are shown as they are; a target group that is alone gets everything. None
    where there is none, or where the preview does not know a weight yet.
    """
    weights = dict.fromkeys(Slot, 0)
    for (arn, weight), position in zip(groups, Slot, strict=False):
        if not isinstance(weight, int):
            return None
        weights[arns.get(arn, position)] = weight if len(groups) > 1 else TOTAL_WEIGHT
    return "/".join(str(weight) for weight in weights.values()) if groups else None


def _slot_plan(
    name: str,
    slot: Slot,
    named: Mapping[tuple[str, str], ResourceStep],
    floors: Mapping[str, Any],
) -> SlotPlan:
    template = named.get((LAUNCH_TEMPLATE, name))
    group = named.get((GROUP, name))
    floor = floors.get(str(slot))
    return SlotPlan(
        slot=slot,
        image=_input(template, "imageId"),
        instance_type=_input(template, "instanceType"),
        min_size=_input(group, "minSize"),
        max_size=_input(group, "maxSize"),
        floor=None if floor is None else str(floor),
    )


def _input(step: ResourceStep | None, name: str) -> BeforeAndAfter:
    if step is None:
        return BeforeAndAfter(None, None)
    before = step.old_inputs.get(name)
    after = None if step.operation is Operation.DELETE else step.new_inputs.get(name)
    return BeforeAndAfter(_shown(before), _shown(after))


def _shown(value: object) -> str | None:
    if value is None:
        return None
    return str(round(value)) if isinstance(value, float) else str(value)


def _shares(weights: str | None) -> Split | None:
    """The shares of 100 that weights come to; `None` where there are none, or all are 0."""
    if weights is None:
        return None
    first, second = weights.split("/")
    return split_of(int(first), int(second))
