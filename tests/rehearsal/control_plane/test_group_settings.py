"""Settings of groups are kept and shown, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.control_plane.aws import Aws, refusal
from tests.rehearsal.control_plane.groups import serving, update

LAUNCH_HOOK = {
    "LifecycleHookName": "h",
    "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
}


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


def put_requests(aws: Aws, name: str, label: str | None) -> None:
    aws.autoscaling.put_scaling_policy(
        AutoScalingGroupName=name,
        PolicyName="load",
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ALBRequestCountPerTarget",
                **({"ResourceLabel": label} if label else {}),
            },
            "TargetValue": 900,
        },
    )


def test_requests_are_tracked_by_the_label_of_a_target_group_that_the_group_fills(aws: Aws) -> None:
    name, arn = serving(aws, size=1)
    balancer = aws.load_balancer_arn.partition(":loadbalancer/")[2]
    own, other = (f"{balancer}/{each.rpartition(':')[2]}" for each in (arn, aws.target_group()))

    refusals = [
        refusal(put_requests, aws=aws, name=name, label=label)[1] for label in (None, "web", other)
    ]
    put_requests(aws, name, own)

    assert refusals == [
        "Resource label should be specified for predefined metric type ALBRequestCountPerTarget",
        "Resource label is invalid: web",
        "Target group not attached to the Auto Scaling group",
    ]
    (policy,) = aws.autoscaling.describe_policies(AutoScalingGroupName=name)["ScalingPolicies"]
    metric = policy["TargetTrackingConfiguration"]["PredefinedMetricSpecification"]
    assert metric == {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": own}


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


@pytest.mark.parametrize(
    "settings",
    [
        {"InstanceMaintenancePolicy": {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110}},
        {"PlacementGroup": "p"},
        {"MaxInstanceLifetime": 86400},
        {"LifecycleHookSpecificationList": [LAUNCH_HOOK]},
    ],
    ids=lambda s: next(iter(s)),
)
def test_a_setting_that_the_rehearsal_cannot_honour_is_refused_as_unsupported(
    aws: Aws, settings: dict[str, Any]
) -> None:
    code, message = refusal(aws.group, template_id=aws.template(), size=0, **settings)

    assert code == "ValidationError"
    assert message.startswith("not supported by the rehearsal")


def policy_of(template_id: str, *overrides: dict[str, str], version: str = "1") -> dict[str, Any]:
    return {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateId": template_id, "Version": version},
            "Overrides": list(overrides),
        },
        "InstancesDistribution": {
            "OnDemandBaseCapacity": 1,
            "OnDemandPercentageAboveBaseCapacity": 50,
            "SpotAllocationStrategy": "price-capacity-optimized",
        },
    }


def mixed_group(aws: Aws, policy: dict[str, Any], size: int = 0) -> None:
    aws.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="mixed",
        MixedInstancesPolicy=policy,
        MinSize=size,
        MaxSize=9,
        VPCZoneIdentifier=",".join(aws.subnet_ids),
    )


def test_a_group_with_a_mixed_instances_policy_launches_its_types_from_its_version(
    aws: Aws,
) -> None:
    template_id = aws.template()
    types = ({"InstanceType": "m7i.large"}, {"InstanceType": "m6i.large"})

    mixed_group(aws, policy_of(template_id, *types), size=5)
    aws.pass_seconds(5)
    update(aws, "mixed", MaxSize=8)

    shown = aws.described("mixed")
    specification = shown["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"]
    assert "LaunchTemplate" not in shown
    assert (specification["LaunchTemplateId"], specification["Version"]) == (template_id, "1")
    assert {each["LaunchTemplate"]["Version"] for each in shown["Instances"]} == {"1"}
    reservations = aws.ec2.describe_instances()["Reservations"]
    launched = [each for one in reservations for each in one["Instances"]]
    found = sorted((each.get("InstanceLifecycle", ""), each["InstanceType"]) for each in launched)
    on_demand, spot = [("", "m7i.large")] * 3, [("spot", "m6i.large"), ("spot", "m7i.large")]
    assert found == on_demand + spot


def test_a_policy_and_a_template_take_each_others_place(aws: Aws) -> None:
    template_id = aws.template()
    mixed_group(aws, policy_of(template_id, {"InstanceType": "m7i.large"}))

    update(aws, "mixed", LaunchTemplate={"LaunchTemplateId": template_id, "Version": "1"})
    alone = aws.described("mixed")
    update(aws, "mixed", MixedInstancesPolicy=policy_of(template_id))
    again = aws.described("mixed")

    assert ("LaunchTemplate" in alone, "MixedInstancesPolicy" in alone) == (True, False)
    assert ("LaunchTemplate" in again, "MixedInstancesPolicy" in again) == (False, True)


def test_weights_of_instance_types_are_not_supported(aws: Aws) -> None:
    policy = policy_of(aws.template(), {"InstanceType": "m7i.large", "WeightedCapacity": "2"})

    _, message = refusal(mixed_group, aws=aws, policy=policy)

    assert message == "not supported by the rehearsal: WeightedCapacity in Overrides"


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("put_warm_pool", {}),
        ("put_scheduled_update_group_action", {"ScheduledActionName": "s"}),
        ("enter_standby", {"ShouldDecrementDesiredCapacity": True}),
        ("attach_instances", {"InstanceIds": ["i-1"]}),
    ],
)
def test_an_operation_that_would_do_nothing_is_refused_as_unsupported(
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
