"""boto3's clients of one account and region, and the pages of their answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from live.errors import UnreadableError, translated
from live.session import ProviderSession

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients that read a service; tests give fakes."""

    balancing: ElasticLoadBalancingv2Client
    scaling: AutoScalingClient
    compute: EC2Client
    region: str

    @classmethod
    def of(cls, session: ProviderSession) -> Clients:
        """The clients of a session.

        Raises:
            LiveError: no such profile, or no region.
        """
        return cls(
            session.client("elbv2"),
            session.client("autoscaling"),
            session.client("ec2"),
            session.region,
        )


def pages(
    client: BaseClient, operation: str, key: str, *, page_size: int | None = None, **arguments: Any
) -> list[Mapping[str, Any]]:
    """Everything that an operation lists, from all of its pages.

    Args:
        client: The client.
        operation: The operation, such as `describe_rules`.
        key: The key of the list in each answer.
        page_size: The number of entries in a page; AWS's default if None.
        arguments: The arguments of the operation.

    Raises:
        LiveError: AWS cannot be read.
    """
    size: dict[str, Any] = {"PaginationConfig": {"PageSize": page_size}} if page_size else {}
    with translated():
        answers = list(client.get_paginator(operation).paginate(**arguments, **size))
    if not all(key in answer for answer in answers):
        raise UnreadableError(f"{operation} returned an answer without {key}")
    return [each for answer in answers for each in answer[key]]
