"""Attributes of a target group, which AWS keeps as texts by key.

Source: hashicorp/aws 6 internal/service/elbv2/target_group.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rehearsal.provider.table import Values

_ATTRIBUTES: dict[tuple[str, ...], str] = {
    ("deregistrationDelay",): "deregistration_delay.timeout_seconds",
    ("slowStart",): "slow_start.duration_seconds",
    ("loadBalancingAlgorithmType",): "load_balancing.algorithm.type",
    ("stickiness", "enabled"): "stickiness.enabled",
    ("stickiness", "type"): "stickiness.type",
    ("stickiness", "cookieDuration"): "stickiness.lb_cookie.duration_seconds",
    **{
        ("targetGroupHealth", block, f"minimumHealthyTargets{unit.capitalize()}"): (
            f"target_group_health.{name}.minimum_healthy_targets.{unit}"
        )
        for block, name in (
            ("dnsFailover", "dns_failover"),
            ("unhealthyStateRouting", "unhealthy_state_routing"),
        )
        for unit in ("count", "percentage")
    },
}
"""Where each attribute stands in the inputs. Source: ELBv2 API Reference, TargetGroupAttribute."""


def attributes_as_aws(inputs: Values, names: Iterable[str]) -> list[Any]:
    """The attributes that stand in these top-level properties, as AWS takes them."""
    wanted: list[Any] = []
    for path, key in _ATTRIBUTES.items():
        value: Any = inputs if path[0] in names else None
        for step in path:
            value = value.get(step) if value is not None else None
        if value is not None:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            wanted.append({"Key": key, "Value": text})
    return wanted


def attributes_from_aws(attributes: Iterable[Any]) -> Values:
    """AWS's attributes as the properties that they stand in."""
    texts = {entry.get("Key"): entry.get("Value") for entry in attributes}
    told: Values = {}
    for path, key in _ATTRIBUTES.items():
        text = texts.get(key)
        if text is None:
            continue
        block = told
        for step in path[:-1]:
            block = block.setdefault(step, {})
        block[path[-1]] = _typed(path, text)
    return told


_INTEGERS = {
    ("deregistrationDelay",),
    ("slowStart",),
    ("stickiness", "cookieDuration"),
    ("targetGroupHealth", "unhealthyStateRouting", "minimumHealthyTargetsCount"),
}


def _typed(path: tuple[str, ...], text: str) -> Any:
    if path == ("stickiness", "enabled"):
        return text == "true"
    return int(text) if path in _INTEGERS else text
