"""The target group of a slot, ours or existing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rollout.command import STICKINESS_OFF, without_stickiness
from rollout.split import Slot
from settings.declaration.key import ConfigMap, Key, KeyGroup, required
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

_TARGET_GROUP_NAME = Text(
    rf"(?=.{{1,{LONGEST_NAME}}}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?",
    f"a name of at most {LONGEST_NAME} letters, digits and hyphens, with no hyphen at either end",
)
_TARGET_GROUP_ARN = arn_of(
    "elasticloadbalancing", r"targetgroup/[A-Za-z0-9-]+/[0-9a-f]+", "a target group"
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


TARGET_GROUP: KeyGroup[NewTargetGroup | ExistingTargetGroup] = KeyGroup(
    "The slot's target group, if it exists already or has another name.",
    ExistingTargetGroup,
    NewTargetGroup,
    name="targetGroup",
)


def read_target_group(
    own: Section, names: Names, service: str, slot: Slot
) -> NewTargetGroup | ExistingTargetGroup:
    """The target group of a slot, whose map is `own`."""
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


def _own_name(section: Section, name: Key[str]) -> str | None:
    """The name that a slot's group is given; `None` where the convention names it."""
    is_named = section.has(name) or not section.is_sound(name)
    return section.read(name) if is_named else None


def found_target_group(
    named: ExistingTargetGroup,
    own: Section,
    vpc_id: str,
    target_types: frozenset[str],
    lookups: Lookups,
) -> ExistingTargetGroup:
    """`named` with its facts from AWS; refused if a weighted forward could not use it.

    Args:
        named: The target group as the config names it.
        own: Where it stands.
        vpc_id: The VPC of the load balancer.
        target_types: The types that the slot's fleet can fill.
        lookups: Asks AWS.
    """
    if not own.is_sound(ExistingTargetGroup.name_or_arn):
        return named
    try:
        facts = lookups.target_group(named.name_or_arn)
    except LookupFailedError as error:
        own.reject(ExistingTargetGroup.name_or_arn, f"a target group that can be read; {error}")
        return named
    if facts.target_type not in target_types:
        own.reject(
            ExistingTargetGroup.name_or_arn,
            f"a target group of type {' or '.join(sorted(target_types))}, which the fleet of this "
            f"slot can fill; this one is of type {facts.target_type}",
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
