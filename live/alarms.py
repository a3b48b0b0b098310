"""The CloudWatch alarms that watch the target groups of a stack, or its load balancer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from live.address import ServiceAddress
from live.cloudwatch import LOAD_BALANCER, NAMESPACE, TARGET_GROUP, CloudWatch, Dimensions
from live.errors import translated
from rollout.split import Slot

ALARM = "ALARM"
INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm as CloudWatch has it. Source: CloudWatch API, MetricAlarm."""

    name: str
    state: str
    """`OK`, `ALARM` or `INSUFFICIENT_DATA`."""
    reason: str
    since: datetime
    service: str | None
    slot: Slot | None
    """Whose target group it watches; None for the load balancer's."""


class Alarms:
    """Reads them; those of anything else in the account are left out."""

    def __init__(
        self, cloudwatch: CloudWatch, listener_arn: str, services: Sequence[ServiceAddress]
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
        return [alarm for each in self._pages() if (alarm := self._ours(each)) is not None]

    def _pages(self) -> Iterator[Mapping[str, Any]]:
        token: dict[str, str] = {}
        while True:
            with translated():
                page = self._cloudwatch.describe_alarms(
                    AlarmTypes=["MetricAlarm"], MaxRecords=100, **token
                )
            yield from page["MetricAlarms"]
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

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
