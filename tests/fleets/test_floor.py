"""An existing group that a ramp holds: its min is raised in AWS, and given back."""

from __future__ import annotations

from typing import Any

import pytest

from fleets.auto_scaling_group.floor import give_back, hold
from live.clients import Clients
from live.errors import UnreadableError
from tests.rehearsal.control_plane.aws import Aws

OWN = {"Key": "Name", "Value": "web-blue"}


@pytest.fixture
def name(aws: Aws) -> str:
    """A group of the team: min 2, max 10, with a tag of its own."""
    made = aws.group(aws.template(), size=2)
    aws.autoscaling.create_or_update_tags(
        Tags=[
            {
                **OWN,
                "ResourceId": made,
                "ResourceType": "auto-scaling-group",
                "PropagateAtLaunch": True,
            }
        ]
    )
    return made


@pytest.fixture
def own(aws: Aws) -> Clients:
    return Clients(aws.elbv2, aws.autoscaling, aws.ec2, "us-east-1")


def state(aws: Aws, name: str) -> tuple[int, int, dict[str, str]]:
    group: Any = aws.described(name)
    tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
    return group["MinSize"], group["DesiredCapacity"], tags


def test_the_min_is_raised_and_the_former_one_is_kept_on_the_group(
    aws: Aws, own: Clients, name: str
) -> None:
    was, _, _ = state(aws, name)

    hold(own, name, 5)

    tags = {"Name": "web-blue", "failover:former-min": str(was), "failover:floor": "5"}
    assert state(aws, name) == (5, 5, tags)


def test_a_second_floor_keeps_what_the_group_had_before_the_first(
    aws: Aws, own: Clients, name: str
) -> None:
    was, _, _ = state(aws, name)
    hold(own, name, 4)

    hold(own, name, 6)

    assert state(aws, name)[0] == 6
    give_back(own, name)
    assert state(aws, name)[0] == was


def test_it_is_given_back_with_its_own_tags_and_nothing_of_ours(
    aws: Aws, own: Clients, name: str
) -> None:
    was, _, _ = state(aws, name)
    hold(own, name, 5)

    give_back(own, name)
    give_back(own, name)

    assert state(aws, name) == (was, 5, {"Name": "web-blue"})


def test_a_min_that_is_higher_than_the_floor_stays(aws: Aws, own: Clients, name: str) -> None:
    hold(own, name, 1)

    assert state(aws, name)[0] == 2


def test_a_min_that_was_changed_during_the_ramp_stays(aws: Aws, own: Clients, name: str) -> None:
    hold(own, name, 5)
    aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=4)

    give_back(own, name)

    assert state(aws, name) == (4, 5, {"Name": "web-blue"})


def test_a_kill_between_the_tags_and_the_min_loses_nothing(
    aws: Aws, own: Clients, name: str
) -> None:
    was, _, _ = state(aws, name)

    class Killed:
        """The service, without the last call."""

        def __getattr__(self, call: str) -> Any:
            if call == "update_auto_scaling_group":
                raise KeyboardInterrupt
            return getattr(aws.autoscaling, call)

    killed: Any = Killed()
    with pytest.raises(KeyboardInterrupt):
        hold(Clients(aws.elbv2, killed, aws.ec2, "us-east-1"), name, 5)

    give_back(own, name)

    assert state(aws, name) == (was, 2, {"Name": "web-blue"})


def test_a_floor_over_the_max_is_refused_by_aws_and_can_be_given_back(
    aws: Aws, own: Clients, name: str
) -> None:
    was, _, _ = state(aws, name)

    with pytest.raises(UnreadableError, match="Max bound, 10"):
        hold(own, name, 99)

    give_back(own, name)
    assert state(aws, name) == (was, 2, {"Name": "web-blue"})


def test_a_group_that_is_gone_is_named(own: Clients) -> None:
    with pytest.raises(UnreadableError, match="there is no Auto Scaling group web-gone"):
        give_back(own, "web-gone")
