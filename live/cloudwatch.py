"""How CloudWatch names a load balancer and its target groups."""

from __future__ import annotations

from dataclasses import dataclass

NAMESPACE = "AWS/ApplicationELB"
LOAD_BALANCER = "LoadBalancer"
TARGET_GROUP = "TargetGroup"


@dataclass(frozen=True, slots=True)
class Dimensions:
    """The dimensions of a load balancer and of a target group: the last part of their ARNs.

    Source: CloudWatch metrics for your Application Load Balancer, "Metric dimensions".
    """

    load_balancer: str
    target_group: str | None = None

    @classmethod
    def of(cls, listener_arn: str, target_group_arn: str | None = None) -> Dimensions:
        """The dimensions, from the ARN of a listener of the load balancer and of a target group."""
        balancer = "/".join(listener_arn.rpartition(":")[2].split("/")[1:4])
        group = target_group_arn.rpartition(":")[2] if target_group_arn else None
        return cls(balancer, group)

    def as_arguments(self) -> list[dict[str, str]]:
        """The dimensions as the API takes them."""
        found = [{"Name": LOAD_BALANCER, "Value": self.load_balancer}]
        if self.target_group is not None:
            found.append({"Name": TARGET_GROUP, "Value": self.target_group})
        return found
