"""The CloudWatch alarms that watch the target groups of a stack, or its load balancer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from live.address import ServiceAddress
from live.clients import pages
from live.cloudwatch import LOAD_BALANCER, NAMESPACE, TARGET_GROUP, Dimensions
from rollout.split import Slot

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

ALARM = "ALARM"
INSUFFICIENT_DATA = "INSUFFICIENT_DATA"
_PAGE = 100
"""Source: CloudWatch API, DescribeAlarms."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm. Source: CloudWatch API, MetricAlarm."""

    name: str
    state: str
    """`OK`, `ALARM` or `INSUFFICIENT_DATA`."""
    reason: str
    since: datetime
    service: str | None
    slot: Slot | None
    """The slot whose target group it watches; None for an alarm of the load balancer."""


class Alarms:
    """Reads the alarms of a stack among all of the account."""

    def __init__(
        self, cloudwatch: CloudWatchClient, listener_arn: str, services: Sequence[ServiceAddress]
    ) -> None:
        self._cloudwatch = cloudwatch
        self._balancer = Dimensions.of(listener_arn).load_balancer
        self._slots = {
            Dimensions.of(listener_arn, arn).target_group: (service.service, slot)
            for service in services
            for slot, arn in service.target_group_arns.items()
        }

    def read(self) -> Sequence[Alarm]:
        """All of them, by one call for each hundred alarms of the account and region.

        Raises:
            LiveError: AWS could not be read.
        """
        found = pages(
            self._cloudwatch,
            "describe_alarms",
            "MetricAlarms",
            page_size=_PAGE,
            AlarmTypes=["MetricAlarm"],
        )
        return [alarm for each in found if (alarm := self._ours(each)) is not None]

    def _ours(self, alarm: Mapping[str, Any]) -> Alarm | None:
        named = {each["Name"]: each["Value"] for each in alarm.get("Dimensions", [])}
        if alarm.get("Namespace") != NAMESPACE or named.get(LOAD_BALANCER) != self._balancer:
            return None
        group = named.get(TARGET_GROUP)
        if group is not None and group not in self._slots:
            return None
        service, slot = self._slots[group] if group is not None else (None, None)
        return Alarm(
            name=alarm["AlarmName"],
            state=alarm["StateValue"],
            reason=alarm.get("StateReason", ""),
            since=alarm["StateUpdatedTimestamp"],
            service=service,
            slot=slot,
        )
