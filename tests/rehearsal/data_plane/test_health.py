"""Health is what the checks find, and the traffic goes by it as an ALB's does."""

from __future__ import annotations

import os
import signal
from collections import Counter
from contextlib import closing
from dataclasses import dataclass

import pytest

from rehearsal.control_plane.images import GOOD_BUILDS, NEVER_HEALTHY
from tests.rehearsal.data_plane.browser import Connection
from tests.rehearsal.data_plane.own_target import recording_target
from tests.rehearsal.data_plane.world import Rehearsed, eventually

V1, V2, _ = (image.image_id for image in GOOD_BUILDS)
BAD = "ami-0fa11bad000000001"
UNHEALTHY_SECONDS = 15.0
"""Interval 5 s, timeout 2 s, threshold 2, and some time to see it."""


def connection(aws: Rehearsed, host: str) -> closing[Connection]:
    return closing(Connection(host, aws.https_port, aws.ca))


def statuses(kept: Connection, number: int) -> Counter[int]:
    return Counter(kept.get().status for _ in range(number))


def kill(aws: Rehearsed, target_group_arn: str, number: int) -> set[str]:
    """Kill the processes of that many instances; their ids."""
    victims = aws.instances(target_group_arn)[:number]
    for victim in victims:
        os.kill(victim["pid"], signal.SIGKILL)
    return {victim["instanceId"] for victim in victims}


@dataclass(frozen=True)
class Sick:
    """Groups that became ill at the same time, because illness takes a while to be told."""

    killed: str
    beside: str
    rule: str
    victims: set[str]
    failing: str
    replaced: str
    replaced_victims: set[str]


@pytest.fixture(scope="module")
def sick(aws: Rehearsed) -> Sick:
    killed, beside, failing = aws.target_group(), aws.target_group(), aws.target_group()
    replaced = aws.target_group(drain_seconds=1)
    rule = aws.rule("killed.example.test", (killed, 1), (beside, 0))
    aws.rule("failing.example.test", (failing, 1))
    aws.rule("replaced.example.test", (replaced, 1))
    aws.group(V1, killed, size=3)
    aws.group(V2, beside)
    aws.group(BAD, failing)
    aws.group(V1, replaced, size=1, HealthCheckType="ELB", HealthCheckGracePeriod=1)
    aws.wait_for(killed, "healthy", "healthy", "healthy")
    aws.wait_for(beside, "healthy")
    aws.wait_for(replaced, "healthy")
    victims = kill(aws, killed, 2)
    return Sick(killed, beside, rule, victims, failing, replaced, kill(aws, replaced, 1))


def test_killed_instances_become_unhealthy_and_are_avoided_until_none_is_left(
    aws: Rehearsed, sick: Sick
) -> None:
    group, other, rule, killed = sick.killed, sick.beside, sick.rule, sick.victims
    with connection(aws, "killed.example.test") as kept:
        aws.wait_for(group, "healthy", "unhealthy", "unhealthy", seconds=UNHEALTHY_SECONDS)
        told = aws.health(group)
        with_one = statuses(kept, 50)
        kill(aws, group, 1)
        aws.wait_for(group, "unhealthy", "unhealthy", "unhealthy", seconds=UNHEALTHY_SECONDS)
        with_none = statuses(kept, 50)
        aws.shift(rule, (group, 1), (other, 1))
        eventually(lambda: kept.get().status == 200, "the other group's share", 1.0)
        shared = statuses(kept, 200)

    expected = dict.fromkeys(killed, ("unhealthy", "Target.FailedHealthChecks"))
    assert {i: state for i, state in told.items() if i in killed} == expected
    assert with_one == {200: 50}
    assert with_none == {502: 50}
    assert set(shared) == {200, 502}
    assert 50 < shared[502] < 150


def test_targets_of_https_are_checked_and_asked_by_https_without_a_look_at_their_certificate(
    aws: Rehearsed,
) -> None:
    group = aws.target_group(Protocol="HTTPS", HealthCheckProtocol="HTTPS")
    aws.rule("https.example.test", (group, 1))
    aws.group(V1, group, size=2)
    aws.wait_for(group, "healthy", "healthy")

    with connection(aws, "https.example.test") as kept:
        answered = statuses(kept, 50)

    assert answered == {200: 50}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("slow_start.duration_seconds", "30"),
        ("load_balancing.algorithm.type", "least_outstanding_requests"),
        ("load_balancing.algorithm.type", "weighted_random"),
    ],
)
def test_a_group_of_any_algorithm_or_slow_start_answers_from_all_of_its_targets(
    aws: Rehearsed, key: str, value: str
) -> None:
    group = aws.target_group()
    aws.elbv2.modify_target_group_attributes(
        TargetGroupArn=group, Attributes=[{"Key": key, "Value": value}]
    )
    host = f"{value.replace('_', '-')}.example.test"
    aws.rule(host, (group, 1))
    aws.group(V1, group, size=2)
    aws.wait_for(group, "healthy", "healthy")

    with connection(aws, host) as kept:
        answered = {kept.get()["x-instance"] for _ in range(60)}

    assert answered == set(aws.health(group))


def test_a_target_that_speaks_no_tls_fails_a_check_by_https_and_answers_502(aws: Rehearsed) -> None:
    with recording_target() as (port, seen):
        group = aws.target_group(
            Protocol="HTTPS", HealthCheckProtocol="HTTPS", TargetType="ip", Port=port
        )
        aws.rule("plain.example.test", (group, 1))
        aws.elbv2.register_targets(
            TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": port}]
        )
        aws.wait_for(group, "unhealthy", seconds=UNHEALTHY_SECONDS)
        with connection(aws, "plain.example.test") as kept:
            answered = statuses(kept, 5)

    assert answered == {502: 5}
    assert seen == []


def test_checks_of_an_instance_may_have_a_port_and_a_protocol_of_their_own(aws: Rehearsed) -> None:
    group = aws.target_group(HealthCheckProtocol="HTTPS", HealthCheckPort="8081")
    aws.rule("checked-elsewhere.example.test", (group, 1))
    aws.group(V1, group)

    aws.wait_for(group, "healthy")


def test_a_group_without_targets_answers_503_for_its_share(aws: Rehearsed) -> None:
    full, empty = aws.target_group(), aws.target_group()
    aws.rule("empty.example.test", (full, 1), (empty, 1))
    aws.group(V1, full)
    aws.wait_for(full, "healthy")

    with connection(aws, "empty.example.test") as kept:
        shared = statuses(kept, 200)

    assert set(shared) == {200, 503}
    assert 50 < shared[503] < 150


def test_a_third_instance_that_boots_takes_no_request_and_is_reported_so(aws: Rehearsed) -> None:
    group = aws.target_group()
    aws.rule("booting.example.test", (group, 1))
    name = aws.group(V1, group, size=2)
    aws.wait_for(group, "healthy", "healthy")
    ready = set(aws.health(group))

    aws.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=3)
    aws.wait_for(group, "healthy", "healthy", "initial")
    with connection(aws, "booting.example.test") as kept:
        answered = {kept.get()["x-instance"] for _ in range(10)}
    aws.wait_for(group, "healthy", "healthy", "healthy")

    assert answered == ready


def test_an_instance_that_fails_its_checks_is_unhealthy_with_the_code_and_fails_open(
    aws: Rehearsed, sick: Sick
) -> None:
    group = sick.failing

    aws.wait_for(group, "unhealthy", seconds=UNHEALTHY_SECONDS)
    with connection(aws, "failing.example.test") as kept:
        answer = kept.get()

    (state,) = aws.health(group).values()
    assert state == ("unhealthy", "Target.ResponseCodeMismatch")
    assert (answer.status, answer["x-build"]) == (200, NEVER_HEALTHY)


def test_the_matcher_decides_what_is_healthy(aws: Rehearsed) -> None:
    codes = {"HttpCode": "200,404"}
    group = aws.target_group(HealthCheckPath="/assets/app.none.js", Matcher=codes)
    aws.rule("matcher.example.test", (group, 1))
    aws.group(V1, group)

    aws.wait_for(group, "healthy")


def test_a_target_of_a_group_in_no_rule_is_unused_until_a_rule_refers_to_it(
    aws: Rehearsed,
) -> None:
    group, other = aws.target_group(), aws.target_group()
    aws.group(V1, group)
    eventually(lambda: aws.instances(group), "the instance serves")

    unused = aws.health(group)
    aws.rule("unused.example.test", (group, 0), (other, 1))
    aws.wait_for(group, "healthy")

    assert set(unused.values()) == {("unused", "Target.NotInUse")}


def test_the_group_replaces_a_killed_instance(aws: Rehearsed, sick: Sick) -> None:
    group, killed = sick.replaced, sick.replaced_victims

    def is_replaced() -> bool:
        return bool(aws.instances(group)) and not killed & set(aws.health(group))

    eventually(is_replaced, "a new instance", 2 * UNHEALTHY_SECONDS)
    aws.wait_for(group, "healthy")
