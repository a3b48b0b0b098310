"""An instance refresh replaces instances as AWS does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.control_plane.aws import V1, V2, Aws, refusal

NUMBERED = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200}


def running_group(aws: Aws, size: int = 3, **settings: Any) -> tuple[str, str, str]:
    """Name, template id and target group ARN of a healthy group that version 2 is waiting for."""
    arn = aws.target_group(drain_seconds=10)
    aws.rule((arn, 100))
    template_id = aws.template(V1)
    name = aws.group(template_id, size, TargetGroupARNs=[arn], **settings)
    aws.pass_seconds(5)
    aws.version(template_id, V2)
    return name, template_id, arn


def start(aws: Aws, name: str, **preferences: Any) -> str:
    return aws.autoscaling.start_instance_refresh(
        AutoScalingGroupName=name, Preferences=preferences
    )["InstanceRefreshId"]


def use_version(aws: Aws, name: str, template_id: str, version: str) -> None:
    aws.autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateId": template_id, "Version": version},
    )


def versions(aws: Aws, name: str) -> list[str]:
    return sorted(i["LaunchTemplate"]["Version"] for i in aws.instances(name))


@pytest.mark.parametrize("maximum", [100, 110, 200])
def test_with_a_minimum_of_100_no_moment_has_fewer_healthy_targets_than_before(
    aws: Aws, maximum: int
) -> None:
    name, template_id, arn = running_group(aws, size=3)
    use_version(aws, name, template_id, "2")
    start(aws, name, MinHealthyPercentage=100, MaxHealthyPercentage=maximum)

    seen: list[int] = []
    sizes: list[int] = []
    for _ in range(120):
        aws.pass_seconds(1)
        seen.append(aws.states(arn).count("healthy"))
        sizes.append(len(aws.instances(name, "Pending", "InService")))

    assert min(seen) == 3
    assert max(sizes) == {100: 4, 110: 4, 200: 6}[maximum]
    assert versions(aws, name) == ["2", "2", "2"]
    assert [r["Status"] for r in aws.refreshes(name)] == ["Successful"]
    assert aws.refreshes(name)[0]["PercentageComplete"] == 100


def test_with_no_maximum_an_instance_is_terminated_while_its_replacement_is_launched(
    aws: Aws,
) -> None:
    name, template_id, arn = running_group(aws, size=2)
    use_version(aws, name, template_id, "2")
    start(aws, name)

    healthy: list[int] = []
    sizes: list[int] = []
    for _ in range(60):
        aws.pass_seconds(1)
        healthy.append(aws.states(arn).count("healthy"))
        sizes.append(len(aws.instances(name, "Pending", "InService")))

    assert min(healthy) == 1
    assert max(sizes) == 2
    assert versions(aws, name) == ["2", "2"]


def test_an_instance_counts_as_updated_only_when_it_is_healthy_and_warm(aws: Aws) -> None:
    name, template_id, _ = running_group(aws, size=2)
    use_version(aws, name, template_id, "2")
    start(aws, name, InstanceWarmup=30, **NUMBERED)

    aws.pass_seconds(20)
    warming = aws.refreshes(name)[0]
    aws.pass_seconds(15)
    warm = aws.refreshes(name)[0]

    assert (warming["Status"], warming["PercentageComplete"]) == ("InProgress", 0)
    assert warming["InstancesToUpdate"] == 2
    assert (warm["PercentageComplete"], warm["InstancesToUpdate"]) == (100, 0)


def test_a_second_refresh_is_refused_while_one_runs(aws: Aws) -> None:
    name, _, _ = running_group(aws)
    start(aws, name)

    code, _ = refusal(aws.autoscaling.start_instance_refresh, AutoScalingGroupName=name)

    assert code == "InstanceRefreshInProgress"


def test_a_cancelled_refresh_keeps_what_it_has_replaced(aws: Aws) -> None:
    name, template_id, _ = running_group(aws, size=3)
    use_version(aws, name, template_id, "2")
    start(aws, name, MinHealthyPercentage=100, MaxHealthyPercentage=110)
    aws.pass_seconds(3)

    aws.autoscaling.cancel_instance_refresh(AutoScalingGroupName=name)
    cancelling = aws.refreshes(name)[0]["Status"]
    aws.pass_seconds(30)

    assert cancelling == "Cancelling"
    assert aws.refreshes(name)[0]["Status"] == "Cancelled"
    assert versions(aws, name).count("2") in (1, 2)
    assert len(aws.instances(name)) == 3


@pytest.mark.parametrize("operation", ["cancel_instance_refresh", "rollback_instance_refresh"])
def test_there_is_nothing_to_cancel_or_roll_back_without_an_active_refresh(
    aws: Aws, operation: str
) -> None:
    name, _, _ = running_group(aws, size=1)

    code, _ = refusal(getattr(aws.autoscaling, operation), AutoScalingGroupName=name)

    assert code == "ActiveInstanceRefreshNotFound"


def test_a_rollback_brings_back_the_template_from_before(aws: Aws) -> None:
    name, template_id, _ = running_group(aws, size=2)
    desired = {"LaunchTemplate": {"LaunchTemplateId": template_id, "Version": "2"}}
    aws.autoscaling.start_instance_refresh(
        AutoScalingGroupName=name, DesiredConfiguration=desired, Preferences=NUMBERED
    )
    aws.pass_seconds(6)
    half_way = versions(aws, name)

    aws.autoscaling.rollback_instance_refresh(AutoScalingGroupName=name)
    aws.pass_seconds(60)

    assert "2" in half_way
    assert versions(aws, name) == ["1", "1"]
    assert aws.refreshes(name)[0]["Status"] == "RollbackSuccessful"
    assert aws.described(name)["LaunchTemplate"]["Version"] == "1"


def test_a_refresh_with_no_desired_configuration_cannot_be_rolled_back(aws: Aws) -> None:
    name, _, _ = running_group(aws)
    start(aws, name)

    code, _ = refusal(aws.autoscaling.rollback_instance_refresh, AutoScalingGroupName=name)

    assert code == "IrreversibleInstanceRefresh"


def test_a_desired_configuration_becomes_the_groups_own_when_the_refresh_succeeds(
    aws: Aws,
) -> None:
    name, template_id, _ = running_group(aws, size=1)
    desired = {"LaunchTemplate": {"LaunchTemplateId": template_id, "Version": "2"}}
    aws.autoscaling.start_instance_refresh(
        AutoScalingGroupName=name, DesiredConfiguration=desired, Preferences=NUMBERED
    )

    during = aws.described(name)["LaunchTemplate"]["Version"]
    aws.pass_seconds(60)

    assert during == "1"
    assert aws.described(name)["LaunchTemplate"]["Version"] == "2"
    assert versions(aws, name) == ["2"]


def test_skip_matching_leaves_instances_of_the_wanted_version_alone(aws: Aws) -> None:
    name, _, _ = running_group(aws, size=2)
    before = {i["InstanceId"] for i in aws.instances(name)}
    start(aws, name, SkipMatching=True, **NUMBERED)

    aws.pass_seconds(30)

    assert {i["InstanceId"] for i in aws.instances(name)} == before
    assert aws.refreshes(name)[0]["Status"] == "Successful"


def test_a_refresh_that_replaces_nothing_for_an_hour_fails(aws: Aws) -> None:
    name, template_id, arn = running_group(aws, size=1)
    never_healthy = aws.version(template_id, "ami-0fa11bad000000001")
    use_version(aws, name, template_id, never_healthy)
    start(aws, name, **NUMBERED)

    aws.pass_seconds(3650, step=25)

    assert aws.refreshes(name)[0]["Status"] == "Failed"
    assert "healthy" in aws.states(arn)


@pytest.mark.parametrize(
    "preferences",
    [
        {"CheckpointPercentages": [50, 100]},
        {"AlarmSpecification": {"Alarms": ["a"]}},
        {"BakeTime": 60},
    ],
)
def test_what_a_refresh_cannot_do_here_is_refused(aws: Aws, preferences: dict[str, Any]) -> None:
    name, _, _ = running_group(aws, size=1)

    code, message = refusal(
        aws.autoscaling.start_instance_refresh, AutoScalingGroupName=name, Preferences=preferences
    )

    assert code == "ValidationError"
    assert "not supported by the rehearsal" in message


@pytest.mark.parametrize(
    "preferences",
    [
        {"MinHealthyPercentage": 101},
        {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 99},
        {"MinHealthyPercentage": 50, "MaxHealthyPercentage": 151},
        {"MaxHealthyPercentage": 110},
        {"AutoRollback": True},
    ],
)
def test_preferences_that_aws_refuses_are_refused(aws: Aws, preferences: dict[str, Any]) -> None:
    name, _, _ = running_group(aws, size=1)

    code, _ = refusal(
        aws.autoscaling.start_instance_refresh, AutoScalingGroupName=name, Preferences=preferences
    )

    assert code == "ValidationError"
