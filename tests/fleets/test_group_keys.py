"""What the config sets of an Auto Scaling group: scaling, suspended processes, subnets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from components.guards.hooks import launched_types
from fleets.auto_scaling_group.kind import AUTO_SCALING_GROUP
from rollout.errors import SettingsError
from rollout.problem import Problem
from rollout.split import Slot
from settings.settings import Settings
from tests.components.recording import Recording
from tests.components.stacks import declared, recording_of
from tests.configs import Config, parsed, stack_config
from tests.fixing import fixed
from tests.settings.test_values import with_existing_slot

SUBNETS = ["subnet-0a1b2c3d4e5f60711", "subnet-0a1b2c3d4e5f60712"]


def with_group(**values: Any) -> Config:
    """Prod with these values for the group of slot 02 of web."""
    config = stack_config("prod")
    config["failover:capacity"]["web"]["02"] = {"autoScalingGroup": values}
    return config


def recording(**values: Any) -> Recording:
    return declared(with_group(**values))


def problems(config: Config) -> list[Problem]:
    with pytest.raises(SettingsError) as refused:
        parsed(config)
    return list(refused.value.problems)


def test_the_group_has_the_processes_and_subnets_of_the_config() -> None:
    group = recording(suspendedProcesses=["AZRebalance"], subnetIds=SUBNETS).one(
        "autoscaling/group:Group", "web-02"
    )

    assert group.inputs["suspendedProcesses"] == ["AZRebalance"]
    assert group.inputs["vpcZoneIdentifiers"] == SUBNETS


def test_what_one_slot_sets_changes_nothing_else() -> None:
    before = {r.key: r.inputs for r in recording_of("prod").registrations}

    changed = recording(
        suspendedProcesses=["AZRebalance"], subnetIds=SUBNETS, scaling={"cpuPercent": 40}
    )

    after = {r.key: r.inputs for r in changed.registrations}
    assert {key for key in before if before[key] != after[key]} == {
        "aws:autoscaling/group:Group web-02",
        "aws:autoscaling/policy:Policy web-02",
    }


def test_the_policy_follows_the_mean_cpu_of_the_slot() -> None:
    policy = recording(scaling={"cpuPercent": 40}).one(":Policy", "web-02").inputs

    assert policy["targetTrackingConfiguration"] == {
        "predefinedMetricSpecification": {"predefinedMetricType": "ASGAverageCPUUtilization"},
        "targetValue": 40,
    }


def test_the_policy_follows_the_requests_of_the_slots_own_target_group() -> None:
    made = recording(scaling={"requestsPerTarget": 900})

    policy = made.one(":Policy", "web-02").inputs
    before = recording_of("prod").one(":Policy", "web-02").inputs
    assert policy["targetTrackingConfiguration"]["targetValue"] == 900
    metric = policy["targetTrackingConfiguration"]["predefinedMetricSpecification"]
    assert metric["predefinedMetricType"] == "ALBRequestCountPerTarget"
    assert metric["resourceLabel"] == "suffix/alb/suffix/web-02"
    assert policy["name"] == before["name"]


def group_of(config: Config) -> Any:
    settings: Settings = parsed(config)
    (web,) = [service for service in settings.services if service.name == "web"]
    return next(slot.fleet for slot in web.slots if slot.slot is Slot.SECOND)


def test_a_slots_own_values_replace_those_of_its_service() -> None:
    config = with_group(scaling={"cpuPercent": 40})
    config["failover:capacity"]["web"]["autoScalingGroup"] = {
        "scaling": {"requestsPerTarget": 900},
        "suspendedProcesses": ["AZRebalance"],
    }

    group = group_of(config).group

    assert group.scaling.cpu_percent == 40
    assert group.scaling.requests_per_target is None
    assert group.suspended_processes == ("AZRebalance",)


def test_a_percentage_of_the_service_holds_for_the_slot_without_scaling_of_its_own() -> None:
    config = with_group(scaling={"requestsPerTarget": 900})
    config["failover:capacity"]["web"]["cpuTargetPercent"] = 50

    found = declared(config)

    targets = [
        found.one(":Policy", f"web-{slot}").inputs["targetTrackingConfiguration"]["targetValue"]
        for slot in Slot
    ]
    assert targets == [50, 900]


def test_a_percentage_that_no_slot_follows_is_refused() -> None:
    config = with_group(scaling={"requestsPerTarget": 900})
    config["failover:capacity"]["web"]["01"] = {"autoScalingGroup": {"scaling": {"cpuPercent": 40}}}
    config["failover:capacity"]["web"]["cpuTargetPercent"] = 50

    found = problems(config)

    assert {problem.path for problem in found} == {"failover:capacity.web.cpuTargetPercent"}


def test_a_process_that_a_preview_notes_weakens_a_ramp_and_does_not_stop_it() -> None:
    noted = group_of(with_group(suspendedProcesses=["HealthCheck", "AZRebalance"]))

    assert AUTO_SCALING_GROUP.notes(noted) == (
        "HealthCheck of its group is suspended: the group does not notice an instance that fails",
    )
    assert AUTO_SCALING_GROUP.notes(group_of(stack_config("prod"))) == ()


def test_subnets_of_one_zone_are_refused() -> None:
    same_zone = ["subnet-0a1b2c3d4e5f60711", "subnet-0a1b2c3d4e5f60713"]

    (problem,) = problems(with_group(subnetIds=same_zone))

    assert problem.path == 'failover:capacity.web["02"].autoScalingGroup.subnetIds'
    assert "at least two Availability Zones" in problem.expected


def test_subnets_of_a_vpc_that_is_yet_to_be_created_are_refused() -> None:
    config = with_group(subnetIds=SUBNETS)
    zones = ["us-east-1a", "us-east-1b"]
    config["failover:network"] = {
        "create": True,
        "cidr": "10.20.0.0/16",
        "availabilityZones": zones,
    }

    (problem,) = problems(config)

    assert problem.path == 'failover:capacity.web["02"].autoScalingGroup.subnetIds'
    assert "beside network.create" in problem.expected


MIXED = {
    "instanceTypes": ["m7i.large", "m6i.large"],
    "onDemandBase": 2,
    "onDemandPercentAboveBase": 50,
    "maxPrice": "0.05",
}


def test_the_version_of_the_template_is_in_the_policy_of_the_types_and_nowhere_else() -> None:
    group = recording(mixedInstances=MIXED).one("autoscaling/group:Group", "web-02").inputs

    assert "launchTemplate" not in group
    assert group["mixedInstancesPolicy"] == {
        "instancesDistribution": {
            "onDemandBaseCapacity": 2,
            "onDemandPercentageAboveBaseCapacity": 50,
            "spotAllocationStrategy": "price-capacity-optimized",
            "spotMaxPrice": "0.05",
        },
        "launchTemplate": {
            "launchTemplateSpecification": {"launchTemplateId": "id-web-02", "version": "3"},
            "overrides": [{"instanceType": "m7i.large"}, {"instanceType": "m6i.large"}],
        },
    }


def test_an_existing_group_whose_types_have_weights_is_refused() -> None:
    config, lookups = with_existing_slot()
    lookups.groups["shop-web-asg"] = replace(lookups.groups["shop-web-asg"], has_weights=True)

    with pytest.raises(SettingsError) as refused:
        parsed(config, lookups)

    (problem,) = refused.value.problems
    assert problem.path == 'failover:services.web.slots["01"].autoScalingGroup.existing'
    assert "whose instance types have no weights" in problem.expected


def inputs_of(version: str, *types: str) -> dict[str, Any]:
    return {
        "mixedInstancesPolicy": {
            "instancesDistribution": {"onDemandBaseCapacity": 0.0},
            "launchTemplate": {
                "launchTemplateSpecification": {"version": version},
                "overrides": [{"instanceType": each} for each in types],
            },
        }
    }


def test_other_instance_types_end_instances_and_another_version_alone_does_not() -> None:
    before = inputs_of("3", "m7i.large")

    assert launched_types(before) == launched_types(inputs_of("4", "m7i.large"))
    assert launched_types(before) != launched_types(inputs_of("3", "m7i.large", "m6i.large"))
    assert launched_types(before) != launched_types({"launchTemplate": {"version": "3"}})


def test_a_lifecycle_hook_is_a_resource_of_its_own_that_the_config_can_take_out() -> None:
    made = recording(
        lifecycleHooks=[
            {"name": "warm-up", "transition": "launching", "heartbeatSeconds": 300},
            {"name": "drain", "transition": "terminating", "defaultResult": "CONTINUE"},
        ]
    )

    hook = made.one(":LifecycleHook", "web-02-warm-up")
    before = {r.key for r in recording_of("prod").registrations}
    assert hook.inputs == {
        "name": "warm-up",
        "autoscalingGroupName": "hankooktire-us-prd-web-02-asg",
        "lifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
        "heartbeatTimeout": 300,
        "defaultResult": "ABANDON",
    }
    assert not hook.is_protected
    assert len({r.key for r in made.registrations} - before) == 2


@pytest.mark.parametrize(
    ("hooks", "path", "expected"),
    [
        ([{"name": "a"}], "[0].transition", "launching or terminating"),
        ([{"name": "a b", "transition": "launching"}], "[0].name", "the name of the hook"),
        ([{"name": "a", "transition": "booting"}], "[0].transition", "launching or terminating"),
        (
            [{"name": "a", "transition": "launching", "heartbeatSeconds": 10}],
            "[0].heartbeatSeconds",
            "a whole number from 30 to 7200",
        ),
        (
            [{"name": "a", "transition": "launching", "defaultResult": "STOP"}],
            "[0].defaultResult",
            "ABANDON or CONTINUE",
        ),
        (
            [{"name": "a", "transition": "launching", "heartbeat": 60}],
            "[0].heartbeat",
            "no such field; did you mean heartbeatSeconds?",
        ),
        (
            [{"name": "a", "transition": "launching", "roleArn": "arn:aws:iam::1:role/x"}],
            "[0].roleArn",
            "the ARN of an IAM role",
        ),
        (
            [
                {
                    "name": "a",
                    "transition": "launching",
                    "targetArn": "arn:aws:sqs:us-east-1:123456789012:q",
                }
            ],
            "[0].roleArn",
            "the ARN of an IAM role, beside targetArn",
        ),
        (
            [{"name": "a", "transition": "launching"}, {"name": "a", "transition": "terminating"}],
            "[1].name",
            "a name that no other hook has",
        ),
    ],
)
def test_a_bad_lifecycle_hook_has_one_message_and_its_command_fixes_the_config(
    hooks: Any, path: str, expected: str
) -> None:
    config = with_group(lifecycleHooks=hooks)

    (problem,) = problems(config)

    assert problem.path == f'failover:capacity.web["02"].autoScalingGroup.lifecycleHooks{path}'
    assert expected in problem.expected
    fixed_once = fixed(config, problem.fix)
    if "roleArn" not in path or "beside" in problem.expected:
        parsed(fixed_once)
