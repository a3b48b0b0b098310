"""What slot 01 is made from, read from a local AWS."""

from __future__ import annotations

from typing import Any

import pytest

from ops.adopt.first_slot import FirstSlot, read_first_slot
from ops.adopt.slot_differences import unlike
from ops.inspect.calls import Calls
from ops.inspect.reader import Wanted, inspect
from tests.ops.console_made import BALANCER, PORTAL_GROUP, WEB_GROUP, Shop, click_together
from tests.ops.inspect.local import Local

IMAGE = "ami-0fa11000000000001"


@pytest.fixture(scope="package")
def shop(local: Local) -> Shop:
    made = click_together(local.client, {"v1": IMAGE})
    attributes = [
        {"Key": "slow_start.duration_seconds", "Value": "120"},
        {
            "Key": "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
            "Value": "2",
        },
    ]
    made.client("elbv2").modify_target_group_attributes(
        TargetGroupArn=made.target_groups[WEB_GROUP], Attributes=attributes
    )
    data: dict[str, Any] = {
        "ImageId": IMAGE,
        "InstanceType": "m5.large",
        "KeyName": "ops",
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 100}}],
    }
    made.client("ec2").create_launch_template_version(
        LaunchTemplateName="shop-web", LaunchTemplateData=data
    )
    return made


def read(shop: Shop, group: str) -> tuple[FirstSlot, str]:
    """Slot 01, and what a new slot 02 beside it would not have."""
    calls = Calls()
    found = inspect(calls, BALANCER, Wanted(names=(group,)))
    (fleet,) = found.auto_scaling_groups_of(shop.target_groups[group])
    first = read_first_slot(calls, fleet, shop.target_groups[group], {IMAGE, "ami-0000000000gone"})
    return first, "\n".join(unlike("web", fleet.template, first, IMAGE, "m5.large"))


def test_a_slot_by_a_launch_template_is_read_whole(shell: Local, shop: Shop) -> None:
    first, text = read(shop, WEB_GROUP)

    assert first.root_volume_gib(IMAGE) == 100
    assert first.root_device(IMAGE) == "/dev/xvda"
    assert first.attributes["slow_start.duration_seconds"] == "120"
    assert "unhealthy_state_routing.minimum_healthy_targets.count 2 (slot 02: 1)" in text
    assert first.launch["KeyName"] == "ops"
    assert "a copy of version 2 of launch template shop-web" in text
    assert "MetadataOptions" not in text
    assert "Auto Scaling group" not in text


def test_a_slot_by_a_launch_configuration_is_read_whole(shell: Local, shop: Shop) -> None:
    first, text = read(shop, PORTAL_GROUP)

    assert first.root_volume_gib(IMAGE) == 15
    assert "launch configuration portal-2019 has it: InstanceMonitoring.Enabled true" in text
