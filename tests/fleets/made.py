"""Fleets for the tests of what reads them."""

from __future__ import annotations

from datetime import datetime

from fleets.auto_scaling_group.kind import AUTO_SCALING_GROUP
from fleets.auto_scaling_group.launch import parts_of
from rollout.fleet import Fleet, FleetMember, Revision, Template

REGION = "us-east-1"


def revision(
    image_id: str,
    at: datetime,
    user_data: str = "data",
    instance_type: str = "m7i.large",
    *,
    is_first: bool = False,
) -> Revision:
    """A build of an Auto Scaling group."""
    return Revision(image_id, parts_of(image_id, user_data, instance_type), at, is_first)


def group_of(
    name: str,
    desired: int,
    least: int,
    most: int,
    pinned: Template | None = None,
    found: Revision | None = None,
    members: tuple[FleetMember, ...] = (),
    floor: int = 0,
) -> Fleet:
    """An Auto Scaling group."""
    return Fleet(
        AUTO_SCALING_GROUP, name, REGION, desired, least, most, floor, pinned, found, members
    )
