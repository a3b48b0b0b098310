from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from live.address import ServiceAddress
from live.cloudwatch import LATENCY, REQUESTS, STATUS_5XX, Alarms, Dimensions, Metrics
from live.errors import AccessDeniedError, LiveError, UnreachableError
from rollout.split import Slot
from tests.live.fake_pages import FakePages

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PREFIX = "arn:aws:elasticloadbalancing:us-east-1:111122223333"
LISTENER = f"{PREFIX}:listener/app/shop-alb/50dc6c495c0c9188/0467ef3c8400ae65"
BALANCER = "app/shop-alb/50dc6c495c0c9188"
GROUPS = {slot: f"targetgroup/web-{slot}-tg/73e2d6bc24d8a06{slot}" for slot in Slot}
SERVICES = [ServiceAddress("web", "rule", {s: f"{PREFIX}:{g}" for s, g in GROUPS.items()})]


class FakeCloudWatch:
    """Has one page of points for each metric asked for, in two pages, and a few alarms."""

    def __init__(self) -> None:
        self.queries: list[dict[str, Any]] = []
        self.alarms: list[dict[str, Any]] = []
        self.withheld: dict[str, Any] = {}
        """What the last metric has besides, on the second page."""

    @property
    def client(self) -> Any:
        """The fake, in the place of boto3's client."""
        return self

    def get_paginator(self, operation_name: str) -> FakePages:
        return FakePages(getattr(self, operation_name))

    def get_metric_data(self, **arguments: Any) -> Mapping[str, Any]:
        self.queries = arguments["MetricDataQueries"]
        is_second = "NextToken" in arguments
        minute = NOON + timedelta(minutes=1 if is_second else 0)
        results = [
            {"Id": q["Id"], "Timestamps": [minute], "Values": [0.25 if is_second else 0.5]}
            for q in self.queries
        ]
        if is_second:
            results[-1] |= self.withheld
        return {"MetricDataResults": results} | ({} if is_second else {"NextToken": "more"})

    def describe_alarms(self, **arguments: Any) -> Mapping[str, Any]:
        is_second = "NextToken" in arguments
        page = self.alarms[1:] if is_second else self.alarms[:1]
        return {"MetricAlarms": page} | ({} if is_second else {"NextToken": "more"})


def alarm(name: str, balancer: str, group: str | None) -> dict[str, Any]:
    named = {"LoadBalancer": balancer} | ({"TargetGroup": group} if group else {})
    return {
        "AlarmName": name,
        "Namespace": "AWS/ApplicationELB",
        "StateValue": "OK",
        "StateReason": "",
        "StateUpdatedTimestamp": NOON,
        "Dimensions": [{"Name": key, "Value": value} for key, value in named.items()],
    }


def test_cloudwatch_names_a_load_balancer_and_a_target_group_by_the_end_of_their_arns() -> None:
    found = Dimensions.of(LISTENER, f"{PREFIX}:{GROUPS[Slot.FIRST]}")

    assert found == Dimensions(BALANCER, GROUPS[Slot.FIRST])


def test_points_of_all_pages_are_read_by_slot_with_latencies_in_milliseconds() -> None:
    found = Metrics(FakeCloudWatch().client, LISTENER, SERVICES, 95).read(NOON, NOON)

    first = found.slots["web", Slot.FIRST]
    assert first.total(REQUESTS) == 0.75
    assert first.at(LATENCY, NOON) == 500.0
    assert first.minutes == [NOON, NOON + timedelta(minutes=1)]
    assert found.balancer.total(REQUESTS) == 0.75
    assert found.balancer.total(STATUS_5XX) == 0


@pytest.mark.parametrize(
    ("status", "error"), [("InternalError", UnreachableError), ("Forbidden", AccessDeniedError)]
)
def test_a_metric_that_cloudwatch_withholds_is_not_zero(
    status: str, error: type[LiveError]
) -> None:
    cloudwatch = FakeCloudWatch()
    cloudwatch.withheld = {
        "StatusCode": status,
        "Label": "HTTPCode_ELB_5XX_Count",
        "Timestamps": [],
        "Values": [],
        "Messages": [{"Code": status, "Value": "try again"}],
    }

    with pytest.raises(error, match=f"HTTPCode_ELB_5XX_Count: {status}: try again"):
        Metrics(cloudwatch.client, LISTENER, SERVICES, 95).read(NOON, NOON)


def test_sums_are_asked_for_and_of_latency_the_percentile() -> None:
    cloudwatch = FakeCloudWatch()

    Metrics(cloudwatch.client, LISTENER, SERVICES, 99).read(NOON, NOON)

    asked = {
        (q["MetricStat"]["Metric"]["MetricName"], q["MetricStat"]["Stat"])
        for q in cloudwatch.queries
    }
    assert (LATENCY, "p99") in asked
    assert {stat for metric, stat in asked if metric != LATENCY} == {"Sum"}
    assert len(cloudwatch.queries) == 13


def test_alarms_of_the_stacks_slots_and_load_balancer_are_found_and_no_others() -> None:
    cloudwatch = FakeCloudWatch()
    cloudwatch.alarms = [
        alarm("slot", BALANCER, GROUPS[Slot.SECOND]),
        alarm("balancer", BALANCER, None),
        alarm("another group", BALANCER, "targetgroup/other/1"),
        alarm("another balancer", "app/other/1", None),
    ]

    found = Alarms(cloudwatch.client, LISTENER, SERVICES).read()

    assert [(a.name, a.service, a.slot) for a in found] == [
        ("slot", "web", Slot.SECOND),
        ("balancer", None, None),
    ]
