"""The calls of CloudWatch that are made, as boto3 has them, and how it names what it measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

NAMESPACE = "AWS/ApplicationELB"
LOAD_BALANCER = "LoadBalancer"
TARGET_GROUP = "TargetGroup"


class CloudWatch(Protocol):
    """CloudWatch; tests give a fake."""

    def get_metric_data(self, **arguments: Any) -> Mapping[str, Any]:
        """Points of several metrics, in pages."""
        ...

    def describe_alarms(self, **arguments: Any) -> Mapping[str, Any]:
        """Alarms, in pages."""
        ...


@dataclass(frozen=True, slots=True)
class Dimensions:
    """How CloudWatch names a load balancer and a target group: the last part of their ARNs.

    Source: CloudWatch metrics for your Application Load Balancer, "Metric dimensions".
    """

    load_balancer: str
    target_group: str | None = None

    @classmethod
    def of(cls, listener_arn: str, target_group_arn: str | None = None) -> Dimensions:
        """The names from the ARNs of a listener of the load balancer and of a target group."""
        balancer = "/".join(listener_arn.rpartition(":")[2].split("/")[1:4])
        group = target_group_arn.rpartition(":")[2] if target_group_arn else None
        return cls(balancer, group)

    def as_arguments(self) -> list[dict[str, str]]:
        """As the API takes them."""
        found = [{"Name": LOAD_BALANCER, "Value": self.load_balancer}]
        if self.target_group is not None:
            found.append({"Name": TARGET_GROUP, "Value": self.target_group})
        return found
