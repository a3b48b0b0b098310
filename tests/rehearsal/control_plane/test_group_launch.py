"""Instances are what their launch template says."""

from __future__ import annotations

import pytest

from tests.rehearsal.control_plane.aws import V1, V2, Aws, refusal
from tests.rehearsal.control_plane.groups import activities, ids, update


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


def test_an_instance_is_as_its_template_describes(aws: Aws) -> None:
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
