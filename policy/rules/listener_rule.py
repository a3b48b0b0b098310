"""Listener rules: both slots by weight, at every split."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pulumi_policy import EnforcementLevel, ResourceValidationArgs

from .policy import traffic_policy
from .resource_type import LISTENER_RULE
from .value import Properties, has, is_on, section, sections, shown, whole_number

TOTAL_WEIGHT = 100
PREVIEW_HEADER = "x-failover-slot"
"""The header that reaches a slot whatever its weight."""
LOGIN_TAG, SKIPPED = "Login", "skipped"
"""The tag of a preview rule that forwards without the login of its service."""

_TO_A_WEIGHT = ("actions", None, "forward", "targetGroups", None, "weight")
"""The path of a weight; `None` is an index."""


def _missing_two_groups(args: ResourceValidationArgs) -> Iterator[str]:
    if _is_preview(args.props):
        return
    for path, groups in _forwards(args.props):
        if len(groups) != 2:
            yield (
                f"{path} forwards to {_count(groups)}; expected 2, the target groups of both "
                "slots, also of the one with weight 0: it keeps its health checks only in a rule"
            )


def _the_same_group_twice(args: ResourceValidationArgs) -> Iterator[str]:
    for path, groups in _forwards(args.props):
        # In one group alone there is nothing to compare, known or not.
        arns = [group.get("arn") for group in groups] if len(groups) > 1 else []
        for arn in sorted({str(arn) for arn in arns if arns.count(arn) > 1}):
            yield f"{path} forwards more than once to {arn}; expected one group per slot"


def _weights_other_than_a_split(args: ResourceValidationArgs) -> Iterator[str]:
    for path, groups in _forwards(args.props):
        if len(groups) < 2:
            continue
        weights = [group.get("weight") for group in groups]
        odd = [
            f"{path}.targetGroups[{index}].weight is {shown(weight)}; expected a whole number "
            f"from 0 to {TOTAL_WEIGHT}"
            for index, weight in enumerate(weights)
            if not _is_weight(weight)
        ]
        yield from odd
        total = sum(whole_number(weight) or 0 for weight in weights)
        if not odd and total != TOTAL_WEIGHT:
            split = "/".join(shown(weight) for weight in weights)
            yield f"{path} has the weights {split}, in total {total}; expected {TOTAL_WEIGHT}"


def _stickiness(args: ResourceValidationArgs) -> Iterator[str]:
    for index, action in enumerate(sections(args.props, "actions")):
        if is_on(section(section(action, "forward"), "stickiness").get("enabled")):
            yield (
                f"actions[{index}].forward.stickiness.enabled is true; expected false: a client "
                "that sticks to a slot outlives its weight"
            )


def _preview_of_several_groups(args: ResourceValidationArgs) -> Iterator[str]:
    if not _is_preview(args.props):
        return
    for path, groups in _forwards(args.props):
        if len(groups) != 1:
            yield (
                f"{path} forwards to {_count(groups)} on the header {PREVIEW_HEADER}; expected 1, "
                "the slot that the header names"
            )


def _skipped_login(args: ResourceValidationArgs) -> Iterator[str]:
    found = section(args.props, "tags").get(LOGIN_TAG)
    if found == SKIPPED:
        yield (
            f"tags.{LOGIN_TAG} is {shown(found)}; expected the login of the service before the "
            "forward: whoever has the preview header reaches the slot without a session "
            "(preview.skipLogin)"
        )


def _unmanaged_weights(args: ResourceValidationArgs) -> Iterator[str]:
    for path in args.opts.ignore_changes:
        if _reaches_a_weight(path):
            yield (
                f"ignore_changes has {shown(str(path))}; expected no path to a weight: the "
                "provider resets an ignored one"
            )


def _is_preview(properties: Properties) -> bool:
    names = [
        section(condition, "httpHeader").get("httpHeaderName")
        for condition in sections(properties, "conditions")
        if has(condition, "httpHeader")
    ]
    return any(str(name).lower() == PREVIEW_HEADER for name in names)


def _forwards(properties: Properties) -> Iterator[tuple[str, list[Properties]]]:
    """Every forward action: where it stands, and the target groups that it forwards to."""
    for index, action in enumerate(sections(properties, "actions")):
        if action.get("type") != "forward":
            continue
        if has(action, "forward"):
            groups = sections(section(action, "forward"), "targetGroups")
            yield f"actions[{index}].forward", groups
        else:
            yield f"actions[{index}]", [{}] if has(action, "targetGroupArn") else []


def _count(groups: list[Properties]) -> str:
    return f"{len(groups)} target group{'' if len(groups) == 1 else 's'}"


def _is_weight(value: Any) -> bool:
    number = whole_number(value)
    return number is not None and 0 <= number <= TOTAL_WEIGHT


def _reaches_a_weight(path: str) -> bool:
    """Whether `path`, or what it leads into, is a weight: `actions`, `*`, `actions[0].forward`."""
    steps = re.findall(r'[^.\[\]"]+', path)
    return len(steps) <= len(_TO_A_WEIGHT) and all(
        step == "*" or (step.isdigit() if expected is None else _camel(step) == expected)
        for step, expected in zip(steps, _TO_A_WEIGHT, strict=False)
    )


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)


POLICIES = (
    traffic_policy(
        "listener-rule-two-groups",
        "A service's rule forwards to the target groups of both its slots; only a preview rule, "
        f"on the header {PREVIEW_HEADER}, forwards to one.",
        LISTENER_RULE,
        _missing_two_groups,
    ),
    traffic_policy(
        "listener-rule-distinct-groups",
        "A forward action names each target group once.",
        LISTENER_RULE,
        _the_same_group_twice,
    ),
    traffic_policy(
        "listener-rule-split-total",
        "Weights of a forward action sum to 100, so that a weight reads as a percentage.",
        LISTENER_RULE,
        _weights_other_than_a_split,
    ),
    traffic_policy(
        "listener-rule-stickiness",
        "A forward action binds no client to a slot.",
        LISTENER_RULE,
        _stickiness,
    ),
    traffic_policy(
        "listener-rule-preview",
        "A preview rule forwards to one slot.",
        LISTENER_RULE,
        _preview_of_several_groups,
    ),
    traffic_policy(
        "listener-rule-weights",
        "No change of weights is ignored: `ignore_changes` does not contain them.",
        LISTENER_RULE,
        _unmanaged_weights,
    ),
    traffic_policy(
        "listener-rule-preview-login",
        "A preview rule asks for the login of its service.",
        LISTENER_RULE,
        _skipped_login,
        level=EnforcementLevel.ADVISORY,
    ),
)
