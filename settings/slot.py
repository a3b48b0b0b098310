"""A slot: its target group and Auto Scaling group, ours or existing, its image and capacity."""

from __future__ import annotations

from dataclasses import dataclass

from rollout.command import Command
from rollout.split import Slot
from rollout.stickiness import STICKINESS_OFF, without_stickiness
from settings.arn import arn_of
from settings.capacity import Capacity
from settings.declaration.key import Key, KeyGroup
from settings.declaration.kind import Json, RefusedValueError, Text, ValueProblem
from settings.declaration.section import Section
from settings.lookup import LookupFailedError, Lookups
from settings.names import LONGEST_NAME, TARGET_GROUP_PART, Names

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
    expected: str = "the name or the ARN of a target group that is there"

    def read(self, value: Json) -> str:
        """The value unchanged."""
        is_arn = isinstance(value, str) and value.startswith("arn:")
        try:
            return (_TARGET_GROUP_ARN if is_arn else _TARGET_GROUP_NAME).read(value)
        except RefusedValueError as refusal:
            raise RefusedValueError(ValueProblem(value, self.expected)) from refusal


EXISTING_TARGET_GROUP = Key(
    "existing",
    NameOrArn(),
    "A target group that is there and stays as it is.",
    "shop-web",
    offer="TARGET_GROUP_NAME",
)
TARGET_GROUP_NAME = Key(
    "name", _TARGET_GROUP_NAME, "A name other than the convention's.", "hankooktire-us-prd-web-tg"
)
EXISTING_GROUP = Key(
    "existing",
    _GROUP_NAME,
    "An Auto Scaling group that is there and stays as it is, with its image and capacity.",
    "shop-web",
    offer="AUTO_SCALING_GROUP_NAME",
)
GROUP_NAME = Key("name", _GROUP_NAME, "A name other than the convention's.", "shop-web-asg")
TARGET_GROUP = KeyGroup(
    "targetGroup",
    "The slot's target group, where it is not ours by convention.",
    (EXISTING_TARGET_GROUP, TARGET_GROUP_NAME),
)
AUTO_SCALING_GROUP = KeyGroup(
    "autoScalingGroup",
    "The slot's Auto Scaling group, where it is not ours by convention.",
    (EXISTING_GROUP, GROUP_NAME),
)
SLOTS: dict[Slot, KeyGroup] = {
    slot: KeyGroup(
        slot.value,
        "What the slot is made of, where it is not ours by convention.",
        (TARGET_GROUP, AUTO_SCALING_GROUP),
    )
    for slot in Slot
}


@dataclass(frozen=True, slots=True)
class NewTargetGroup:
    """A target group to make."""

    name: str


@dataclass(frozen=True, slots=True)
class ExistingTargetGroup:
    """A target group that is there; the ARN is empty until it was looked up."""

    name_or_arn: str
    arn: str = ""
    arn_suffix: str = ""


@dataclass(frozen=True, slots=True)
class NewInstances:
    """A launch template and an Auto Scaling group to make."""

    group_name: str
    image_id: str
    capacity: Capacity


@dataclass(frozen=True, slots=True)
class ExistingInstances:
    """An Auto Scaling group that is there, with instances of its own."""

    group_name: str


@dataclass(frozen=True, slots=True)
class SlotSettings:
    """One slot of a service."""

    slot: Slot
    target_group: NewTargetGroup | ExistingTargetGroup
    instances: NewInstances | ExistingInstances


def has_existing_group(section: Section) -> bool:
    """Whether a slot's Auto Scaling group is there already."""
    return section.section(AUTO_SCALING_GROUP).has(EXISTING_GROUP)


def read_target_group(
    section: Section, names: Names, service: str, slot: Slot
) -> NewTargetGroup | ExistingTargetGroup:
    """The target group of a slot."""
    own = section.section(TARGET_GROUP)
    if own.has(EXISTING_TARGET_GROUP):
        own.reject_idle("existing", TARGET_GROUP_NAME)
        return ExistingTargetGroup(own.require(EXISTING_TARGET_GROUP))
    name = own.read(TARGET_GROUP_NAME) or names.of_slot(service, slot, TARGET_GROUP_PART)
    if len(name) > LONGEST_NAME and names.leave_room():
        short = f"{service[: LONGEST_NAME - 6]}-{slot}-tg".replace("--", "-")
        own.reject_value(
            TARGET_GROUP_NAME,
            name,
            f"at most {LONGEST_NAME} characters; by the convention there are {len(name)}. "
            "Give it a name of its own, or shorten the service, org, regionCode or environment",
            short,
        )
    return NewTargetGroup(name)


def read_group_name(section: Section, names: Names, service: str, slot: Slot) -> str:
    """The name of a slot's Auto Scaling group, existing or ours."""
    own = section.section(AUTO_SCALING_GROUP)
    if own.has(EXISTING_GROUP):
        own.reject_idle("existing", GROUP_NAME)
        if not section.section(TARGET_GROUP).has(EXISTING_TARGET_GROUP):
            section.section(TARGET_GROUP).reject(
                EXISTING_TARGET_GROUP,
                "the target group that the existing Auto Scaling group is attached to",
            )
        return own.require(EXISTING_GROUP)
    return own.read(GROUP_NAME) or names.of_slot(service, slot, "asg")


_ATTACHED = "once attached, its instances take requests beside the other targets of that group"


def found_target_group(
    named: ExistingTargetGroup, section: Section, vpc_id: str, lookups: Lookups
) -> ExistingTargetGroup:
    """`named` with what AWS says of it; one that a weighted forward could not use is refused."""
    own = section.section(TARGET_GROUP)
    if not own.is_sound(EXISTING_TARGET_GROUP):
        return named
    try:
        facts = lookups.target_group(named.name_or_arn)
    except LookupFailedError as error:
        own.reject(EXISTING_TARGET_GROUP, f"a target group that can be read; {error}")
        return named
    if facts.vpc_id != vpc_id:
        own.reject(
            EXISTING_TARGET_GROUP, f"a target group of {vpc_id}; this one is of {facts.vpc_id}"
        )
    if facts.has_stickiness:
        own.reject(
            EXISTING_TARGET_GROUP,
            "a target group without stickiness, which would keep clients on a slot of weight 0; "
            f"once it is off, {STICKINESS_OFF}",
            without_stickiness(facts.arn, region=_region_of(facts.arn)),
        )
    return ExistingTargetGroup(named.name_or_arn, facts.arn, facts.arn_suffix)


def reject_detached(
    group_name: str, target_group: ExistingTargetGroup, section: Section, lookups: Lookups
) -> None:
    """Record an existing Auto Scaling group whose instances are not in the slot's target group."""
    own = section.section(AUTO_SCALING_GROUP)
    if not own.is_sound(EXISTING_GROUP):
        return
    try:
        facts = lookups.auto_scaling_group(group_name)
    except LookupFailedError as error:
        own.reject(EXISTING_GROUP, f"an Auto Scaling group that can be read; {error}")
        return
    if target_group.arn and target_group.arn not in facts.target_group_arns:
        own.reject(
            EXISTING_GROUP,
            f"an Auto Scaling group that is attached to {target_group.name_or_arn}; {_ATTACHED}",
            Command.of_aws(
                "autoscaling",
                "attach-traffic-sources",
                {
                    "auto-scaling-group-name": group_name,
                    "traffic-sources": [{"Identifier": target_group.arn, "Type": "elbv2"}],
                },
                region=_region_of(target_group.arn),
                moves=_ATTACHED,
            ),
        )


def _region_of(arn: str) -> str:
    return arn.split(":")[3]
