"""The live stack, read with boto3: what its rules, targets and groups say now."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ops.ramp.effects import LiveService, LiveSlot
from ops.ramp.errors import AwsError, NotSureError
from rollout.split import TOTAL_WEIGHT, Slot, Split

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})


class LiveStack:
    """The services of one stack.

    Args:
        services: The stack's output of that name: per service the rule's and target groups' ARNs.
        region: Where the stack lives.
    """

    def __init__(self, services: Mapping[str, Any], region: str) -> None:
        self._services = services
        config = Config(
            retries={"mode": "adaptive", "total_max_attempts": 5},
            connect_timeout=5,
            read_timeout=10,
        )
        session = boto3.Session(region_name=region)
        self._elb: ElasticLoadBalancingv2Client = session.client("elbv2", config=config)
        self._groups: AutoScalingClient = session.client("autoscaling", config=config)

    def splits(self) -> Mapping[str, Split]:
        """The split of every service's rule, in one request."""
        arns = {name: service["ruleArn"] for name, service in self._services.items()}
        with _translated():
            rules: list[Any] = [*self._elb.describe_rules(RuleArns=list(arns.values()))["Rules"]]
        by_arn: dict[str, Any] = {rule["RuleArn"]: rule for rule in rules}
        return {
            name: _split(name, by_arn[arn], self._services[name]["targetGroupArns"])
            for name, arn in arns.items()
        }

    def services(self) -> Mapping[str, LiveService]:
        """Rules, targets and groups of every service."""
        splits = self.splits()
        groups = self._groups_by_target_group()
        return {
            name: LiveService(
                splits[name],
                {s: self._slot(service["targetGroupArns"][s.value], groups) for s in Slot},
            )
            for name, service in self._services.items()
        }

    def _slot(self, arn: str, groups: Mapping[str, Any]) -> LiveSlot:
        with _translated():
            described: Any = self._elb.describe_target_health(TargetGroupArn=arn)
        states = [t["TargetHealth"]["State"] for t in described["TargetHealthDescriptions"]]
        group = groups.get(arn)
        if group is None:
            raise NotSureError(
                f"no Auto Scaling group serves the target group {arn}\n"
                "  expected: one, since a ramp has to know how many instances a slot may have"
            )
        return LiveSlot(
            healthy=states.count("healthy"),
            desired=group["DesiredCapacity"],
            smallest=group["MinSize"],
            largest=group["MaxSize"],
        )

    def _groups_by_target_group(self) -> dict[str, Any]:
        with _translated():
            pages = self._groups.get_paginator("describe_auto_scaling_groups").paginate()
            groups = [group for page in pages for group in page["AutoScalingGroups"]]
        return {arn: group for group in groups for arn in group.get("TargetGroupARNs", [])}


def _split(service: str, rule: Mapping[str, Any], arns: Mapping[str, str]) -> Split:
    """The split of one rule.

    Raises:
        NotSureError: its weights are no split of the two slots.
    """
    groups = rule["Actions"][-1].get("ForwardConfig", {}).get("TargetGroups", [])
    weights = {group["TargetGroupArn"]: group.get("Weight", 0) for group in groups}
    found = tuple(weights.get(arns[slot.value]) for slot in Slot)
    strangers = set(weights) - set(arns.values())
    if not strangers and None not in found and sum(w or 0 for w in found) == TOTAL_WEIGHT:
        return Split(*(weight or 0 for weight in found))
    text = "/".join("none" if weight is None else str(weight) for weight in found)
    raise NotSureError(
        f"the live rule of {service} is at {text}"
        f"{', beside ' + ', '.join(sorted(strangers)) if strangers else ''}\n"
        f"  expected: both target groups, with weights that sum to 100 ({rule['RuleArn']})\n"
        "  mend:     see who changed it; `pulumi up` puts back what the config says"
    )


@contextmanager
def _translated() -> Generator[None]:
    """Raise what AWS or the network says as ours."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        mend = "log in again" if code in _EXPIRED else "see what it says"
        raise AwsError(f"AWS cannot be read: {error}\n  mend:     {mend}") from error
    except BotoCoreError as error:
        raise AwsError(f"AWS cannot be read: {error}") from error
