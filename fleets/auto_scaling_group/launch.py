"""What the instances of an Auto Scaling group are made of, in the form that revisions compare."""

from __future__ import annotations

from rollout.fleet import digest

FLOOR_TAG = "failover:floor"
"""The tag of an Auto Scaling group with the minimum that a ramp holds it at."""
IMAGE = "image"
USER_DATA = "user data"
INSTANCE_TYPE = "instance type"
TEMPLATE = "launch template"
"""The names of the parts of a build."""
_COPY_OF = "failover: copy of "


def parts_of(
    image_id: str, user_data: str, instance_type: str, description: str = ""
) -> dict[str, str]:
    """The parts of a build: a launch template without its names and tags.

    Args:
        image_id: The id of the AMI.
        user_data: In base64, as AWS has it.
        instance_type: Such as `m7i.large`.
        description: Of the version: by `description_of` it names what the template is a copy of.
    """
    parts = {
        IMAGE: image_id,
        USER_DATA: digest(user_data),
        INSTANCE_TYPE: instance_type,
    }
    if description.startswith(_COPY_OF):
        parts[TEMPLATE] = description.removeprefix(_COPY_OF)
    return parts


def description_of(copied: str) -> str:
    """The description of a version that is made from `copied`, such as `shop-web version 4`.

    AWS, the state and the config all have it, so a copy of another version is another revision.
    """
    return f"{_COPY_OF}{copied}"
