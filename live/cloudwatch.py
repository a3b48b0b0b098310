"""What CloudWatch has of a stack's load balancer and target groups: its metrics and its alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from live.address import ServiceAddress
from live.clients import pages
from live.errors import AccessDeniedError, UnreachableError
from rollout.split import Slot

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient


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


PERIOD_SECONDS = 60

REQUESTS = "RequestCount"
STATUS_4XX = "HTTPCode_Target_4XX_Count"
STATUS_5XX = "HTTPCode_Target_5XX_Count"
CONNECTION_ERRORS = "TargetConnectionErrorCount"
LATENCY = "TargetResponseTime"
BALANCER_5XX = "HTTPCode_ELB_5XX_Count"
REJECTED = "RejectedConnectionCount"

_OF_A_GROUP = (REQUESTS, STATUS_4XX, STATUS_5XX, CONNECTION_ERRORS)
_OF_THE_BALANCER = (REQUESTS, BALANCER_5XX, REJECTED)

Points = Mapping[datetime, float]
"""Start of a minute -> its value; a minute without data has none."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Points of one target group, or of the load balancer, by metric."""

    points: Mapping[str, Points] = field(default_factory=dict[str, Points])

    def at(self, metric: str, minute: datetime) -> float | None:
        """The value of a minute; None if CloudWatch has none, which for a count may mean 0."""
        return self.points.get(metric, {}).get(minute)

    def total(self, metric: str) -> float:
        """The sum over all minutes."""
        return sum(self.points.get(metric, {}).values())

    @property
    def minutes(self) -> list[datetime]:
        """The minutes in which there were requests."""
        return sorted(self.points.get(REQUESTS, {}))


@dataclass(frozen=True, slots=True)
class StackMetrics:
    """The metrics of one interval."""

    start: datetime
    end: datetime
    slots: Mapping[tuple[str, Slot], Measured]
    balancer: Measured


class Metrics:
    """Reads all metrics by one call; ratios are computed here, from the counts."""

    def __init__(
        self,
        cloudwatch: CloudWatchClient,
        listener_arn: str,
        services: Sequence[ServiceAddress],
        latency_percentile: int,
    ) -> None:
        self._cloudwatch = cloudwatch
        self._latency = f"p{latency_percentile}"
        self._balancer = Dimensions.of(listener_arn)
        self._groups = {
            (service.service, slot): Dimensions.of(listener_arn, arn)
            for service in services
            for slot, arn in service.target_group_arns.items()
        }

    def read(self, start: datetime, end: datetime) -> StackMetrics:
        """The whole minutes from `start` to `end`, both the beginning of a minute, in UTC.

        Latencies are in milliseconds, counts are sums.

        Raises:
            LiveError: AWS could not be read.
        """
        places = [*self._groups.values(), self._balancer]
        asked = [
            (place, metric)
            for place in places
            for metric in (_OF_THE_BALANCER if place is self._balancer else (*_OF_A_GROUP, LATENCY))
        ]
        queries = [self._query(f"m{n}", *each) for n, each in enumerate(asked)]
        found: dict[str, dict[datetime, float]] = {}
        for result in self._results(queries, start, end):
            points = zip(result["Timestamps"], result["Values"], strict=True)
            found.setdefault(result["Id"], {}).update(points)
        measured = {place: Measured(self._points(place, asked, found)) for place in places}
        slots = {key: measured[place] for key, place in self._groups.items()}
        return StackMetrics(start, end, slots, measured[self._balancer])

    def _query(self, query_id: str, place: Dimensions, metric: str) -> dict[str, Any]:
        return {
            "Id": query_id,
            "MetricStat": {
                "Metric": {
                    "Namespace": NAMESPACE,
                    "MetricName": metric,
                    "Dimensions": place.as_arguments(),
                },
                "Period": PERIOD_SECONDS,
                "Stat": self._latency if metric == LATENCY else "Sum",
            },
        }

    def _results(
        self, queries: list[dict[str, Any]], start: datetime, end: datetime
    ) -> list[Mapping[str, Any]]:
        results = pages(
            self._cloudwatch,
            "get_metric_data",
            "MetricDataResults",
            MetricDataQueries=queries,
            StartTime=start,
            EndTime=end,
        )
        for result in results:
            _require_data(result)
        return results

    def _points(
        self,
        place: Dimensions,
        asked: Sequence[tuple[Dimensions, str]],
        found: Mapping[str, Mapping[datetime, float]],
    ) -> dict[str, Points]:
        by_metric: dict[str, Points] = {}
        for number, (where, metric) in enumerate(asked):
            if where == place:
                unit = 1000.0 if metric == LATENCY else 1.0
                values = found.get(f"m{number}", {})
                by_metric[metric] = {at: value * unit for at, value in values.items()}
        return by_metric


def _require_data(result: Mapping[str, Any]) -> None:
    """Raise if CloudWatch withholds a metric: it has no value then, as for a count of zero.

    Source: CloudWatch API Reference, MetricDataResult, StatusCode.

    Raises:
        LiveError: the metric is forbidden, or CloudWatch failed.
    """
    status, name = result.get("StatusCode", "Complete"), result.get("Label") or result["Id"]
    messages = "; ".join(each.get("Value", "") for each in result.get("Messages", []))
    answer = f"GetMetricData: {name}: {status}{f': {messages}' if messages else ''}"
    if status == "Forbidden":
        raise AccessDeniedError(
            f"access denied ({answer}): these credentials need the permission "
            "cloudwatch:GetMetricData"
        )
    if status == "InternalError":
        raise UnreachableError(f"AWS answers that it is down ({answer})")


ALARM = "ALARM"
INSUFFICIENT_DATA = "INSUFFICIENT_DATA"
_ALARMS_PER_PAGE = 100
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
            page_size=_ALARMS_PER_PAGE,
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
