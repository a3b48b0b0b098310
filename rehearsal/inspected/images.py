"""Which image of the local AWS stands for an image of the account. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.control_plane.images import GOOD_BUILDS, IMAGES
from rehearsal.errors import BadInspectionError
from rehearsal.inspected.selection import Selection
from rehearsal.workspace import PROJECT
from rollout.json_value import map_of
from rollout.split import Slot

FIRST, SECOND = (image.build for image in GOOD_BUILDS[:2])


@dataclass(frozen=True, slots=True)
class ImageChoices:
    """The build that stands for each image: as chosen, else one that works.

    The local AWS's own images stay. Of all others those that slot 02 alone has are build v2, so
    that the slots differ where they differ in the account, and every other one is build v1.
    """

    chosen: Mapping[str, str]
    """Build by the id of the image in the account."""
    only_second: Collection[str]
    """The images that slot 02 has and slot 01 has not."""

    def build_of(self, image_id: str) -> str:
        """The build that stands for an image of the account."""
        own = {image.image_id: image.build for image in IMAGES}
        usual = SECOND if image_id in self.only_second else FIRST
        return self.chosen.get(image_id) or own.get(image_id) or usual

    def local(self, image_id: str) -> str:
        """The id of the image that stands for an image of the account."""
        return _image_of(self.build_of(image_id))

    def usual(self, *, is_second: bool) -> str:
        """The id of the image of a server whose image is unknown."""
        return _image_of(SECOND if is_second else FIRST)


def only_second(config: Mapping[str, Any], selection: Selection) -> frozenset[str]:
    """The images that slot 02 has and slot 01 has not, of all services, now or by the config."""
    of_slot = {slot: set(selection.images_of(slot)) for slot in Slot}
    for images in map_of(config.get(f"{PROJECT}:images")).values():
        for slot, image in map_of(images).items():
            if slot in of_slot:
                of_slot[Slot(slot)].add(str(image))
    return frozenset(of_slot[Slot.SECOND] - of_slot[Slot.FIRST])


def _image_of(build: str) -> str:
    return next(image.image_id for image in IMAGES if image.build == build)


def chosen_builds(options: Collection[str]) -> dict[str, str]:
    """The builds of `--image AMI=BUILD`.

    Raises:
        BadInspectionError: an option in another form, or an unknown build.
    """
    builds = [image.build for image in IMAGES]
    chosen: dict[str, str] = {}
    for option in options:
        image_id, equals, build = option.partition("=")
        if not image_id or not equals or build not in builds:
            raise BadInspectionError(
                f"--image {option}\n"
                f"  expected: AMI=BUILD, with a build of {', '.join(builds)}\n"
                f"  fix:      --image {image_id or 'AMI'}={FIRST}"
            )
        chosen[image_id] = build
    return chosen
