"""CloudWatch's metrics of a stack's load balancer and of its target groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from live.address import ServiceAddress
from live.clients import pages
from live.cloudwatch import NAMESPACE, Dimensions
from live.errors import AccessDeniedError, UnreachableError
from rollout.split import Slot

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

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
