"""Auto Scaling groups keep their capacity, choose who goes, and replace what is unhealthy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.control_plane.aws import V1, V2, Aws, refusal

NEVER_HEALTHY = "ami-0fa11bad000000001"


def serving(aws: Aws, size: int = 2, drain_seconds: int = 30, **settings: Any) -> tuple[str, str]:
    """Name and target group ARN of a group whose instances are healthy."""
    arn = aws.target_group(drain_seconds=drain_seconds)
    aws.rule((arn, 1))
    name = aws.group(aws.template(), size, TargetGroupARNs=[arn], **settings)
    aws.pass_seconds(5)
    return name, arn


def update(aws: Aws, name: str, **settings: Any) -> None:
    aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, **settings)


def ids(aws: Aws, name: str, *states: str) -> list[str]:
    return [i["InstanceId"] for i in aws.instances(name, *states)]


def activities(aws: Aws, name: str) -> list[dict[str, Any]]:
    found = aws.autoscaling.describe_scaling_activities(AutoScalingGroupName=name)
    return found["Activities"]


def test_instances_are_pending_and_then_in_service_before_they_are_healthy(aws: Aws) -> None:
    arn = aws.target_group()
    aws.rule((arn, 1))
    name = aws.group(aws.template(), size=2, TargetGroupARNs=[arn])

    pending = [i["LifecycleState"] for i in aws.instances(name)]
    aws.pass_seconds(1)

    assert pending == ["Pending", "Pending"]
    assert [i["LifecycleState"] for i in aws.instances(name)] == ["InService", "InService"]
    assert aws.states(arn) == ["initial", "initial"]


def test_instances_are_spread_over_the_zones(aws: Aws) -> None:
    name = aws.group(aws.template(), size=4)

    zones = sorted(i["AvailabilityZone"] for i in aws.instances(name))

    assert zones == ["us-east-1a", "us-east-1a", "us-east-1b", "us-east-1b"]


def test_a_minimum_above_the_desired_capacity_raises_it_and_a_maximum_below_lowers_it(
    aws: Aws,
) -> None:
    name = aws.group(aws.template(), size=2)

    update(aws, name, MinSize=3)
    raised = aws.described(name)["DesiredCapacity"], len(aws.instances(name))
    update(aws, name, MinSize=0, MaxSize=1)

    assert raised == (3, 3)
    assert aws.described(name)["DesiredCapacity"] == 1


def test_a_desired_capacity_outside_the_bounds_is_refused(aws: Aws) -> None:
    name = aws.group(aws.template(), size=2)
    call = aws.autoscaling.set_desired_capacity

    codes = {refusal(call, AutoScalingGroupName=name, DesiredCapacity=size)[0] for size in (1, 11)}

    assert codes == {"ValidationError"}
    assert aws.described(name)["DesiredCapacity"] == 2


def test_a_minimum_over_the_maximum_is_refused(aws: Aws) -> None:
    name = aws.group(aws.template(), size=2)

    code, _ = refusal(update, aws=aws, name=name, MinSize=5, MaxSize=4)

    assert code == "ValidationError"


def test_an_instance_that_goes_drains_first_and_is_then_terminated(aws: Aws) -> None:
    name, arn = serving(aws, size=2, drain_seconds=30)

    update(aws, name, MinSize=1, DesiredCapacity=1)
    (gone,) = ids(aws, name, "Terminating")
    aws.pass_seconds(29)
    draining = aws.health(arn)[gone]
    still_there = ids(aws, name, "Terminating")
    aws.pass_seconds(2)

    assert draining == ("draining", "Target.DeregistrationInProgress")
    assert still_there == [gone]
    assert gone not in ids(aws, name)
    (described,) = aws.ec2.describe_instances(InstanceIds=[gone])["Reservations"]
    assert described["Instances"][0]["State"]["Name"] == "terminated"


def two_of_each_version(aws: Aws, *policies: str) -> str:
    """A group of two older instances of version 1 and two newer ones of version 2, in two zones."""
    template_id = aws.template(V1)
    name = aws.group(template_id, size=2, TerminationPolicies=list(policies))
    aws.pass_seconds(100)
    version = aws.version(template_id, V2)
    update(
        aws,
        name,
        LaunchTemplate={"LaunchTemplateId": template_id, "Version": version},
        MinSize=4,
    )
    aws.pass_seconds(10)
    return name


def versions(aws: Aws, name: str) -> list[str]:
    return sorted(i["LaunchTemplate"]["Version"] for i in aws.instances(name, "InService"))


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        ("OldestLaunchTemplate", ["2", "2"]),
        ("OldestInstance", ["2", "2"]),
        ("NewestInstance", ["1", "1"]),
        ("Default", ["2", "2"]),
    ],
)
def test_the_termination_policy_decides_who_goes(aws: Aws, policy: str, left: list[str]) -> None:
    name = two_of_each_version(aws, policy)
    before = versions(aws, name)

    update(aws, name, MinSize=2, DesiredCapacity=2)
    aws.pass_seconds(5)

    assert before == ["1", "1", "2", "2"]
    assert versions(aws, name) == left


def test_the_balance_of_the_zones_comes_before_the_policy(aws: Aws) -> None:
    name = aws.group(aws.template(), size=3, TerminationPolicies=["OldestInstance"])
    aws.pass_seconds(5)
    zones = [i["AvailabilityZone"] for i in aws.instances(name)]
    fullest = max(set(zones), key=zones.count)

    update(aws, name, MinSize=2, DesiredCapacity=2)
    aws.pass_seconds(5)

    left = [i["AvailabilityZone"] for i in aws.instances(name)]
    assert left.count(fullest) == 1


def test_an_instance_protected_from_scale_in_stays(aws: Aws) -> None:
    name = aws.group(aws.template(), size=3)
    aws.pass_seconds(5)
    kept = ids(aws, name)[:2]
    aws.autoscaling.set_instance_protection(
        AutoScalingGroupName=name, InstanceIds=kept, ProtectedFromScaleIn=True
    )

    update(aws, name, MinSize=1, DesiredCapacity=1)
    aws.pass_seconds(5)

    assert sorted(ids(aws, name)) == sorted(kept)


def test_an_instance_keeps_the_version_that_it_was_launched_from(aws: Aws) -> None:
    template_id = aws.template(V1)
    name = aws.group(template_id, size=1)
    version = aws.version(template_id, V2)

    update(
        aws,
        name,
        LaunchTemplate={"LaunchTemplateId": template_id, "Version": version},
        MinSize=2,
    )

    by_version = {i["LaunchTemplate"]["Version"]: i["InstanceId"] for i in aws.instances(name)}
    listed = aws.autoscaling.describe_auto_scaling_instances()["AutoScalingInstances"]
    assert sorted(by_version) == ["1", "2"]
    assert {i["LaunchTemplate"]["Version"]: i["InstanceId"] for i in listed} == by_version
    assert {i["HealthStatus"] for i in listed} == {"HEALTHY"}
    assert aws.described(name)["LaunchTemplate"]["Version"] == "2"


@pytest.mark.parametrize(("asked", "launched"), [("$Latest", "2"), ("$Default", "1")])
def test_latest_and_default_are_what_they_mean_at_the_launch(
    aws: Aws, asked: str, launched: str
) -> None:
    template_id = aws.template(V1)
    aws.version(template_id, V2)

    name = aws.group(
        template_id, size=1, LaunchTemplate={"LaunchTemplateId": template_id, "Version": asked}
    )

    assert aws.instances(name)[0]["LaunchTemplate"]["Version"] == launched
    assert aws.described(name)["LaunchTemplate"]["Version"] == asked


def test_an_instance_has_the_tags_of_its_template_its_group_and_aws(aws: Aws) -> None:
    template_id = aws.template(
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": "from", "Value": "template"}]},
            {"ResourceType": "volume", "Tags": [{"Key": "disk", "Value": "yes"}]},
        ]
    )
    tags = [
        {"Key": "service", "Value": "web", "PropagateAtLaunch": True},
        {"Key": "kept", "Value": "here", "PropagateAtLaunch": False},
    ]
    name = aws.group(template_id, size=1, Tags=tags)

    (reservation,) = aws.ec2.describe_instances(InstanceIds=ids(aws, name))["Reservations"]

    assert {t["Key"]: t["Value"] for t in reservation["Instances"][0]["Tags"]} == {
        "from": "template",
        "service": "web",
        "aws:autoscaling:groupName": name,
        "aws:ec2launchtemplate:id": template_id,
        "aws:ec2launchtemplate:version": "1",
    }
    (volume,) = aws.ec2.describe_volumes()["Volumes"]
    assert volume["Tags"] == [{"Key": "disk", "Value": "yes"}]


def test_an_instance_is_as_its_template_says(aws: Aws) -> None:
    group_id = aws.ec2.create_security_group(GroupName="i", Description="d", VpcId=aws.vpc_id)[
        "GroupId"
    ]
    template_id = aws.template(
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        Monitoring={"Enabled": True},
        EbsOptimized=True,
        NetworkInterfaces=[
            {"DeviceIndex": 0, "AssociatePublicIpAddress": False, "Groups": [group_id]}
        ],
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 21, "Encrypted": True}}
        ],
    )
    name = aws.group(template_id, size=1)

    (reservation,) = aws.ec2.describe_instances(InstanceIds=ids(aws, name))["Reservations"]
    (instance,) = reservation["Instances"]

    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert instance["MetadataOptions"]["HttpPutResponseHopLimit"] == 2
    assert instance["Monitoring"]["State"] == "enabled"
    assert instance["EbsOptimized"] is True
    assert "PublicIpAddress" not in instance
    assert [g["GroupId"] for g in instance["SecurityGroups"]] == [group_id]
    (volume,) = aws.ec2.describe_volumes()["Volumes"]
    assert (volume["Size"], volume["Encrypted"]) == (21, True)


@pytest.mark.parametrize("action", ["terminate_instances", "stop_instances"])
def test_an_instance_that_is_terminated_or_stopped_is_replaced_at_once(
    aws: Aws, action: str
) -> None:
    name, _ = serving(aws, size=2)
    lost, kept = ids(aws, name)

    getattr(aws.ec2, action)(InstanceIds=[lost])
    aws.pass_seconds(3)

    in_service = ids(aws, name, "InService")
    assert len(in_service) == 2
    assert kept in in_service
    assert lost not in in_service


def test_an_unhealthy_target_is_replaced_after_the_grace_period_and_not_before(
    aws: Aws,
) -> None:
    arn = aws.target_group(UnhealthyThresholdCount=2)
    aws.rule((arn, 1))
    name = aws.group(
        aws.template(NEVER_HEALTHY), size=1, TargetGroupARNs=[arn], HealthCheckGracePeriod=60
    )
    first = ids(aws, name)

    aws.pass_seconds(59)
    within = aws.states(arn), ids(aws, name, "InService")
    aws.pass_seconds(3)

    assert within == (["unhealthy"], first)
    assert ids(aws, name, "InService") != first
    assert ids(aws, name, "Terminating") == first


def test_a_group_with_ec2_health_checks_does_not_mind_unhealthy_targets(aws: Aws) -> None:
    arn = aws.target_group()
    aws.rule((arn, 1))
    name = aws.group(
        aws.template(NEVER_HEALTHY), size=1, TargetGroupARNs=[arn], HealthCheckType="EC2"
    )
    before = ids(aws, name)

    aws.pass_seconds(200, step=10)

    assert aws.states(arn) == ["unhealthy"]
    assert ids(aws, name) == before


def test_an_instance_called_unhealthy_is_replaced_unless_the_grace_period_still_runs(
    aws: Aws,
) -> None:
    name, _ = serving(aws, size=1, HealthCheckGracePeriod=60)
    first = ids(aws, name)
    call = {"InstanceId": first[0], "HealthStatus": "Unhealthy"}

    aws.autoscaling.set_instance_health(**call)
    aws.pass_seconds(3)
    respected = ids(aws, name)
    aws.autoscaling.set_instance_health(**call, ShouldRespectGracePeriod=False)
    aws.pass_seconds(3)

    assert respected == first
    assert ids(aws, name, "InService") not in ([], first)


@pytest.mark.parametrize("process", ["ReplaceUnhealthy", "Terminate", "HealthCheck"])
def test_a_suspended_process_does_not_replace(aws: Aws, process: str) -> None:
    name, _ = serving(aws, size=1)
    before = ids(aws, name)
    aws.autoscaling.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=[process])

    aws.ec2.stop_instances(InstanceIds=before)
    aws.pass_seconds(10)
    suspended = ids(aws, name)
    aws.autoscaling.resume_processes(AutoScalingGroupName=name)
    aws.pass_seconds(3)

    assert suspended == before
    assert ids(aws, name, "InService") not in ([], before)


def test_a_group_with_launch_suspended_launches_when_it_is_resumed(aws: Aws) -> None:
    name = aws.group(aws.template(), size=0)
    aws.autoscaling.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=["Launch"])

    aws.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=2)
    aws.pass_seconds(10)
    suspended = len(aws.instances(name))
    aws.autoscaling.resume_processes(AutoScalingGroupName=name, ScalingProcesses=["Launch"])

    assert suspended == 0
    assert len(aws.instances(name)) == 2


def test_every_launch_and_termination_is_an_activity_with_its_cause(aws: Aws) -> None:
    name, _ = serving(aws, size=1, drain_seconds=10)
    (launched,) = activities(aws, name)
    update(aws, name, MinSize=0, DesiredCapacity=0)
    draining = activities(aws, name)[0]
    aws.pass_seconds(15)

    assert launched["Description"].startswith("Launching a new EC2 instance: i-")
    assert launched["StatusCode"] == "Successful"
    assert draining["Description"].startswith("Terminating EC2 instance: i-")
    assert draining["StatusCode"] == "WaitingForELBConnectionDraining"
    assert "from 1 to 0" in draining["Cause"]
    assert activities(aws, name)[0]["StatusCode"] == "Successful"


def test_a_launch_from_an_image_that_is_gone_fails_with_the_reason_and_is_tried_again(
    aws: Aws,
) -> None:
    name = aws.group(aws.template(), size=0)
    aws.ec2.deregister_image(ImageId=V1)

    aws.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=1)
    aws.pass_seconds(10)
    once = activities(aws, name)
    aws.pass_seconds(10)

    assert [a["StatusCode"] for a in once] == ["Failed"]
    assert V1 in once[0]["StatusMessage"]
    assert len(activities(aws, name)) == 2


def test_a_template_whose_image_does_not_exist_is_refused_and_nothing_is_changed(
    aws: Aws,
) -> None:
    missing = "ami-00000000000000000"
    bad = aws.template(missing)
    name = aws.group(aws.template(), size=1)
    before = aws.described(name)["LaunchTemplate"]

    created = refusal(
        aws.autoscaling.create_auto_scaling_group,
        AutoScalingGroupName="bad",
        LaunchTemplate={"LaunchTemplateId": bad, "Version": "1"},
        MinSize=1,
        MaxSize=1,
        VPCZoneIdentifier=aws.subnet_ids[0],
    )
    updated = refusal(
        update, aws=aws, name=name, LaunchTemplate={"LaunchTemplateId": bad, "Version": "1"}
    )

    assert created[0] == updated[0] == "ValidationError"
    assert missing in created[1]
    assert aws.described(name)["LaunchTemplate"] == before
    groups = aws.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    assert [g["AutoScalingGroupName"] for g in groups] == [name]


def test_a_groups_name_is_taken_once(aws: Aws) -> None:
    template_id = aws.template()
    name = aws.group(template_id, size=1)

    code, _ = refusal(aws.group, template_id=template_id, AutoScalingGroupName=name)

    assert code == "AlreadyExists"


def test_a_group_with_instances_is_deleted_by_force_only_and_its_policies_with_it(
    aws: Aws,
) -> None:
    name, arn = serving(aws, size=1)
    (instance_id,) = ids(aws, name)
    aws.autoscaling.put_scaling_policy(
        AutoScalingGroupName=name,
        PolicyName="load",
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            "TargetValue": 50,
        },
    )

    code, _ = refusal(aws.autoscaling.delete_auto_scaling_group, AutoScalingGroupName=name)
    aws.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)

    assert code == "ResourceInUse"
    assert aws.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert aws.autoscaling.describe_policies()["ScalingPolicies"] == []
    assert aws.health(arn) == {instance_id: ("draining", "Target.DeregistrationInProgress")}


def test_two_groups_can_have_policies_of_one_name(aws: Aws) -> None:
    template_id = aws.template()
    names = [aws.group(template_id, size=0) for _ in range(2)]
    for name, target in zip(names, (10.0, 20.0), strict=True):
        aws.autoscaling.put_scaling_policy(
            AutoScalingGroupName=name,
            PolicyName="load",
            PolicyType="TargetTrackingScaling",
            TargetTrackingConfiguration={
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "ASGAverageCPUUtilization"
                },
                "TargetValue": target,
            },
        )

    found = [
        aws.autoscaling.describe_policies(AutoScalingGroupName=name)["ScalingPolicies"][0]
        for name in names
    ]

    assert [p["TargetTrackingConfiguration"]["TargetValue"] for p in found] == [10.0, 20.0]
    assert found[0]["PolicyARN"] != found[1]["PolicyARN"]


def test_every_setting_that_can_be_updated_is_shown_as_updated(aws: Aws) -> None:
    name = aws.group(aws.template(), size=1)
    changed = {
        "MinSize": 2,
        "MaxSize": 7,
        "DefaultCooldown": 77,
        "DefaultInstanceWarmup": 33,
        "HealthCheckType": "EC2",
        "HealthCheckGracePeriod": 44,
        "TerminationPolicies": ["NewestInstance", "Default"],
        "NewInstancesProtectedFromScaleIn": True,
        "VPCZoneIdentifier": aws.subnet_ids[1],
    }

    update(aws, name, **changed)

    shown = aws.described(name)
    assert {key: shown[key] for key in changed} == changed


def test_metrics_add_up_and_naming_none_means_all_of_them(aws: Aws) -> None:
    name = aws.group(aws.template(), size=0)

    def change(operation: str, **metrics: list[str]) -> list[str]:
        granularity = {"Granularity": "1Minute"} if operation == "enable" else {}
        getattr(aws.autoscaling, f"{operation}_metrics_collection")(
            AutoScalingGroupName=name, **granularity, **metrics
        )
        return sorted(m["Metric"] for m in aws.described(name)["EnabledMetrics"])

    one = change("enable", Metrics=["GroupMinSize"])
    two = change("enable", Metrics=["GroupMaxSize"])
    left = change("disable", Metrics=["GroupMinSize"])
    every = change("enable")
    none = change("disable")

    assert (one, two, left) == (
        ["GroupMinSize"],
        ["GroupMaxSize", "GroupMinSize"],
        ["GroupMaxSize"],
    )
    assert len(every) > 10
    assert none == []


def test_the_grace_period_is_0_where_none_is_given(aws: Aws) -> None:
    template_id = aws.template()
    aws.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="plain",
        LaunchTemplate={"LaunchTemplateId": template_id},
        MinSize=0,
        MaxSize=1,
        VPCZoneIdentifier=aws.subnet_ids[0],
    )

    assert aws.described("plain")["HealthCheckGracePeriod"] == 0


def test_instances_follow_the_target_groups_of_their_group(aws: Aws) -> None:
    name, first = serving(aws, size=1)
    second = aws.target_group()
    aws.rule((second, 1))

    aws.autoscaling.attach_load_balancer_target_groups(
        AutoScalingGroupName=name, TargetGroupARNs=[second]
    )
    aws.pass_seconds(3)
    attached = aws.states(first), aws.states(second)
    aws.autoscaling.detach_load_balancer_target_groups(
        AutoScalingGroupName=name, TargetGroupARNs=[first]
    )

    assert attached == (["healthy"], ["healthy"])
    assert (aws.states(first), aws.states(second)) == (["draining"], ["healthy"])


def test_a_target_group_that_is_not_there_cannot_be_attached(aws: Aws) -> None:
    name = aws.group(aws.template(), size=0)
    missing = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x/0123456789abcdef"

    code, _ = refusal(
        aws.autoscaling.attach_load_balancer_target_groups,
        AutoScalingGroupName=name,
        TargetGroupARNs=[missing],
    )

    assert code == "ValidationError"


def test_a_terminated_instance_is_replaced_unless_the_desired_capacity_goes_with_it(
    aws: Aws,
) -> None:
    name, _ = serving(aws, size=1, drain_seconds=5)
    update(aws, name, DesiredCapacity=3)
    aws.pass_seconds(3)
    one, two, _ = ids(aws, name, "InService")
    terminate = aws.autoscaling.terminate_instance_in_auto_scaling_group

    terminate(InstanceId=one, ShouldDecrementDesiredCapacity=False)
    aws.pass_seconds(8)
    replaced = len(ids(aws, name)), aws.described(name)["DesiredCapacity"]
    terminate(InstanceId=two, ShouldDecrementDesiredCapacity=True)
    aws.pass_seconds(8)

    assert replaced == (3, 3)
    assert (len(ids(aws, name)), aws.described(name)["DesiredCapacity"]) == (2, 2)


def test_the_desired_capacity_does_not_fall_below_the_minimum_by_a_termination(aws: Aws) -> None:
    name, _ = serving(aws, size=1)

    code, _ = refusal(
        aws.autoscaling.terminate_instance_in_auto_scaling_group,
        InstanceId=ids(aws, name)[0],
        ShouldDecrementDesiredCapacity=True,
    )

    assert code == "ValidationError"


def test_a_detached_instance_runs_on_outside_its_group(aws: Aws) -> None:
    name, arn = serving(aws, size=2)
    update(aws, name, MinSize=1)
    leaving, staying = ids(aws, name)

    aws.autoscaling.detach_instances(
        AutoScalingGroupName=name, InstanceIds=[leaving], ShouldDecrementDesiredCapacity=True
    )
    aws.pass_seconds(3)

    (reservation,) = aws.ec2.describe_instances(InstanceIds=[leaving])["Reservations"]
    assert ids(aws, name) == [staying]
    assert reservation["Instances"][0]["State"]["Name"] == "running"
    assert aws.health(arn)[leaving][0] == "draining"


@pytest.mark.parametrize(
    "settings",
    [
        {"MixedInstancesPolicy": {"InstancesDistribution": {"OnDemandBaseCapacity": 1}}},
        {"InstanceMaintenancePolicy": {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110}},
        {"PlacementGroup": "p"},
        {"MaxInstanceLifetime": 86400},
        {"LifecycleHookSpecificationList": [{"LifecycleHookName": "h"}]},
    ],
    ids=lambda s: next(iter(s)),
)
def test_a_setting_that_the_rehearsal_cannot_honour_is_said_so(
    aws: Aws, settings: dict[str, Any]
) -> None:
    code, message = refusal(aws.group, template_id=aws.template(), size=0, **settings)

    assert code == "ValidationError"
    assert message.startswith("not supported by the rehearsal")


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("put_lifecycle_hook", {"LifecycleHookName": "h"}),
        ("put_warm_pool", {}),
        ("put_scheduled_update_group_action", {"ScheduledActionName": "s"}),
        ("enter_standby", {"ShouldDecrementDesiredCapacity": True}),
        ("attach_instances", {"InstanceIds": ["i-1"]}),
    ],
)
def test_an_operation_that_would_do_nothing_is_said_to_be_unsupported(
    aws: Aws, operation: str, arguments: dict[str, Any]
) -> None:
    name = aws.group(aws.template(), size=0)

    code, message = refusal(
        getattr(aws.autoscaling, operation), AutoScalingGroupName=name, **arguments
    )

    assert code == "NotSupportedByRehearsal"
    assert message.endswith("not supported by the rehearsal")


def test_an_unknown_group_is_an_error_of_aws(aws: Aws) -> None:
    code, message = refusal(aws.autoscaling.suspend_processes, AutoScalingGroupName="none")

    assert code == "ValidationError"
    assert "not found" in message
