"""Further arguments of launch template and group: checked against the SDK, and laid over ours."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from pulumi_aws import autoscaling, ec2, lb

from components.extended import extended, python_name
from components.sdk_arguments import sdk_arguments
from rollout.errors import SettingsError
from rollout.problem import Problem
from settings.arguments import OWNED_BY_GROUP, OWNED_BY_TARGET_GROUP, OWNED_BY_TEMPLATE
from tests.components.stacks import declared, recording_of
from tests.configs import ROOT, Config, FakeLookups, parsed, stack_config
from tests.fixing import fixed
from tests.policy.asking import violations
from tests.settings.test_values import with_existing_slot

TEMPLATE, GROUP = "launchTemplate", "autoScalingGroup"
WHERE = 'failover:capacity.web["02"]'


def with_arguments(of: str, arguments: Any, **beside: Any) -> Config:
    """Prod with arguments for slot 02 of web."""
    config = stack_config("prod")
    config["failover:capacity"]["web"]["02"] = {of: {"arguments": arguments, **beside}}
    return config


def template_of(arguments: Any, **beside: Any) -> Any:
    return declared(with_arguments(TEMPLATE, arguments, **beside)).one(":LaunchTemplate", "web-02")


def group_of(arguments: Any) -> Any:
    recording = declared(with_arguments(GROUP, arguments))
    return recording.one("autoscaling/group:Group", "web-02")


def problem_of(config: Config) -> Problem:
    with pytest.raises(SettingsError) as refused:
        parsed(config)
    (problem,) = refused.value.problems
    return problem


def test_the_table_of_arguments_is_what_the_sdk_takes() -> None:
    table = json.loads((ROOT / "settings" / "sdk_arguments.json").read_text())

    assert table == sdk_arguments()


def test_every_argument_has_its_name_of_the_sdk() -> None:
    table = sdk_arguments()

    assert {python_name(name) for name in table[TEMPLATE]} <= set(vars(ec2.LaunchTemplateArgs))
    assert {python_name(name) for name in table[GROUP]} <= set(vars(autoscaling.GroupArgs))
    assert {python_name(name) for name in table["targetGroup"]} <= set(vars(lb.TargetGroupArgs))


def test_what_the_program_owns_are_arguments_of_the_sdk() -> None:
    table = sdk_arguments()

    assert set(OWNED_BY_TEMPLATE) <= set(table[TEMPLATE])
    assert set(OWNED_BY_GROUP) <= set(table[GROUP])
    assert set(OWNED_BY_TARGET_GROUP) <= set(table["targetGroup"])


def test_the_config_is_read_without_the_sdk() -> None:
    read = "import settings.settings, sys; sys.exit('pulumi_aws' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", read], cwd=ROOT, check=False).returncode == 0


def test_an_argument_that_the_program_does_not_set_is_declared_as_it_is() -> None:
    before = {r.key: r.inputs for r in recording_of("prod").registrations}
    arguments = {"warmPool": {"minSize": 1, "poolState": "Stopped"}, "capacityRebalance": True}

    after = {r.key: r.inputs for r in declared(with_arguments(GROUP, arguments)).registrations}

    key = "aws:autoscaling/group:Group web-02"
    assert {each for each in before if before[each] != after[each]} == {key}
    assert after[key] == {**before[key], **arguments}


def test_a_map_extends_what_the_program_sets_and_anything_else_replaces_it() -> None:
    template = template_of({"metadataOptions": {"httpPutResponseHopLimit": 2}}).inputs

    group = group_of({"terminationPolicies": ["OldestInstance"]}).inputs

    assert template["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 2,
    }
    assert group["terminationPolicies"] == ["OldestInstance"]


def test_a_map_within_a_map_of_a_target_group_extends_it_too() -> None:
    config = stack_config("prod")
    health = {"unhealthyStateRouting": {"minimumHealthyTargetsCount": 2}}
    config["failover:services"]["web"]["targetGroup"] = {"arguments": {"targetGroupHealth": health}}

    found = [declared(config).one(":TargetGroup", f"web-{slot}").inputs for slot in ("01", "02")]

    assert [each["targetGroupHealth"] for each in found] == 2 * [
        {
            "dnsFailover": {
                "minimumHealthyTargetsCount": "off",
                "minimumHealthyTargetsPercentage": "off",
            },
            "unhealthyStateRouting": {
                "minimumHealthyTargetsCount": 2,
                "minimumHealthyTargetsPercentage": "off",
            },
        }
    ]


def test_an_argument_of_a_target_group_that_a_key_sets_is_refused_with_the_key() -> None:
    config = stack_config("prod")
    config["failover:services"]["web"]["targetGroup"] = {"arguments": {"stickiness": {}}}

    problem = problem_of(config)

    assert problem.path == "failover:services.web.targetGroup.arguments.stickiness"
    assert "it would keep clients on a slot of weight 0" in problem.expected


def test_the_first_interface_keeps_the_security_groups_of_the_stack() -> None:
    interfaces = [
        {"associatePublicIpAddress": True},
        {"deviceIndex": 1, "securityGroups": ["sg-0a1b2c3d"]},
    ]

    found = template_of({"networkInterfaces": interfaces}).inputs["networkInterfaces"]

    assert found == [
        {
            "deviceIndex": 0,
            "associatePublicIpAddress": "true",
            "deleteOnTermination": "true",
            "securityGroups": ["id-instance"],
        },
        {"deviceIndex": 1, "securityGroups": ["sg-0a1b2c3d"]},
    ]


def test_an_interface_takes_over_the_groups_of_a_template_without_interfaces() -> None:
    found = extended(
        {"vpc_security_group_ids": ["sg-1"]}, {"networkInterfaces": [{"description": "first"}]}
    )

    assert found == {
        "network_interfaces": [
            {"device_index": 0, "security_groups": ["sg-1"], "description": "first"}
        ]
    }


@pytest.mark.parametrize(
    ("arguments", "policy"),
    [
        ({"metadataOptions": {"httpTokens": "optional"}}, "launch-template-metadata"),
        (
            {"networkInterfaces": [{"associatePublicIpAddress": True}]},
            "launch-template-public-address",
        ),
        (
            {"blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encrypted": "false"}}]},
            "launch-template-volumes",
        ),
    ],
)
def test_the_policy_pack_finds_what_comes_through_arguments(arguments: Any, policy: str) -> None:
    template = template_of(arguments)

    assert set(violations(template.type, template.inputs)) == {policy}


def test_the_policy_pack_finds_a_health_check_that_comes_through_arguments() -> None:
    group = group_of({"healthCheckType": "EC2"})

    assert set(violations(group.type, group.inputs)) == {"auto-scaling-group-health-check"}


@pytest.mark.parametrize(
    ("of", "name"),
    [
        *((TEMPLATE, each) for each in OWNED_BY_TEMPLATE),
        *((GROUP, each) for each in OWNED_BY_GROUP),
    ],
)
def test_an_argument_that_the_program_owns_is_refused_with_what_sets_it(of: str, name: str) -> None:
    config = with_arguments(of, {name: "x"})

    problem = problem_of(config)

    owner = (OWNED_BY_TEMPLATE if of == TEMPLATE else OWNED_BY_GROUP)[name]
    assert problem.path == f"{WHERE}.{of}.arguments.{name}"
    assert problem.expected == f"not in arguments: {owner}"
    assert problem.fix == f"pulumi config rm --path '{problem.path}'"


@pytest.mark.parametrize(
    ("of", "arguments", "path", "expected"),
    [
        (GROUP, {"warmPol": {}}, "warmPol", "an argument of pulumi-aws; did you mean warmPool?"),
        (
            GROUP,
            {"warmPool": {"minsize": 1}},
            "warmPool.minsize",
            "did you mean minSize? Known here: instanceReusePolicy",
        ),
        (GROUP, {"warmPool": {"minSize": "1"}}, "warmPool.minSize", "a whole number"),
        (GROUP, {"capacityRebalance": "yes"}, "capacityRebalance", "true or false"),
        (GROUP, {"enabledMetrics": "GroupMinSize"}, "enabledMetrics", "a list"),
        (GROUP, {"warmPool": []}, "warmPool", "a map of instanceReusePolicy"),
        (TEMPLATE, {"kernelId": []}, "kernelId", "text"),
        (
            TEMPLATE,
            {"networkInterfaces": [{"securityGroups": ["sg-1"]}]},
            "networkInterfaces[0].securityGroups",
            "are the key launchTemplate.securityGroupIds",
        ),
        (
            TEMPLATE,
            {"networkInterfaces": [{"deviceIndex": 1, "subnetId": "subnet-1"}]},
            "networkInterfaces[0].subnetId",
            "are the key autoScalingGroup.subnetIds",
        ),
    ],
)
def test_a_bad_argument_has_one_message_and_its_command_fixes_the_config(
    of: str, arguments: Any, path: str, expected: str
) -> None:
    config = with_arguments(of, arguments)

    problem = problem_of(config)

    assert problem.path == f"{WHERE}.{of}.arguments.{path}"
    assert expected in problem.expected
    parsed(fixed(config, problem.fix), FakeLookups())


def test_volumes_by_arguments_and_by_their_own_key_are_refused() -> None:
    config = with_arguments(
        TEMPLATE,
        {"blockDeviceMappings": [{"deviceName": "/dev/xvda"}]},
        volumes=[{"deviceName": "/dev/sdf", "sizeGib": 10}],
    )

    problem = problem_of(config)

    assert problem.path == f"{WHERE}.launchTemplate.arguments.blockDeviceMappings"
    assert problem.expected == "not beside volumes, which sets the volumes"


def test_a_slots_own_arguments_replace_those_of_its_service() -> None:
    config = with_arguments(GROUP, {"maxInstanceLifetime": 86400})
    config["failover:capacity"]["web"][GROUP] = {"arguments": {"capacityRebalance": True}}

    group = declared(config).one("autoscaling/group:Group", "web-02").inputs

    assert group["maxInstanceLifetime"] == 86400
    assert "capacityRebalance" not in group


@pytest.mark.parametrize("of", [TEMPLATE, GROUP])
@pytest.mark.parametrize("fleet", [{GROUP: {"existing": "shop-web-asg"}}, {"registered": True}])
def test_a_slot_whose_fleet_is_not_the_stacks_has_no_arguments(of: str, fleet: Any) -> None:
    config, lookups = with_existing_slot()
    slots = config["failover:services"]["web"]["slots"]
    slots["01"] = {"targetGroup": {"existing": "shop-web"}, **fleet}
    config["failover:capacity"]["web"]["01"] = {of: {"arguments": {"kernelId": "aki-1"}}}

    with pytest.raises(SettingsError) as refused:
        parsed(config, lookups)

    assert 'failover:capacity.web["01"]' in {each.path for each in refused.value.problems}
