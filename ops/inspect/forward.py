"""A forward action as AWS takes it, with all that it had: weights, order and stickiness."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ops.inspect.document import WeightedGroup


def forward_action(
    groups: Iterable[WeightedGroup], stickiness_seconds: int | None
) -> dict[str, Any]:
    """The action of a ModifyRule or ModifyListener. Source: ELBv2 API, ForwardActionConfig."""
    stickiness: dict[str, Any] = {"Enabled": stickiness_seconds is not None}
    if stickiness_seconds is not None:
        stickiness["DurationSeconds"] = stickiness_seconds
    weighted = [{"TargetGroupArn": group.arn, "Weight": group.weight} for group in groups]
    config = {"TargetGroups": weighted, "TargetGroupStickinessConfig": stickiness}
    return {"Type": "forward", "ForwardConfig": config}
