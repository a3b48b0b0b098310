"""The machine images of an account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from live.errors import translated
from rollout.images import LiveImage

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

_IDS_PER_CALL = 200
"""Source: EC2 API, Filter: at most 200 values."""


def read_images(compute: EC2Client, image_ids: Sequence[str]) -> dict[str, LiveImage]:
    """The images that exist and are visible, by id; deprecated and disabled ones included.

    It uses a filter, because a call with the id of a missing image fails for all of them.

    Raises:
        LiveError: AWS cannot be read.
    """
    found: dict[str, LiveImage] = {}
    for start in range(0, len(image_ids), _IDS_PER_CALL):
        part = list(image_ids[start : start + _IDS_PER_CALL])
        with translated():
            described: Any = compute.describe_images(
                Filters=[{"Name": "image-id", "Values": part}],
                IncludeDeprecated=True,
                IncludeDisabled=True,
            )
        for image in described["Images"]:
            found[image["ImageId"]] = LiveImage(
                image["ImageId"], image.get("State", ""), image.get("Architecture", "")
            )
    return found
