"""The calls of AWS that the reader makes, as boto3 has them; tests give fakes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from live.session import ProviderSession

Answer = Mapping[str, Any]


class Balancing(Protocol):
    """Elastic Load Balancing v2."""

    def describe_rules(self, *, RuleArns: list[str]) -> Answer:  # noqa: N803 - boto3's own name
        """Rules by their ARNs; fails if one is not there."""
        ...

    def describe_target_health(self, *, TargetGroupArn: str) -> Answer:  # noqa: N803
        """Every target of a group."""
        ...

    def get_paginator(self, operation_name: str) -> Any:
        """A paginator of an operation."""
        ...


class Scaling(Protocol):
    """EC2 Auto Scaling."""

    def describe_auto_scaling_groups(self, **arguments: Any) -> Answer:
        """Groups, by name or all, in pages."""
        ...

    def describe_launch_configurations(self, **arguments: Any) -> Answer:
        """Launch configurations by name."""
        ...


class Compute(Protocol):
    """EC2."""

    def describe_launch_template_versions(self, **arguments: Any) -> Answer:
        """Versions of one launch template, in pages."""
        ...

    def describe_images(self, **arguments: Any) -> Answer:
        """Machine images, by filters."""
        ...


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients of one account and region."""

    balancing: Balancing
    scaling: Scaling
    compute: Compute

    @classmethod
    def of(cls, session: ProviderSession) -> Clients:
        """The clients of a session.

        Raises:
            LiveError: no such profile, or no region.
        """
        return cls(session.client("elbv2"), session.client("autoscaling"), session.client("ec2"))
