"""The machine images of an account."""

from __future__ import annotations

from collections.abc import Sequence

from live.clients import Compute
from live.errors import translated
from rollout.images import LiveImage

_IDS_PER_CALL = 200
"""Source: EC2 API, Filter: at most 200 values."""


def read_images(compute: Compute, image_ids: Sequence[str]) -> dict[str, LiveImage]:
    """Those of the images that can be seen, deprecated and disabled ones too.

    By a filter: a call that names an image which is not there fails for all of them.

    Raises:
        LiveError: AWS cannot be read.
    """
    found: dict[str, LiveImage] = {}
    for start in range(0, len(image_ids), _IDS_PER_CALL):
        part = list(image_ids[start : start + _IDS_PER_CALL])
        with translated():
            answer = compute.describe_images(
                Filters=[{"Name": "image-id", "Values": part}],
                IncludeDeprecated=True,
                IncludeDisabled=True,
            )
        for image in answer["Images"]:
            found[image["ImageId"]] = LiveImage(
                image["ImageId"], image.get("State", ""), image.get("Architecture", "")
            )
    return found
