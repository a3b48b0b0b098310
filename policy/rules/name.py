"""Names: `{org}-{region}-{environment}-{what it is}`, where we give the name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pulumi_policy import ResourceValidationArgs, ResourceValidationPolicy

from .policy import Check, configured, traffic_policy
from .resource_type import AUTO_SCALING_GROUP, LAUNCH_TEMPLATE, LOAD_BALANCER, TARGET_GROUP
from .value import shown

_PREFIX = "prefix"
_PART = "[a-z0-9]+"
_ANY_PREFIX = f"{_PART}(-{_PART}){{2,}}"
_OF_A_SLOT = rf"-{_PART}(-{_PART})*-0[12]-"
"""A service and a slot in it."""


def _other_than(pattern: str, example: str) -> Check:
    def check(args: ResourceValidationArgs) -> Iterator[str]:
        name = args.props.get("name")
        prefix = configured(args, _PREFIX, "")
        begins = re.escape(prefix) if prefix else _ANY_PREFIX
        if not re.fullmatch(begins + pattern, str(name or "")):
            shape = f"{prefix or '{org}-{region}-{environment}'}-{example}"
            yield (
                f"name is {shown(name)}; expected {shape}; a resource that was adopted with "
                'another name is listed under "exempt"'
            )

    return check


def _policy(noun: str) -> Callable[[tuple[str, ...], str, str], ResourceValidationPolicy]:
    def make(types: tuple[str, ...], pattern: str, example: str) -> ResourceValidationPolicy:
        return traffic_policy(
            f"{noun}-name",
            f"The name contains stack and slot: {{prefix}}-{example}.",
            types,
            _other_than(pattern, example),
            {
                _PREFIX: {
                    "type": "string",
                    "default": "",
                    "description": "`{org}-{region}-{environment}` of the stack; any where empty.",
                }
            },
        )

    return make


POLICIES = (
    _policy("load-balancer")(LOAD_BALANCER, "-alb", "alb"),
    _policy("target-group")(TARGET_GROUP, f"{_OF_A_SLOT}tg", "{service}-{slot}-tg"),
    _policy("auto-scaling-group")(AUTO_SCALING_GROUP, f"{_OF_A_SLOT}asg", "{service}-{slot}-asg"),
    _policy("launch-template")(LAUNCH_TEMPLATE, f"{_OF_A_SLOT}lt", "{service}-{slot}-lt"),
)
