"""Machine images: the rehearsal's own catalogue, and the end of an image's life."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidAMIIdError
from moto.ec2.models.amis import Ami, AmiBackend
from moto.ec2.responses.amis import AmisResponse

from rehearsal.control_plane.clock import epoch_of, timestamp
from rehearsal.control_plane.correction import Add, Correction, Replace
from rehearsal.control_plane.images import BUILD_TAG
from rehearsal.control_plane.images import IMAGES as KNOWN_IMAGES
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]

LONGEST_DEPRECATION = timedelta(days=3650)


def _load_catalogue(world: World, original: _Original, self: AmiBackend) -> None:
    del original
    for image in KNOWN_IMAGES:
        ami: Any = Ami(
            self,
            image.image_id,
            name=image.name,
            description=image.description,
            virtualization_type="hvm",
            architecture="x86_64",
            hypervisor="xen",
            root_device_type="ebs",
            root_device_name="/dev/xvda",
            image_location=f"failover/{image.name}",
            creation_date=timestamp(world.clock.now()),
            tags={BUILD_TAG: image.build, "Name": image.name},
        )
        self.amis[image.image_id] = ami


def _image(response: AmisResponse) -> Any:
    image_id = response._get_param("ImageId")
    image = response.ec2_backend.amis.get(image_id)
    if image is None:
        raise InvalidAMIIdError(image_id)
    return image


def _deprecate(world: World, self: AmisResponse) -> ActionResult:
    self.error_on_dryrun()
    image, moment = _image(self), self._get_param("DeprecateAt")
    now = timestamp(world.clock.now())
    if not now < timestamp(epoch_of(moment)) < now + LONGEST_DEPRECATION:
        raise EC2ClientError(
            "InvalidParameterValue", "DeprecateAt must be in the future, within ten years"
        )
    image.deprecation_time = f"{moment:%Y-%m-%dT%H:%M:00.000Z}"
    return ActionResult({"Return": True})


def _undeprecate(world: World, self: AmisResponse) -> ActionResult:
    del world
    self.error_on_dryrun()
    _image(self).deprecation_time = None
    return ActionResult({"Return": True})


def _deregister(world: World, original: _Original, self: AmisResponse) -> ActionResult:
    """With its snapshots, where that is asked for."""
    del world
    image = self.ec2_backend.amis.get(self._get_param("ImageId"))
    result = original(self)
    if image is None or not self._get_bool_param("DeleteAssociatedSnapshots", False):
        return result
    snapshot_id = image.ebs_snapshot.id
    self.ec2_backend.delete_snapshot(snapshot_id)
    deleted = [{"SnapshotId": snapshot_id, "ReturnCode": "success"}]
    return ActionResult({"Return": True, "DeleteSnapshotResults": deleted})


def _describe(
    world: World,
    original: _Original,
    self: AmiBackend,
    ami_ids: list[str] | None = None,
    filters: dict[str, Any] | None = None,
    exec_users: list[str] | None = None,
    owners: list[str] | None = None,
) -> list[Any]:
    """An image that was deregistered is not there any more."""
    del world
    for image_id in ami_ids or []:
        if image_id.startswith("ami-") and image_id not in self.amis:
            raise InvalidAMIIdError(image_id)
    return original(self, ami_ids, filters, exec_users, owners)


IMAGES = Correction(
    name="images",
    moto=(
        "Some hundred public images of AWS, none of which does anything; no deprecation; a "
        "deregistered image can be described, its snapshots stay."
    ),
    aws=(
        "One's own images, here one for each build that an instance can run; an image can be "
        "deprecated, and deregistered with its snapshots, after which it is not found."
    ),
    changes=(
        Replace(AmiBackend, "_load_amis", _load_catalogue),
        Replace(AmiBackend, "describe_images", _describe),
        Replace(AmisResponse, "deregister_image", _deregister),
        Add(AmisResponse, "enable_image_deprecation", _deprecate),
        Add(AmisResponse, "disable_image_deprecation", _undeprecate),
    ),
)
