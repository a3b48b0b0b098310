"""What the config sets of a launch template: security groups, key pair, KMS key, volumes."""

from __future__ import annotations

from typing import Any

import pytest

from fleets.auto_scaling_group.volumes import root_volume, with_volumes
from rollout.errors import SettingsError
from tests.components.stacks import declared, recording_of
from tests.configs import Config, FakeLookups, parsed, stack_config
from tests.settings.test_values import with_existing_slot

GROUPS = ["sg-0a1b2c3d4e5f60718", "sg-0a1b2c3d4e5f60719"]
KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
DATA = {"deviceName": "/dev/sdf", "sizeGib": 100}
ROOT = root_volume("/dev/xvda", 20)


def with_launch(data: dict[str, Any] | None = None, **values: Any) -> tuple[Config, FakeLookups]:
    """Prod with these values for slot 02 of web, made from a template with `data`."""
    config, lookups = stack_config("prod"), FakeLookups()
    source = {} if data is None else {"from": {"name": "shop-web", "version": 4}}
    config["failover:capacity"]["web"]["02"] = {"launchTemplate": {**source, **values}}
    lookups.templates["shop-web version 4"] = data or {}
    return config, lookups


def template_of(data: dict[str, Any] | None = None, **values: Any) -> Any:
    config, lookups = with_launch(data, **values)
    return declared(config, lookups=lookups).one(":LaunchTemplate", "web-02").inputs


def test_the_instances_have_more_security_groups_and_a_key_pair() -> None:
    template = template_of(securityGroupIds=GROUPS, keyName="ops")

    (interface,) = template["networkInterfaces"]
    assert interface["securityGroups"] == ["id-instance", *GROUPS]
    assert template["keyName"] == "ops"


def test_the_key_encrypts_the_root_and_every_other_volume() -> None:
    template = template_of(kmsKeyId=KEY, volumes=[DATA])

    keys = {m["deviceName"]: m["ebs"]["kmsKeyId"] for m in template["blockDeviceMappings"]}
    assert keys == {"/dev/xvda": KEY, "/dev/sdf": KEY}


def test_nothing_of_it_changes_the_other_slot() -> None:
    config, _ = with_launch(kmsKeyId=KEY, volumes=[DATA], securityGroupIds=GROUPS, keyName="ops")

    before = {r.key: r.inputs for r in recording_of("prod").registrations}
    after = {r.key: r.inputs for r in declared(config).registrations}

    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"aws:ec2/launchTemplate:LaunchTemplate web-02"}


def test_a_slots_own_value_replaces_its_services_and_the_others_stay() -> None:
    config, _ = with_launch(keyName="slot", volumes=[DATA])
    config["failover:capacity"]["web"]["launchTemplate"] = {
        "keyName": "service",
        "securityGroupIds": GROUPS,
        "volumes": [{"deviceName": "/dev/sdg", "sizeGib": 10}],
    }

    recording = declared(config)

    first, second = (recording.one(":LaunchTemplate", f"web-{n}").inputs for n in ("01", "02"))
    assert (first["keyName"], second["keyName"]) == ("service", "slot")
    assert second["networkInterfaces"][0]["securityGroups"] == ["id-instance", *GROUPS]
    devices = [[m["deviceName"] for m in each["blockDeviceMappings"]] for each in (first, second)]
    assert devices == [["/dev/xvda", "/dev/sdg"], ["/dev/xvda", "/dev/sdf"]]


def test_a_volume_on_the_device_of_the_root_is_the_root() -> None:
    (root,) = with_volumes(
        [ROOT], [{"deviceName": "/dev/xvda", "sizeGib": 40, "throughput": 250}], None
    )

    assert root == {
        "device_name": "/dev/xvda",
        "ebs": {
            "encrypted": "true",
            "volume_type": "gp3",
            "volume_size": 40,
            "throughput": 250,
            "delete_on_termination": "true",
        },
    }


def test_a_volume_of_another_type_does_not_keep_the_speed_of_the_old_one() -> None:
    old = {
        "device_name": "/dev/sdb",
        "ebs": {"volume_type": "io2", "iops": 9000, "kms_key_id": KEY},
    }

    (found,) = with_volumes([old], [{"deviceName": "/dev/sdb", "type": "gp2"}], None)

    assert found["ebs"] == {"volume_type": "gp2", "kms_key_id": KEY, "encrypted": "true"}


def test_a_copy_keeps_what_the_config_does_not_name() -> None:
    data = {
        "KeyName": "theirs",
        "SecurityGroupIds": ["sg-1", GROUPS[0]],
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 80, "KmsKeyId": "arn:theirs"}},
            {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
        ],
    }

    template = template_of(data, kmsKeyId=KEY, securityGroupIds=GROUPS, keyName="ours")

    assert template["keyName"] == "ours"
    assert template["vpcSecurityGroupIds"] == ["id-instance", "sg-1", *GROUPS]
    assert template["blockDeviceMappings"] == [
        {
            "deviceName": "/dev/sda1",
            "ebs": {"volumeSize": 80, "kmsKeyId": KEY, "encrypted": "true"},
        },
        {"deviceName": "/dev/sdb", "virtualName": "ephemeral0"},
    ]


@pytest.mark.parametrize(
    ("data", "path", "expected"),
    [
        ({}, "kmsKeyId", "a copy of a template without volumes"),
        (
            {"BlockDeviceMappings": [{"DeviceName": "/dev/sdb", "Ebs": {"SnapshotId": "snap-1"}}]},
            "kmsKeyId",
            "/dev/sdb of the template is made from a snapshot",
        ),
    ],
)
def test_a_key_that_a_copy_has_no_volume_for_is_refused(
    data: dict[str, Any], path: str, expected: str
) -> None:
    config, lookups = with_launch(data, kmsKeyId=KEY)

    with pytest.raises(SettingsError) as refused:
        parsed(config, lookups)

    (problem,) = refused.value.problems
    assert problem.path == f'failover:capacity.web["02"].launchTemplate.{path}'
    assert expected in problem.expected


def test_a_further_volume_of_a_copy_needs_its_size() -> None:
    config, lookups = with_launch(
        {"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}}]},
        volumes=[{"deviceName": "/dev/xvda"}, {"deviceName": "/dev/sdf"}],
    )

    with pytest.raises(SettingsError) as refused:
        parsed(config, lookups)

    (problem,) = refused.value.problems
    assert problem.path == 'failover:capacity.web["02"].launchTemplate.volumes[1].sizeGib'


@pytest.mark.parametrize(
    "fleet", [{"autoScalingGroup": {"existing": "shop-web-asg"}}, {"registered": True}]
)
def test_a_slot_whose_fleet_is_not_the_stacks_has_no_launch_template(fleet: Any) -> None:
    config, lookups = with_existing_slot()
    config["failover:services"]["web"]["slots"]["01"] = {
        "targetGroup": {"existing": "shop-web"},
        **fleet,
    }
    config["failover:capacity"]["web"]["01"] = {"launchTemplate": {"keyName": "ops"}}

    with pytest.raises(SettingsError) as refused:
        parsed(config, lookups)

    (problem,) = refused.value.problems
    assert problem.path == 'failover:capacity.web["01"]'
    assert "it does nothing beside the" in problem.expected
