"""Groups launch from a launch configuration as from a template, and move from one to the other."""

from __future__ import annotations

import base64
from typing import Any

from rehearsal.control_plane.snapshot import snapshot
from tests.rehearsal.control_plane.aws import V1, V2, Aws, refusal
from tests.rehearsal.control_plane.groups import ids, update

USER_DATA = "#cloud-config\nFAILOVER_SERVICE=web\n"


def configuration(aws: Aws, name: str = "old-web", image_id: str = V1, **settings: Any) -> str:
    group = aws.ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    arguments = {
        "LaunchConfigurationName": name,
        "ImageId": image_id,
        "InstanceType": "t3.micro",
        "SecurityGroups": [group],
        "UserData": USER_DATA,
        **settings,
    }
    aws.autoscaling.create_launch_configuration(**arguments)
    return name


def group_of(aws: Aws, name: str, size: int = 2, **settings: Any) -> str:
    arguments = {
        "AutoScalingGroupName": "web",
        "LaunchConfigurationName": name,
        "MinSize": size,
        "MaxSize": 4,
        "VPCZoneIdentifier": ",".join(aws.subnet_ids),
        **settings,
    }
    aws.autoscaling.create_auto_scaling_group(**arguments)
    return "web"


def test_instances_boot_from_the_image_of_a_launch_configuration(aws: Aws) -> None:
    arn = aws.target_group()
    aws.rule((arn, 1))
    name = group_of(aws, configuration(aws, image_id=V2), TargetGroupARNs=[arn])
    aws.pass_seconds(5)

    found = aws.ec2.describe_instances(InstanceIds=ids(aws, name))["Reservations"]
    instances = [i for reservation in found for i in reservation["Instances"]]

    assert [i["ImageId"] for i in instances] == [V2, V2]
    assert aws.states(arn) == ["healthy", "healthy"]
    group = aws.described(name)
    assert group["LaunchConfigurationName"] == "old-web"
    assert "LaunchTemplate" not in group
    assert {i["LaunchConfigurationName"] for i in group["Instances"]} == {"old-web"}
    assert all("LaunchTemplate" not in i for i in group["Instances"])
    listed = aws.autoscaling.describe_auto_scaling_instances()["AutoScalingInstances"]
    assert {i["LaunchConfigurationName"] for i in listed} == {"old-web"}
    (of_topology, _) = snapshot(aws.plane.world).instances
    assert (of_topology.user_data, of_topology.launch_template_id) == (USER_DATA, None)


def test_a_launch_configuration_comes_back_as_it_was_made(aws: Aws) -> None:
    configuration(aws)

    (found,) = aws.autoscaling.describe_launch_configurations()["LaunchConfigurations"]

    assert (found["ImageId"], found["InstanceType"]) == (V1, "t3.micro")
    assert base64.b64decode(found["UserData"]).decode() == USER_DATA
    assert found["InstanceMonitoring"] == {"Enabled": True}
    assert found["CreatedTime"].timestamp() == aws.clock.seconds


def test_a_template_takes_the_place_of_a_configuration_for_new_instances_only(aws: Aws) -> None:
    name = group_of(aws, configuration(aws), size=1)
    aws.pass_seconds(2)
    before = ids(aws, name)
    template = aws.template(V2)

    update(
        aws, name, LaunchTemplate={"LaunchTemplateId": template, "Version": "1"}, DesiredCapacity=2
    )
    aws.pass_seconds(2)

    group = aws.described(name)
    assert "LaunchConfigurationName" not in group
    assert group["LaunchTemplate"]["LaunchTemplateId"] == template
    by_id = {i["InstanceId"]: i for i in group["Instances"]}
    assert by_id[before[0]]["LaunchConfigurationName"] == "old-web"
    (new,) = [i for key, i in by_id.items() if key not in before]
    assert new["LaunchTemplate"]["Version"] == "1"

    update(aws, name, MinSize=1, DesiredCapacity=1)
    aws.pass_seconds(2)
    assert ids(aws, name) == [new["InstanceId"]]


def test_what_aws_refuses_of_launch_configurations_is_refused(aws: Aws) -> None:
    configuration(aws)
    group_of(aws, "old-web", size=0)
    create, delete = (
        aws.autoscaling.create_launch_configuration,
        aws.autoscaling.delete_launch_configuration,
    )
    template = {"LaunchTemplateId": aws.template(), "Version": "1"}

    told = [
        refusal(create, LaunchConfigurationName="old-web", ImageId=V1, InstanceType="t3.micro"),
        refusal(create, LaunchConfigurationName="n", ImageId="ami-0", InstanceType="t3.micro"),
        refusal(delete, LaunchConfigurationName="old-web"),
        refusal(delete, LaunchConfigurationName="none"),
        refusal(group_of, aws=aws, name="none", AutoScalingGroupName="other"),
        refusal(
            group_of,
            aws=aws,
            name="old-web",
            AutoScalingGroupName="other",
            LaunchTemplate=template,
        ),
    ]

    assert [code for code, _ in told] == [
        "AlreadyExists",
        "ValidationError",
        "ResourceInUse",
        "ValidationError",
        "ValidationError",
        "ValidationError",
    ]


def test_an_instance_refresh_of_such_a_group_is_refused_as_unsupported(aws: Aws) -> None:
    name = group_of(aws, configuration(aws), size=0)

    _, message = refusal(aws.autoscaling.start_instance_refresh, AutoScalingGroupName=name)

    assert message.endswith("not supported by the rehearsal")
