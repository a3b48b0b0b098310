"""CloudWatch's sums are what a client counted, per target group and per load balancer.

The control plane runs in this process on a clock that can be set ahead, so that no minute has to be
waited for; the data plane is a process of its own, with the real time.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rehearsal.control_plane.plane import ControlPlane
from rehearsal.control_plane.server import Application, Server
from rehearsal.control_plane.targets import ReportedHealth
from rehearsal.control_plane.world import World, timestamp
from tests.ports import refusing_port
from tests.rehearsal.data_plane.browser import Connection
from tests.rehearsal.data_plane.world import Process, Rehearsed, eventually

NAMESPACE = "AWS/ApplicationELB"
V1, ERRORS, SLOW = "ami-0fa11000000000001", "ami-0fa11bad000000002", "ami-0fa11bad000000004"
HOST = "metrics.example.test"
SLOW_HOST = "slow.example.test"
REQUESTS = 200
PATHS = {"/empty": 503, "/dead": 502}


class SetAheadClock:
    """The machine's clock, some seconds ahead."""

    def __init__(self) -> None:
        self.ahead_seconds = 0.0

    def now(self) -> float:
        return time.time() + self.ahead_seconds


class Measured(Rehearsed):
    """A local AWS whose control plane is in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SetAheadClock()
        self.plane = ControlPlane(World(self.clock, ReportedHealth()))
        self.server = Server(Application(self.plane))
        self.threads = [threading.Thread(target=t) for t in (self.server.run, self.plane.run_ticks)]
        for thread in self.threads:
            thread.start()
        self.endpoint = self.server.url
        arguments = ["--endpoint", self.endpoint, "--folder", str(folder), "--boot-seconds", "0.5"]
        self.data = Process("rehearsal.data_plane", *arguments)
        self.https_port = self.data.said["httpsPort"]
        self.http_port = self.data.said["httpPort"]
        self._number = 0
        self.cloudwatch = self._client("cloudwatch")

    def close(self) -> None:
        for client in [self.elbv2, self.ec2, self.autoscaling, self.acm, self.cloudwatch]:
            client.close()
        self.data.stop()
        self.plane.close()
        self.server.close()
        for thread in self.threads:
            thread.join(10)

    def dimensions(self, *arns: str) -> list[dict[str, str]]:
        """Dimensions that name these, a load balancer and its target groups."""
        listed: list[dict[str, str]] = []
        for arn in arns:
            name = "TargetGroup" if ":targetgroup/" in arn else "LoadBalancer"
            value = arn.rpartition(":")[2].removeprefix("loadbalancer/")
            listed.append({"Name": name, "Value": value})
        return listed

    def statistics(self, metric: str, *arns: str, **asked: Any) -> list[dict[str, Any]]:
        """The data points of the last 20 minutes and the minutes that are to come."""
        now = time.time()
        return self.cloudwatch.get_metric_statistics(
            Namespace=NAMESPACE,
            MetricName=metric,
            Dimensions=self.dimensions(*arns),
            StartTime=timestamp(now - 1200),
            EndTime=timestamp(now + 1200),
            Period=60,
            **(asked or {"Statistics": ["Sum"]}),
        )["Datapoints"]

    def sums(self, *arns: str) -> dict[str, float]:
        """The sum of each counter over all time."""
        listed = self.cloudwatch.list_metrics(
            Namespace=NAMESPACE, Dimensions=self.dimensions(*arns)
        )["Metrics"]
        names = {m["MetricName"] for m in listed if len(m["Dimensions"]) == len(arns)}
        return {
            name: sum(point["Sum"] for point in self.statistics(name, *arns))
            for name in names
            if name.endswith("Count") and not name.endswith(("HostCount", "ConnectionCount"))
        }


@dataclass
class Traffic:
    """What a client did, and what it counted."""

    aws: Measured
    slots: tuple[str, str]
    """Target group ARNs: one of a good build, one of a build with errors."""
    slow: str
    dead: str
    empty: str
    ended_at: float
    by_slot: dict[str, Counter[int]]
    """Statuses, by the ARN of the slot that answered."""
    slow_seconds: list[float]


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traffic]:
    aws = Measured(tmp_path_factory.mktemp("metrics"))
    with closing(aws), refusing_port() as port:
        yield flown(aws, port)


def flown(aws: Measured, dead_port: int) -> Traffic:
    """Requests of every kind, each counted by who made it."""
    slots = (aws.target_group(), aws.target_group())
    slow, empty = aws.target_group(), aws.target_group()
    dead = aws.target_group(TargetType="ip", HealthCheckIntervalSeconds=5)
    aws.elbv2.register_targets(
        TargetGroupArn=dead, Targets=[{"Id": "127.0.0.1", "Port": dead_port}]
    )
    for arn, image, size in ((slots[0], V1, 2), (slots[1], ERRORS, 1), (slow, SLOW, 1)):
        aws.group(image, arn, size)
    for path, group in (("/empty", empty), ("/dead", dead)):
        condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": [path]}}
        aws.rule(HOST, (group, 1), Conditions=[condition])
    rule = aws.rule(HOST, (slots[0], 1), (slots[1], 1))
    aws.rule(SLOW_HOST, (slow, 1))
    aws.wait_for(slots[0], "healthy", "healthy")
    for arn in (slots[1], slow):
        aws.wait_for(arn, "healthy")
    aws.wait_for(dead, "unhealthy")
    by_slot = {arn: Counter[int]() for arn in slots}
    groups = {i["slot"]: arn for arn in slots for i in aws.instances(arn)}
    with closing(Connection(HOST, aws.https_port, aws.ca)) as connection:
        for number in range(REQUESTS):
            if number == REQUESTS // 2:
                aws.shift(rule, (slots[0], 3), (slots[1], 1))
            answer = connection.get("/")
            by_slot[groups[str(answer["x-slot"])]][answer.status] += 1
        for path, status in PATHS.items():
            assert [connection.get(path).status for _ in range(5)] == [status] * 5
    with closing(Connection("nobody.example.test", aws.https_port, aws.ca)) as connection:
        assert [connection.get("/").status for _ in range(3)] == [404] * 3
    plain = http.client.HTTPConnection("127.0.0.1", aws.http_port, timeout=60)
    with closing(plain):
        plain.request("GET", "/", headers={"Host": HOST})
        assert plain.getresponse().status == 301
    slow_seconds: list[float] = []
    with closing(Connection(SLOW_HOST, aws.https_port, aws.ca)) as connection:
        for _ in range(3):
            began = time.monotonic()
            assert connection.get("/").status == 200
            slow_seconds.append(time.monotonic() - began)
    ended_at = aws.clock.now()
    aws.clock.ahead_seconds = 66.0
    return Traffic(aws, slots, slow, dead, empty, ended_at, by_slot, slow_seconds)


def with_status(counted: Counter[int], hundreds: int) -> int:
    return sum(n for status, n in counted.items() if status // 100 == hundreds)


def eventually_sums(traffic: Traffic, expected: dict[str, float], *arns: str) -> None:
    """The sums become these within the time that the proxy's log takes, and then are."""
    aws = traffic.aws
    arns = (aws.load_balancer_arn, *arns)
    total = sum(expected.values())
    eventually(lambda: sum(aws.sums(*arns).values()) >= total, f"the sums {expected}")
    assert aws.sums(*arns) == expected


def test_each_slots_sums_are_what_the_client_counted_of_it(traffic: Traffic) -> None:
    for arn, counted in traffic.by_slot.items():
        expected = {
            "RequestCount": counted.total(),
            "HTTPCode_Target_2XX_Count": with_status(counted, 2),
            "HTTPCode_Target_5XX_Count": with_status(counted, 5),
        }

        eventually_sums(traffic, {name: n for name, n in expected.items() if n}, arn)


def test_the_load_balancers_own_errors_are_its_own_and_never_a_targets(traffic: Traffic) -> None:
    slots = sum((counted for counted in traffic.by_slot.values()), Counter[int]())

    eventually_sums(
        traffic,
        {
            "RequestCount": REQUESTS + 5 + 3,
            "HTTPCode_Target_2XX_Count": slots[200] + 3,
            "HTTPCode_Target_5XX_Count": slots[500],
            "HTTPCode_ELB_5XX_Count": 10,
            "HTTPCode_ELB_502_Count": 5,
            "HTTPCode_ELB_503_Count": 5,
            "HTTPCode_ELB_4XX_Count": 3,
            "HTTPCode_ELB_3XX_Count": 1,
            "HTTP_Fixed_Response_Count": 3,
            "HTTP_Redirect_Count": 1,
            "TargetConnectionErrorCount": 5,
            "UnhealthyRoutingRequestCount": 5,
        },
    )


def test_requests_that_no_target_took_are_none_of_the_groups(traffic: Traffic) -> None:
    eventually_sums(
        traffic,
        {"RequestCount": 5, "TargetConnectionErrorCount": 5, "UnhealthyRoutingRequestCount": 5},
        traffic.dead,
    )

    assert traffic.aws.sums(traffic.aws.load_balancer_arn, traffic.empty) == {}


def test_response_times_are_those_that_the_client_waited(traffic: Traffic) -> None:
    eventually_sums(traffic, {"RequestCount": 3, "HTTPCode_Target_2XX_Count": 3}, traffic.slow)

    points = traffic.aws.statistics(
        "TargetResponseTime",
        traffic.aws.load_balancer_arn,
        traffic.slow,
        Statistics=["SampleCount", "Minimum", "Average", "Maximum"],
        ExtendedStatistics=["p50", "p99"],
    )

    assert sum(point["SampleCount"] for point in points) == 3
    for point in points:
        percentiles = point["ExtendedStatistics"]
        assert 1.0 <= point["Minimum"] <= percentiles["p50"] <= percentiles["p99"]
        assert percentiles["p99"] <= point["Maximum"] <= max(traffic.slow_seconds)
        assert point["Unit"] == "Seconds"


def test_a_data_point_is_of_a_whole_minute_and_comes_after_it(traffic: Traffic) -> None:
    points = traffic.aws.statistics("RequestCount", traffic.aws.load_balancer_arn)

    moments = [point["Timestamp"].timestamp() for point in points]
    assert moments
    assert all(at % 60 == 0 for at in moments)
    assert max(moments) <= traffic.ended_at
    assert max(moments) + 60 + 5.0 <= traffic.aws.clock.now()


def test_the_hosts_of_every_group_with_targets_are_counted_also_without_requests(
    traffic: Traffic,
) -> None:
    aws = traffic.aws

    def greatest(metric: str, arn: str) -> float | None:
        arns = (aws.load_balancer_arn, arn)
        points = aws.statistics(metric, *arns, Statistics=["Maximum"])
        return max((point["Maximum"] for point in points), default=None)

    assert greatest("HealthyHostCount", traffic.slots[0]) == 2
    assert greatest("HealthyHostCount", traffic.slots[1]) == 1
    assert greatest("UnHealthyHostCount", traffic.dead) == 1
    assert greatest("HealthyHostCount", traffic.dead) == 0
    assert greatest("HealthyHostCount", traffic.empty) is None


def test_requests_per_target_are_shared_by_the_healthy_ones(traffic: Traffic) -> None:
    aws = traffic.aws
    requests = traffic.by_slot[traffic.slots[0]].total()

    for arns in ((traffic.slots[0],), (aws.load_balancer_arn, traffic.slots[0])):
        points = aws.statistics("RequestCountPerTarget", *arns)
        assert sum(point["Sum"] for point in points) == pytest.approx(requests / 2)


def test_a_ratio_of_two_metrics_is_what_the_client_saw(traffic: Traffic) -> None:
    aws, arn = traffic.aws, traffic.slots[1]

    def query(name: str, metric: str) -> dict[str, Any]:
        dimensions = aws.dimensions(aws.load_balancer_arn, arn)
        named = {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": dimensions}
        asked = {"Metric": named, "Period": 1200, "Stat": "Sum"}
        return {"Id": name, "MetricStat": asked, "ReturnData": False}

    now = time.time()
    start = timestamp(now // 1200 * 1200 - 1200)
    found = aws.cloudwatch.get_metric_data(
        StartTime=start,
        EndTime=timestamp(now + 1200),
        MetricDataQueries=[
            query("errors", "HTTPCode_Target_5XX_Count"),
            query("requests", "RequestCount"),
            {"Id": "percent", "Expression": "100 * SUM([errors]) / requests"},
        ],
    )["MetricDataResults"]

    (percent,) = found
    counted = traffic.by_slot[arn]
    assert percent["Id"] == "percent"
    if len(percent["Values"]) == 1:
        assert percent["Values"] == [pytest.approx(100 * counted[500] / counted.total())]
    else:  # the run went over a boundary of the period
        assert 0 < min(percent["Values"]) < 100


def test_connections_of_clients_and_to_targets_are_counted(traffic: Traffic) -> None:
    aws = traffic.aws

    def look() -> list[dict[str, Any]]:
        return aws.statistics("NewConnectionCount", aws.load_balancer_arn)

    # Of the client one each for three hosts and the plain one; one at least to each target.
    eventually(lambda: sum(p["Sum"] for p in look()) >= 4 + 4, "connections")
    assert sum(p["Sum"] for p in look()) <= 4 + REQUESTS
    active = aws.statistics("ActiveConnectionCount", aws.load_balancer_arn)
    assert all(point["Sum"] >= 1 for point in active)
