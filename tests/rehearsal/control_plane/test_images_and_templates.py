"""Launch templates, machine images and instances."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rehearsal.control_plane.images import IMAGES
from rehearsal.control_plane.world import timestamp
from tests.rehearsal.control_plane.aws import START, V1, V2, V3, Aws, refusal


def test_every_image_of_the_catalogue_is_there_with_its_build_in_every_region(aws: Aws) -> None:
    found = aws.ec2.describe_images(Owners=["self"])["Images"]

    builds = {
        i["ImageId"]: next(t["Value"] for t in i["Tags"] if t["Key"] == "failover:build")
        for i in found
    }
    assert builds == {image.image_id: image.build for image in IMAGES}
    assert all(len(image_id) == len("ami-") + 17 for image_id in builds)


def test_a_version_from_a_source_version_has_the_data_that_it_does_not_give_itself(
    aws: Aws,
) -> None:
    template_id = aws.template(V1, KeyName="k", MetadataOptions={"HttpTokens": "required"})

    made = aws.ec2.create_launch_template_version(
        LaunchTemplateId=template_id, SourceVersion="1", LaunchTemplateData={"ImageId": V2}
    )["LaunchTemplateVersion"]

    assert made["LaunchTemplateData"] == {
        "ImageId": V2,
        "InstanceType": "t3.micro",
        "KeyName": "k",
        "MetadataOptions": {"HttpTokens": "required"},
    }


def test_a_version_without_a_source_has_only_its_own_data(aws: Aws) -> None:
    template_id = aws.template(V1, KeyName="k")

    made = aws.ec2.create_launch_template_version(
        LaunchTemplateId=template_id, LaunchTemplateData={"ImageId": V2}
    )["LaunchTemplateVersion"]

    assert made["LaunchTemplateData"] == {"ImageId": V2}


def test_a_templates_own_tags_are_current_and_no_part_of_its_data(aws: Aws) -> None:
    template_id = aws.ec2.create_launch_template(
        LaunchTemplateName="t",
        LaunchTemplateData={"ImageId": V1},
        TagSpecifications=[
            {"ResourceType": "launch-template", "Tags": [{"Key": "a", "Value": "1"}]}
        ],
    )["LaunchTemplate"]["LaunchTemplateId"]

    aws.ec2.create_tags(Resources=[template_id], Tags=[{"Key": "b", "Value": "2"}])

    (template,) = aws.ec2.describe_launch_templates(LaunchTemplateIds=[template_id])[
        "LaunchTemplates"
    ]
    (version,) = aws.ec2.describe_launch_template_versions(LaunchTemplateId=template_id)[
        "LaunchTemplateVersions"
    ]
    assert template["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert version["LaunchTemplateData"] == {"ImageId": V1}


def test_an_unknown_template_and_an_unknown_version_are_errors(aws: Aws) -> None:
    template_id = aws.template()

    template = refusal(
        aws.ec2.describe_launch_templates, LaunchTemplateIds=["lt-0123456789abcdef0"]
    )
    versions = [
        refusal(
            aws.ec2.describe_launch_template_versions,
            LaunchTemplateId=template_id,
            Versions=[version],
        )[0]
        for version in ("2", "0", "x")
    ]

    assert template[0] == "InvalidLaunchTemplateId.NotFound"
    assert set(versions) == {"InvalidLaunchTemplateId.VersionNotFound"}


def references(aws: Aws, *image_ids: str, **asked: object) -> list[tuple[str, str, str]]:
    scope = asked or {"IncludeAllResourceTypes": True}
    found = aws.ec2.describe_image_references(ImageIds=list(image_ids), **scope)
    return sorted(
        (r["ImageId"], r["ResourceType"], r["Arn"].rpartition(":")[2])
        for r in found["ImageReferences"]
    )


def test_image_references_name_the_instances_templates_and_parameters_of_an_image(
    aws: Aws,
) -> None:
    template_id = aws.template(V1)
    aws.version(template_id, V2)
    name = aws.group(template_id, size=1)
    aws.clients["ssm"].put_parameter(
        Name="/web/image", Value=V2, Type="String", DataType="aws:ec2:image"
    )
    (instance,) = aws.instances(name)

    assert references(aws, V1, V2, V3) == [
        (V1, "ec2:Instance", f"instance/{instance['InstanceId']}"),
        (V1, "ec2:LaunchTemplate", f"launch-template/{template_id}"),
        (V2, "ec2:LaunchTemplate", f"launch-template/{template_id}"),
        (V2, "ssm:Parameter", "parameter/web/image"),
    ]


def test_image_references_look_back_ten_versions_or_as_many_as_asked(aws: Aws) -> None:
    template_id = aws.template(V1)
    for _ in range(10):
        aws.version(template_id, V2)

    def depth(versions: str) -> list[tuple[str, str, str]]:
        options = [{"OptionName": "version-depth", "OptionValues": [versions]}]
        kinds = [{"ResourceType": "ec2:LaunchTemplate", "ResourceTypeOptions": options}]
        return references(aws, V1, ResourceTypes=kinds)

    assert references(aws, V1) == []
    assert len(depth("11")) == 1


def test_an_image_can_be_deprecated_in_the_future_and_undeprecated(aws: Aws) -> None:
    at = timestamp(START) + timedelta(days=30)
    past = timestamp(START) - timedelta(days=1)

    aws.ec2.enable_image_deprecation(ImageId=V1, DeprecateAt=at)
    (deprecated,) = aws.ec2.describe_images(ImageIds=[V1])["Images"]
    aws.ec2.disable_image_deprecation(ImageId=V1)
    (restored,) = aws.ec2.describe_images(ImageIds=[V1])["Images"]

    assert deprecated["DeprecationTime"].startswith(f"{at:%Y-%m-%dT%H:%M}")
    assert "DeprecationTime" not in restored
    assert refusal(aws.ec2.enable_image_deprecation, ImageId=V1, DeprecateAt=past)[0] == (
        "InvalidParameterValue"
    )


def test_a_deregistered_image_is_not_found_and_its_snapshots_go_where_that_is_asked(
    aws: Aws,
) -> None:
    (image,) = aws.ec2.describe_images(ImageIds=[V1])["Images"]
    snapshot_id = image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]

    answer = aws.ec2.deregister_image(ImageId=V1, DeleteAssociatedSnapshots=True)

    assert answer["DeleteSnapshotResults"] == [{"SnapshotId": snapshot_id, "ReturnCode": "success"}]
    assert refusal(aws.ec2.describe_images, ImageIds=[V1])[0] == "InvalidAMIID.NotFound"
    assert refusal(aws.ec2.describe_snapshots, SnapshotIds=[snapshot_id])[0] == (
        "InvalidSnapshot.NotFound"
    )


@pytest.mark.parametrize("attribute", ["description", "launchPermission", "sriovNetSupport"])
def test_an_image_attribute_can_be_described(aws: Aws, attribute: str) -> None:
    described = aws.ec2.describe_image_attribute(ImageId=V1, Attribute=attribute)

    assert described["ImageId"] == V1


def test_an_instance_of_an_unknown_image_is_refused(aws: Aws) -> None:
    code, _ = refusal(
        aws.ec2.run_instances, ImageId="ami-00000000000000000", MinCount=1, MaxCount=1
    )

    assert code == "InvalidAMIID.NotFound"


def test_the_interface_and_the_volume_of_an_instance_go_with_it(aws: Aws) -> None:
    instance_id = aws.ec2.run_instances(
        ImageId=V1, MinCount=1, MaxCount=1, SubnetId=aws.subnet_ids[0]
    )["Instances"][0]["InstanceId"]
    before = len(aws.ec2.describe_network_interfaces()["NetworkInterfaces"])

    aws.ec2.terminate_instances(InstanceIds=[instance_id])

    assert before == 1
    assert aws.ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    assert aws.ec2.describe_volumes()["Volumes"] == []
