from __future__ import annotations

from pathlib import Path
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.adopt.first_slot import FirstSlot
from ops.adopt.slot_differences import (
    OF_ITS_OWN,
    TAKEN_OVER,
    fleet_differences,
    group_differences,
    launch_differences,
    unlike,
)
from ops.inspect.document import TemplateReport
from rehearsal.control_plane.corrections import attributes
from settings.lookup import LaunchTemplateVersion

TEMPLATE = TemplateReport("launch template", "shop-web", has_user_data=True)
IMAGE = "ami-0fa11000000000001"
REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "config.md"
MODELS: Any = botocore.session.get_session()


def image(size: int = 8, device: str = "/dev/xvda") -> dict[str, Any]:
    mapping = {"DeviceName": device, "Ebs": {"VolumeSize": size}}
    return {"ImageId": IMAGE, "RootDeviceName": device, "BlockDeviceMappings": [mapping]}


def told(first: FirstSlot, **more: Any) -> str:
    return "\n".join(unlike("web", TEMPLATE, first, IMAGE, "m5.large", **more))


def filled(shape: Any, flag: bool, depth: int = 0) -> Any:
    """A value of a shape with everything in it."""
    if shape.type_name == "structure":
        if depth > 4:
            return {}
        return {name: filled(each, flag, depth + 1) for name, each in shape.members.items()}
    if shape.type_name == "list":
        return [filled(shape.member, flag, depth + 1)]
    if shape.type_name == "map":
        return {"key": filled(shape.value, flag, depth + 1)}
    if shape.type_name == "boolean":
        return flag
    return 4711 if shape.type_name in ("integer", "long", "float", "double") else "of-slot-01"


SHAPES = {
    ("launch", "ec2", "ResponseLaunchTemplateData"): launch_differences,
    ("launch", "autoscaling", "LaunchConfiguration"): launch_differences,
    ("fleet", "autoscaling", "AutoScalingGroup"): fleet_differences,
    ("group", "elbv2", "TargetGroup"): group_differences,
}
MEMBERS = [
    (source, service, shape, member)
    for source, service, shape in SHAPES
    for member in MODELS.get_service_model(service).shape_for(shape).members
]


FLAGS = (True, False)


def made(source: str, member: str, value: Any) -> FirstSlot:
    spoiled: dict[str, Any] = {source: {member: value}}
    return FirstSlot(**spoiled)


@pytest.mark.parametrize(("source", "service", "shape", "member"), MEMBERS)
def test_nothing_that_aws_says_of_slot_01_is_silent(
    source: str, service: str, shape: str, member: str
) -> None:
    model = MODELS.get_service_model(service).shape_for(shape).members[member]
    compared = SHAPES[source, service, shape]

    differences = ["\n".join(compared(made(source, member, filled(model, flag)))) for flag in FLAGS]

    name = "of-slot-01" if member == "BlockDeviceMappings" else member
    is_told = any(name in text for text in differences)
    assert is_told != (member in TAKEN_OVER[source] or member in OF_ITS_OWN[source])


def test_what_is_taken_over_has_a_key_of_the_config() -> None:
    reference = REFERENCE.read_text()

    for keys in TAKEN_OVER.values():
        for key in keys.values():
            assert key.rpartition(".")[2].removeprefix("failover:") in reference


@given(st.sampled_from(sorted(attributes.TARGET_GROUP)), st.sampled_from(["7", "other"]))
def test_every_attribute_of_a_target_group_that_is_no_default_is_told(key: str, value: str) -> None:
    found = group_differences(FirstSlot(attributes={key: value}))

    assert [key in line and value in line for line in found] == (
        [] if key in TAKEN_OVER["attributes"] else [True]
    )


def test_an_attribute_that_nobody_knows_yet_is_told() -> None:
    assert group_differences(FirstSlot(attributes={"new.one": "yes"})) == ["new.one yes"]


def test_a_target_group_with_the_defaults_of_aws_is_taken_over_whole() -> None:
    assert (
        group_differences(FirstSlot(attributes=attributes.defaults(attributes.TARGET_GROUP))) == []
    )


def test_what_is_not_taken_over_is_told_only_of_a_group_that_is_made() -> None:
    first = FirstSlot(
        group={"TargetGroupName": "web-tg"},
        attributes={
            "slow_start.duration_seconds": "120",
            "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "2",
        },
    )

    assert (
        "web-02: not as target group web-tg has it: target_group_health.unhealthy_state_routing."
        "minimum_healthy_targets.count 2 (slot 02: 1)"
    ) in told(first)
    assert "slow_start" not in told(first)
    assert "web-tg" not in told(first, has_new_group=False)


def test_a_suspended_process_is_told_only_where_a_ramp_would_wait_for_it() -> None:
    fleet = {"SuspendedProcesses": [{"ProcessName": "AZRebalance"}, {"ProcessName": "Launch"}]}

    assert fleet_differences(FirstSlot(fleet=fleet)) == ["SuspendedProcesses Launch"]


def test_a_policy_with_weights_is_told_with_what_is_launched_in_its_place() -> None:
    policy: dict[str, Any] = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateName": "shop-web"},
            "Overrides": [
                {"InstanceType": "c5.large", "WeightedCapacity": "2"},
                {"InstanceType": "m5.large"},
            ],
        },
        "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": 25},
    }
    fleet = {"AutoScalingGroupName": "web-asg", "MixedInstancesPolicy": policy}

    text = told(FirstSlot(fleet=fleet))

    assert "web-02: m5.large on demand alone; the mixed instances policy of web-asg" in text
    assert "OnDemandPercentageAboveBaseCapacity 25" in text
    assert "InstanceType c5.large" in text
    del policy["LaunchTemplate"]["Overrides"][0]["WeightedCapacity"]
    assert "mixed instances" not in told(FirstSlot(fleet=fleet))


def test_key_hop_limit_monitoring_and_volumes_are_told_with_what_slot_02_has() -> None:
    first = FirstSlot(
        launch={
            "KeyName": "ops",
            "Monitoring": {"Enabled": True},
            "MetadataOptions": {"HttpPutResponseHopLimit": 2, "HttpTokens": "optional"},
            "BlockDeviceMappings": [
                {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 100, "VolumeType": "io2"}},
                {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 500}},
            ],
        },
        images={IMAGE: image()},
    )

    text = told(first)

    assert "KeyName ops" in text
    assert "Monitoring.Enabled true" in text
    assert "MetadataOptions.HttpPutResponseHopLimit 2 (slot 02: 1)" in text
    assert "MetadataOptions.HttpTokens optional (slot 02: required)" in text
    assert "/dev/xvda Ebs.VolumeType io2 (slot 02: gp3)" in text
    assert "/dev/sdb Ebs.VolumeSize 500" in text
    assert "/dev/xvda Ebs.VolumeSize" not in text


def test_what_is_beside_the_group_is_told() -> None:
    first = FirstSlot(
        fleet={"AutoScalingGroupName": "web-asg"},
        policies=("cpu",),
        hooks=("warm-cache",),
        schedules=("night",),
        has_public_subnets=True,
    )

    text = told(first)

    assert "without the scaling policies cpu of web-asg" in text
    assert "without the lifecycle hooks warm-cache of web-asg" in text
    assert "without the scheduled actions night of web-asg" in text
    assert "instances without a public address" in text


def test_a_slot_of_all_defaults_is_told_with_what_always_differs_alone() -> None:
    lines = unlike(
        "web",
        TemplateReport("launch template", "web", has_user_data=False),
        FirstSlot(
            launch={
                "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
                "SecurityGroupIds": ["sg-1"],
            },
            images={IMAGE: image()},
        ),
        IMAGE,
        "m5.large",
    )

    assert [line.partition(",")[0] for line in lines] == ["web-02: a security group of its own"]


@given(st.integers(1, 500), st.none() | st.integers(1, 500), st.integers(1, 500))
def test_the_root_volume_is_as_large_as_slot_01s_and_as_the_image_needs(
    own: int, given_size: int | None, other: int
) -> None:
    mapping = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": given_size}}
    first = FirstSlot(
        launch={"BlockDeviceMappings": [mapping] if given_size else []},
        images={"ami-own": image(own, "/dev/sda1"), "ami-next": image(other)},
    )

    size = first.root_volume_gib("ami-next")

    assert size is not None
    assert size >= max(other, given_size or own)
    assert first.root_device("ami-next") == "/dev/xvda"


def test_an_image_that_is_gone_leaves_the_size_to_the_config_and_says_so() -> None:
    assert FirstSlot().root_volume_gib(IMAGE) is None
    assert "the size of slot 01's is not known" in told(FirstSlot())


def test_a_copy_of_the_template_needs_one_note_in_place_of_its_differences() -> None:
    first = FirstSlot(
        launch={"UserData": "IyEvYmluL3NoCg==", "KeyName": "ops", "EbsOptimized": True},
        version=LaunchTemplateVersion("lt-0a1b2c3d4e5f60718", None, 3),
        has_public_subnets=True,
    )

    assert told(first) == (
        "web-02: a launch template of its own, a copy of version 3 of launch template shop-web"
    )


def test_a_copy_without_the_instance_requirements_says_so() -> None:
    first = FirstSlot(
        launch={"InstanceRequirements": {"VCpuCount": {"Min": 2}, "MemoryMiB": {"Min": 4096}}},
        version=LaunchTemplateVersion("lt-0a1b2c3d4e5f60718", None, 3),
    )

    assert (
        "web-02: m5.large alone; the InstanceRequirements of launch template shop-web are not "
        "taken over"
    ) in told(first)
