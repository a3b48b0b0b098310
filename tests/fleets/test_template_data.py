"""The data of a launch template in the provider's arguments: nothing is left out in silence."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
import pytest
from pulumi_aws import ec2

from fleets.auto_scaling_group.keys import NewInstances
from fleets.auto_scaling_group.kind import AUTO_SCALING_GROUP
from fleets.auto_scaling_group.launch import parts_of
from fleets.auto_scaling_group.template_data import (
    SET_BY_US,
    TRANSLATED,
    TemplateField,
    template_arguments,
    untranslated,
)
from fleets.auto_scaling_group.user_data import IDENTITY_FILE
from rehearsal.instances.behaviour import identity_from
from rollout.errors import SettingsError
from rollout.split import Slot
from tests.components.recording import Recording
from tests.components.stacks import declared
from tests.configs import Config, FakeLookups, parsed, stack_config

NOT_COPIED = {
    "BlockDeviceMappings.Ebs.EbsCardIndex",
    "ElasticGpuSpecifications",
    "ElasticInferenceAccelerators",
    "InstanceMarketOptions.SpotOptions.ValidUntil",
    "Monitoring.MetricCategoryIds",
    "NetworkInterfaces.Ipv4Prefixes",
    "NetworkInterfaces.Ipv6Addresses",
    "NetworkInterfaces.Ipv6Prefixes",
    "NetworkInterfaces.PrivateIpAddresses",
    "Operator",
    "Placement.AvailabilityZoneId",
    "SecondaryInterfaces",
    "SecurityGroups",
}
"""What a template is refused for: the provider has no argument for it, or a group no use."""
DATA: dict[str, Any] = {
    "ImageId": "ami-1",
    "InstanceType": "m5.large",
    "UserData": base64.b64encode(b"#!/bin/sh\nsystemctl start shop\n").decode(),
    "KeyName": "ops",
    "EbsOptimized": False,
    "IamInstanceProfile": {"Name": "shop"},
    "SecurityGroupIds": ["sg-1", "sg-2"],
    "BlockDeviceMappings": [
        {
            "DeviceName": "/dev/sda1",
            "Ebs": {"VolumeSize": 80, "Encrypted": True, "KmsKeyId": "arn:key", "Iops": 4000},
        }
    ],
    "MetadataOptions": {"State": "applied", "HttpTokens": "optional"},
    "CreditSpecification": {"CpuCredits": "unlimited"},
    "Placement": {"Tenancy": "dedicated"},
    "TagSpecifications": [
        {
            "ResourceType": "instance",
            "Tags": [{"Key": "Team", "Value": "shop"}, {"Key": "Slot", "Value": "x"}],
        }
    ],
    "Operator": {"Managed": False},
}


def shape_paths(shape: Any, fields: Mapping[str, TemplateField], way: str = "") -> Iterator[str]:
    """Every field that AWS may return, as deep as the translation goes."""
    for name, member in shape.members.items():
        inner = member.member if member.type_name == "list" else member
        known = fields.get(name)
        if known is not None and known.fields is not None:
            yield from shape_paths(inner, known.fields, f"{way}{name}.")
        else:
            yield f"{way}{name}"


def known_paths(fields: Mapping[str, TemplateField], way: str = "") -> Iterator[str]:
    for name, known in fields.items():
        if known.fields is not None:
            yield from known_paths(known.fields, f"{way}{name}.")
        else:
            yield f"{way}{name}"


def test_every_field_of_aws_is_copied_set_by_the_stack_or_refused() -> None:
    model = botocore.session.get_session().get_service_model("ec2")

    paths = set(shape_paths(model.shape_for("ResponseLaunchTemplateData"), TRANSLATED))

    assert paths - set(known_paths(TRANSLATED)) - SET_BY_US == NOT_COPIED
    assert set(known_paths(TRANSLATED)) <= paths


def test_the_provider_has_every_argument_that_is_copied() -> None:
    def check(fields: Mapping[str, TemplateField], arguments: type) -> None:
        hints = set(vars(arguments))
        for known in fields.values():
            assert known.argument in hints, (arguments, known.argument)

    check(TRANSLATED, ec2.LaunchTemplateArgs)
    check(TRANSLATED["NetworkInterfaces"].fields or {}, ec2.LaunchTemplateNetworkInterfaceArgs)
    check(TRANSLATED["Placement"].fields or {}, ec2.LaunchTemplatePlacementArgs)
    check(TRANSLATED["MetadataOptions"].fields or {}, ec2.LaunchTemplateMetadataOptionsArgs)
    check(TRANSLATED["CpuOptions"].fields or {}, ec2.LaunchTemplateCpuOptionsArgs)
    mappings = TRANSLATED["BlockDeviceMappings"].fields or {}
    check(mappings, ec2.LaunchTemplateBlockDeviceMappingArgs)
    check(mappings["Ebs"].fields or {}, ec2.LaunchTemplateBlockDeviceMappingEbsArgs)


def test_the_data_is_translated_field_by_field() -> None:
    assert template_arguments(DATA) == {
        "key_name": "ops",
        "ebs_optimized": "false",
        "iam_instance_profile": {"name": "shop"},
        "vpc_security_group_ids": ["sg-1", "sg-2"],
        "block_device_mappings": [
            {
                "device_name": "/dev/sda1",
                "ebs": {
                    "volume_size": 80,
                    "encrypted": "true",
                    "kms_key_id": "arn:key",
                    "iops": 4000,
                },
            }
        ],
        "metadata_options": {"http_tokens": "optional"},
        "credit_specification": {"cpu_credits": "unlimited"},
        "placement": {"tenancy": "dedicated"},
    }
    assert untranslated(DATA) == ()


def test_what_cannot_be_copied_is_named_and_what_is_off_is_not() -> None:
    data = {
        "Placement": {"AvailabilityZoneId": "use1-az1", "Tenancy": "default"},
        "ANewSetting": {"Mode": "on"},
        "AnotherOne": {"Enabled": False},
        "NetworkInterfaces": [{"Ipv6Addresses": [{"Ipv6Address": "2001:db8::1"}]}],
    }

    assert untranslated(data) == (
        "Placement.AvailabilityZoneId",
        "ANewSetting",
        "NetworkInterfaces.Ipv6Addresses",
    )


def copied(data: dict[str, Any]) -> tuple[Config, FakeLookups]:
    """Prod with slot 02 of web made from a version of a template."""
    config, lookups = stack_config("prod"), FakeLookups()
    source = {"name": "shop-web", "version": 4}
    config["failover:capacity"]["web"]["02"] = {"launchTemplate": {"from": source}}
    lookups.templates["shop-web version 4"] = data
    return config, lookups


def recording_of_copy(data: dict[str, Any]) -> Recording:
    config, lookups = copied(data)
    return declared(config, lookups=lookups)


def test_a_copy_has_all_of_the_template_and_what_the_stack_sets() -> None:
    template = recording_of_copy(DATA).one(":LaunchTemplate", "web-02")

    inputs = template.inputs
    assert inputs["instanceType"] == "m7i.large"
    assert inputs["imageId"] == stack_config("prod")["failover:images"]["web"]["02"]
    assert inputs["vpcSecurityGroupIds"] == ["id-instance", "sg-1", "sg-2"]
    assert "networkInterfaces" not in inputs
    assert inputs["metadataOptions"] == {"httpTokens": "optional"}
    assert inputs["blockDeviceMappings"][0]["ebs"]["kmsKeyId"] == "arn:key"
    assert inputs["description"] == "failover: copy of shop-web version 4"
    tags = {each["resourceType"]: each["tags"] for each in inputs["tagSpecifications"]}
    assert (tags["instance"]["Team"], tags["instance"]["Slot"]) == ("shop", "02")
    assert template.has_secrets


def test_the_other_slot_stays_as_it_is() -> None:
    before = declared(stack_config("prod")).one(":LaunchTemplate", "web-01")

    assert recording_of_copy(DATA).one(":LaunchTemplate", "web-01").inputs == before.inputs


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"SecurityGroupIds": ["sg-1", "sg-2"]}, {"vpcSecurityGroupIds": ["sg-1", "sg-2"]}),
        (
            {"NetworkInterfaces": [{"DeviceIndex": 0, "Groups": ["sg-1"]}]},
            {"networkInterfaces": [{"deviceIndex": 0, "securityGroups": ["sg-1"]}]},
        ),
        ({"KeyName": "ops"}, {"keyName": "ops"}),
    ],
)
def test_the_copy_of_an_adopted_service_has_the_security_groups_of_the_template_alone(
    data: dict[str, Any], expected: dict[str, Any]
) -> None:
    config, lookups = copied(data)
    config["failover:services"]["web"]["adoptedRule"] = True

    inputs = declared(config, lookups=lookups).one(":LaunchTemplate", "web-02").inputs

    networked = ("vpcSecurityGroupIds", "networkInterfaces", "keyName")
    assert {name: inputs[name] for name in networked if name in inputs} == expected


def test_the_first_interface_gets_the_group_of_the_stack_too() -> None:
    interfaces = [
        {"DeviceIndex": 0, "Groups": ["sg-1"], "AssociatePublicIpAddress": True},
        {"DeviceIndex": 1, "Groups": ["sg-3"]},
    ]

    template = recording_of_copy({"NetworkInterfaces": interfaces})

    assert template.one(":LaunchTemplate", "web-02").inputs["networkInterfaces"] == [
        {
            "deviceIndex": 0,
            "securityGroups": ["id-instance", "sg-1"],
            "associatePublicIpAddress": "true",
        },
        {"deviceIndex": 1, "securityGroups": ["sg-3"]},
    ]


@pytest.mark.parametrize(
    "text",
    [
        "#!/bin/sh\ntouch /etc/app/ready\n",
        "#cloud-config\nmerge_how: dict(replace)\nwrite_files:\n  - path: /etc/app/ready\n",
        'Content-Type: multipart/mixed; boundary="b"\nMIME-Version: 1.0\n\n--b\n'
        "Content-Type: text/x-shellscript\n\n#!/bin/sh\ntouch /etc/app/ready\n--b--\n",
    ],
)
def test_a_copy_boots_with_the_templates_user_data_and_the_identity_of_the_slot(text: str) -> None:
    data = {"UserData": base64.b64encode(text.encode()).decode()}

    inputs = recording_of_copy(data).one(":LaunchTemplate", "web-02").inputs

    found = identity_from("i-1", "v1", base64.b64decode(inputs["userData"]).decode())
    assert (found.service, found.slot, found.port) == ("web", "02", 8080)
    assert set(found.files) == {IDENTITY_FILE, "/etc/app/ready"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"Placement": {"AvailabilityZoneId": "use1-az1"}}, "Placement.AvailabilityZoneId"),
        ({"SecurityGroups": ["default"]}, "a version without SecurityGroups"),
        (
            {"NetworkInterfaces": [{"DeviceIndex": 0}], "SecurityGroupIds": ["sg-1"]},
            "a version without SecurityGroupIds beside NetworkInterfaces",
        ),
        ({"UserData": base64.b64encode(b"\x1f\x8b\x08").decode()}, "not compressed"),
        ({"UserData": base64.b64encode(b"<powershell>").decode()}, "a kind of cloud-init"),
        ({"UserData": base64.b64encode(b"#!" + b"a" * 16000).decode()}, "at most 16384 bytes"),
    ],
)
def test_a_template_that_cannot_be_copied_is_refused_by_name(
    data: dict[str, Any], expected: str
) -> None:
    config, lookups = copied(data)

    with pytest.raises(SettingsError) as refused:
        parsed(config, lookups)

    (problem,) = refused.value.problems
    assert problem.path == 'failover:capacity.web["02"].launchTemplate.from.version'
    assert expected in problem.expected


def test_a_template_is_copied_by_whatever_names_its_image_and_its_instance_types() -> None:
    data = {
        "ImageId": "resolve:ssm:/golden/web",
        "InstanceRequirements": {"VCpuCount": {"Min": 2}, "MemoryMiB": {"Min": 4096}},
        "KeyName": "ops",
    }

    inputs = recording_of_copy(data).one(":LaunchTemplate", "web-02").inputs

    assert inputs["imageId"] == stack_config("prod")["failover:images"]["web"]["02"]
    assert inputs["instanceType"] == "m7i.large"
    assert "instanceRequirements" not in inputs
    assert inputs["keyName"] == "ops"


def fleet_of_copy(later: dict[str, Any], **launch: Any) -> NewInstances:
    """Slot 02 of web, a copy of version 4, where version 6 is the latest."""
    config, lookups = copied(DATA)
    config["failover:capacity"]["web"]["02"]["launchTemplate"].update(launch)
    lookups.templates["shop-web version 6"] = later
    (web,) = [each for each in parsed(config, lookups).services if each.name == "web"]
    (second,) = [each for each in web.slots if each.slot is Slot.SECOND]
    assert isinstance(second.fleet, NewInstances)
    return second.fleet


def test_a_later_version_is_a_note_with_what_differs_and_the_command_that_takes_it_over() -> None:
    later = {**DATA, "UserData": "IyEvYmluL2Jhc2gK", "Placement": {}, "RamDiskId": "ari-1"}

    (note,) = AUTO_SCALING_GROUP.notes(fleet_of_copy(later))

    assert note == (
        "its launch template is a copy of shop-web version 4, and version 6, the latest, has other "
        "UserData, Placement, RamDiskId\n  fix: pulumi config set --path "
        "'failover:capacity.web[\"02\"].launchTemplate.from.version' 6   "
        "# takes it over, which is a release of the slot"
    )


def test_a_later_version_that_makes_the_same_is_no_note() -> None:
    later = {**DATA, "ImageId": "ami-2", "InstanceType": "m7i.large"}
    own_data = {**DATA, "UserData": "IyEvYmluL2Jhc2gK"}

    assert AUTO_SCALING_GROUP.notes(fleet_of_copy(later)) == ()
    assert AUTO_SCALING_GROUP.notes(fleet_of_copy(own_data, userData={"text": "#!/bin/sh\n"})) == ()


def test_user_data_of_the_config_replaces_that_of_the_template() -> None:
    config, lookups = copied({"UserData": base64.b64encode(b"<powershell>").decode()})
    config["failover:capacity"]["web"]["launchTemplate"] = {"userData": {"text": "#!/bin/sh\n"}}

    settings = parsed(config, lookups)

    (web,) = [each for each in settings.services if each.name == "web"]
    (second,) = [each for each in web.slots if each.slot is Slot.SECOND]
    assert isinstance(second.fleet, NewInstances)
    assert second.fleet.launch.user_data == "#!/bin/sh\n"


def test_a_copy_of_another_version_is_another_revision() -> None:
    same = ("ami-1", "", "m5.large")

    copy = parts_of(*same, "failover: copy of shop-web version 4")

    assert copy["launch template"] == "shop-web version 4"
    assert copy != parts_of(*same, "failover: copy of shop-web version 5")
    assert parts_of(*same, "a description of the team") == parts_of(*same)
