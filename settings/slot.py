"""A slot: its target group and Auto Scaling group, ours or existing, its image and capacity."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from rollout.command import STICKINESS_OFF, Command, without_stickiness
from rollout.split import Slot
from settings.capacity import Capacity
from settings.declaration.key import BySlot, ConfigMap, Key, KeyGroup, required
from settings.declaration.kind import (
    Json,
    JsonSchema,
    RefusedValueError,
    Text,
    ValueProblem,
    arn_of,
    matching,
)
from settings.declaration.section import Section
from settings.lookup import LookupFailedError, Lookups, region_of
from settings.names import LONGEST_NAME, TARGET_GROUP_PART, Names

INSTANCE = "instance"
"""The type of a target group whose targets are EC2 instances."""

_TARGET_GROUP_NAME = Text(
    rf"(?=.{{1,{LONGEST_NAME}}}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?",
    f"a name of at most {LONGEST_NAME} letters, digits and hyphens, with no hyphen at either end",
)
_TARGET_GROUP_ARN = arn_of(
    "elasticloadbalancing", r"targetgroup/[A-Za-z0-9-]+/[0-9a-f]+", "a target group"
)
_GROUP_NAME = Text(
    r"[!-9;-~]{1,255}", "the name of an Auto Scaling group, without spaces or colons"
)


@dataclass(frozen=True, slots=True)
class NameOrArn:
    """The kind of what names an existing target group."""

    name: str = "name or ARN"
    expected: str = "the name or the ARN of an existing target group"

    @property
    def json_schema(self) -> JsonSchema:
        """Either form."""
        return matching(
            f"(?!arn:)({_TARGET_GROUP_NAME.pattern})|{_TARGET_GROUP_ARN.pattern}", self.expected
        )

    def read(self, value: Json) -> str:
        """The value unchanged."""
        is_arn = isinstance(value, str) and value.startswith("arn:")
        try:
            return (_TARGET_GROUP_ARN if is_arn else _TARGET_GROUP_NAME).read(value)
        except RefusedValueError as refusal:
            raise RefusedValueError(ValueProblem(value, self.expected)) from refusal


@dataclass(frozen=True, kw_only=True)
class ExistingTargetGroup(ConfigMap):
    """An existing target group; the ARN is empty until it was looked up."""

    name_or_arn: Key[str] = required(
        "shop-web",
        NameOrArn(),
        "An existing target group. It is not changed.",
        name="existing",
        offer="TARGET_GROUP_NAME",
    )
    arn: str = ""
    arn_suffix: str = ""


@dataclass(frozen=True, kw_only=True)
class NewTargetGroup(ConfigMap):
    """A target group to make."""

    name: Key[str] = required(
        "hankooktire-us-prd-web-tg", _TARGET_GROUP_NAME, "A name in place of the conventional one."
    )


@dataclass(frozen=True, kw_only=True)
class ExistingInstances(ConfigMap):
    """An existing Auto Scaling group, with instances of its own."""

    group_name: Key[str] = required(
        "shop-web",
        _GROUP_NAME,
        "An existing Auto Scaling group. It is not changed, and keeps its image and capacity.",
        name="existing",
        offer="AUTO_SCALING_GROUP_NAME",
    )


@dataclass(frozen=True, kw_only=True)
class NewInstances(ConfigMap):
    """A launch template and an Auto Scaling group to make."""

    group_name: Key[str] = required(
        "shop-web-asg", _GROUP_NAME, "A name in place of the conventional one.", name="name"
    )
    image_id: str
    capacity: Capacity


@dataclass(frozen=True, kw_only=True)
class SlotSettings(ConfigMap):
    """One slot of a service."""

    slot: Slot
    target_group: KeyGroup[NewTargetGroup | ExistingTargetGroup] = KeyGroup(
        "The slot's target group, if it exists already or has another name.",
        ExistingTargetGroup,
        NewTargetGroup,
    )
    instances: KeyGroup[NewInstances | ExistingInstances] = KeyGroup(
        "The slot's Auto Scaling group, if it exists already or has another name.",
        ExistingInstances,
        NewInstances,
        name="autoScalingGroup",
    )


class Slots(ConfigMap):
    """Both slots of a service."""

    of_slot: ClassVar[BySlot[KeyGroup[Any]]] = BySlot(
        lambda _: KeyGroup(
            "Resources of this slot that exist already, or have other names.", SlotSettings
        )
    )


def has_existing_group(section: Section) -> bool:
    """Whether a slot's Auto Scaling group is there already."""
    return section.section(SlotSettings.instances).has(ExistingInstances.group_name)


def read_target_group(
    section: Section, names: Names, service: str, slot: Slot
) -> NewTargetGroup | ExistingTargetGroup:
    """The target group of a slot."""
    own = section.section(SlotSettings.target_group)
    if own.has(ExistingTargetGroup.name_or_arn):
        own.reject_idle("existing", NewTargetGroup.name)
        return ExistingTargetGroup.read(own)
    name = _own_name(own, NewTargetGroup.name) or names.of_slot(service, slot, TARGET_GROUP_PART)
    if len(name) > LONGEST_NAME and names.leave_room():
        short = f"{service[: LONGEST_NAME - 6]}-{slot}-tg".replace("--", "-")
        own.reject_value(
            NewTargetGroup.name,
            name,
            f"at most {LONGEST_NAME} characters; by the convention there are {len(name)}. "
            "Give it a name of its own, or shorten the service, org, regionCode or environment",
            short,
        )
    return NewTargetGroup(name=name)


def read_group_name(section: Section, names: Names, service: str, slot: Slot) -> str:
    """The name of a slot's Auto Scaling group, existing or ours."""
    own = section.section(SlotSettings.instances)
    if own.has(ExistingInstances.group_name):
        own.reject_idle("existing", NewInstances.group_name)
        if not section.section(SlotSettings.target_group).has(ExistingTargetGroup.name_or_arn):
            section.section(SlotSettings.target_group).reject(
                ExistingTargetGroup.name_or_arn,
                "the target group that the existing Auto Scaling group is attached to",
            )
        return own.read(ExistingInstances.group_name)
    return _own_name(own, NewInstances.group_name) or names.of_slot(service, slot, "asg")


def _own_name(section: Section, name: Key[str]) -> str | None:
    """The name that a slot's group is given; `None` where the convention names it."""
    is_named = section.has(name) or not section.is_sound(name)
    return section.read(name) if is_named else None


_ATTACHED = "once attached, its instances take requests beside the other targets of that group"


def found_target_group(
    named: ExistingTargetGroup, section: Section, vpc_id: str, lookups: Lookups
) -> ExistingTargetGroup:
    """`named` with its facts from AWS; refused if a weighted forward could not use it."""
    own = section.section(SlotSettings.target_group)
    if not own.is_sound(ExistingTargetGroup.name_or_arn):
        return named
    try:
        facts = lookups.target_group(named.name_or_arn)
    except LookupFailedError as error:
        own.reject(ExistingTargetGroup.name_or_arn, f"a target group that can be read; {error}")
        return named
    if facts.target_type != INSTANCE:
        own.reject(
            ExistingTargetGroup.name_or_arn,
            f"a target group of type {INSTANCE}, the only one that an Auto Scaling group can "
            f"register instances in; this one is of type {facts.target_type}",
        )
        return named
    if facts.vpc_id != vpc_id:
        own.reject(
            ExistingTargetGroup.name_or_arn,
            f"a target group of {vpc_id}; this one is of {facts.vpc_id}",
        )
    if facts.has_stickiness:
        own.reject(
            ExistingTargetGroup.name_or_arn,
            "a target group without stickiness, which would keep clients on a slot of weight 0; "
            f"once it is off, {STICKINESS_OFF}",
            without_stickiness(facts.arn, region=region_of(facts.arn)),
        )
    return replace(named, arn=facts.arn, arn_suffix=facts.arn_suffix)


def reject_detached(
    group_name: str, target_group: ExistingTargetGroup, section: Section, lookups: Lookups
) -> None:
    """Record an existing Auto Scaling group whose instances are not in the slot's target group."""
    own = section.section(SlotSettings.instances)
    if not own.is_sound(ExistingInstances.group_name):
        return
    try:
        facts = lookups.auto_scaling_group(group_name)
    except LookupFailedError as error:
        own.reject(ExistingInstances.group_name, f"an Auto Scaling group that can be read; {error}")
        return
    if target_group.arn and target_group.arn not in facts.target_group_arns:
        own.reject(
            ExistingInstances.group_name,
            f"an Auto Scaling group that is attached to {target_group.name_or_arn}; {_ATTACHED}",
            Command.of_aws(
                "autoscaling",
                "attach-traffic-sources",
                {
                    "auto-scaling-group-name": group_name,
                    "traffic-sources": [{"Identifier": target_group.arn, "Type": "elbv2"}],
                },
                region=region_of(target_group.arn),
                moves=_ATTACHED,
            ),
        )
