"""Asks the policies of the pack about a resource, as the engine's analyzer does."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy

from policy.rules import POLICIES

MISSING = object()
"""Stands for a field that is taken away."""
UNKNOWN = UNKNOWN_STRING_VALUE
"""What a preview has for a value that only the update will know."""

Found = dict[str, list[str]]
"""Policy id -> what it says."""


def violations(
    resource_type: str,
    props: Mapping[str, Any],
    *,
    name: str = "resource",
    is_protected: bool = True,
    ignore_changes: Sequence[str] = (),
    config: Mapping[str, Mapping[str, Any]] | None = None,
) -> Found:
    """What every resource policy says of a resource; those that say nothing are left out."""
    found: Found = {}
    for policy in POLICIES:
        if isinstance(policy, ResourceValidationPolicy):
            args = ResourceValidationArgs(
                resource_type,
                unknown_checking_proxy(copy.deepcopy(dict(props))),
                f"urn:pulumi:prod::failover::{resource_type}::{name}",
                name,
                _options(is_protected, ignore_changes),
                None,
                {**_defaults(policy), **(config or {}).get(policy.name, {})},
            )
            if messages := _said(policy, args):
                found[policy.name] = messages
    return found


def spoilt(props: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with `value` at `path`, such as `actions[0].forward`; taken away if `MISSING`."""
    copied = copy.deepcopy(dict(props))
    place: Any = copied
    *way, last = [int(s) if s.isdigit() else s for s in re.findall(r"[^.\[\]]+", path)]
    for step in way:
        place = place[step]
    if value is MISSING:
        del place[last]
    else:
        place[last] = value
    return copied


def _said(policy: ResourceValidationPolicy, args: ResourceValidationArgs) -> list[str]:
    messages: list[str] = []
    try:
        policy.validate(args, lambda message, _urn: messages.append(message))
    except UnknownValueError as error:
        messages.append(f"not evaluated: {error.message}")
    return messages


def _options(is_protected: bool, ignore_changes: Sequence[str]) -> PolicyResourceOptions:
    timeouts = PolicyCustomTimeouts(0, 0, 0)
    return PolicyResourceOptions(is_protected, list(ignore_changes), None, [], timeouts, [])


def _defaults(policy: ResourceValidationPolicy) -> dict[str, Any]:
    """What the CLI fills in. Numbers arrive as floats."""
    assert policy.config_schema is not None
    defaults = {name: each["default"] for name, each in policy.config_schema.properties.items()}
    return {name: float(value) if type(value) is int else value for name, value in defaults.items()}
