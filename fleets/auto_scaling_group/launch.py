"""What the instances of an Auto Scaling group are made of, in the form that revisions compare."""

from __future__ import annotations

from rollout.fleet import digest

FLOOR_TAG = "failover:floor"
"""The tag of an Auto Scaling group with the minimum that a ramp holds it at."""
IMAGE = "image"
USER_DATA = "user data"
INSTANCE_TYPE = "instance type"
"""The names of the parts of a build."""


def parts_of(image_id: str, user_data: str, instance_type: str) -> dict[str, str]:
    """The parts of a build: a launch template without its names and tags.

    Args:
        image_id: The id of the AMI.
        user_data: In base64, as AWS has it.
        instance_type: Such as `m7i.large`.
    """
    return {
        IMAGE: image_id,
        USER_DATA: digest(user_data),
        INSTANCE_TYPE: instance_type,
    }
