"""Machine images: the rehearsal's own catalogue, the end of an image's life, what refers to one.

Source: EC2 API Reference, DescribeImageReferences.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidAMIIdError
from moto.ec2.models.amis import Ami, AmiBackend
from moto.ec2.responses.amis import AmisResponse
from moto.ssm.models import ssm_backends

from rehearsal.control_plane.correction import Add, Correction, Replace
from rehearsal.control_plane.images import BUILD_TAG
from rehearsal.control_plane.images import IMAGES as KNOWN_IMAGES
from rehearsal.control_plane.world import World, epoch_of, timestamp

_Original = Callable[..., Any]

LONGEST_DEPRECATION = timedelta(days=3650)

DEFAULT_DEPTH = 10
"""Versions of a launch template that are looked at, newest first, where nothing else is asked."""

_Found = Iterator[tuple[str, str]]


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


def _referring_instances(ec2: Any, options: dict[str, list[str]]) -> _Found:
    states = options.get("state-name")
    for reservation in ec2.reservations.values():
        for instance in reservation.instances:
            if states is None or instance.state in states:
                yield instance.image_id, f"instance/{instance.id}"


def _referring_templates(ec2: Any, options: dict[str, list[str]]) -> _Found:
    depth = int(options.get("version-depth", [str(DEFAULT_DEPTH)])[0])
    for template in ec2.launch_templates.values():
        for image_id in {version.image_id for version in template.versions[-depth:]}:
            yield image_id, f"launch-template/{template.id}"


def _referring_parameters(ec2: Any, options: dict[str, list[str]]) -> _Found:
    del options
    for versions in ssm_backends[ec2.account_id][ec2.region_name]._parameters.values():
        latest = versions[-1]
        if latest.data_type == "aws:ec2:image":
            yield latest.value, f"parameter/{latest.name.removeprefix('/')}"


_SOURCES: dict[str, tuple[str, Callable[[Any, dict[str, list[str]]], _Found]]] = {
    "ec2:Instance": ("ec2", _referring_instances),
    "ec2:LaunchTemplate": ("ec2", _referring_templates),
    "ssm:Parameter": ("ssm", _referring_parameters),
}


def _wanted(response: AmisResponse) -> dict[str, dict[str, list[str]]]:
    """Resource types to look at, each with its options."""
    asked = {
        entry["ResourceType"]: {
            option["OptionName"]: option["OptionValues"]
            for option in entry.get("ResourceTypeOptions", [])
        }
        for entry in response._get_param("ResourceTypes", [])
    }
    if response._get_bool_param("IncludeAllResourceTypes", False):
        return {kind: asked.get(kind, {}) for kind in _SOURCES}
    if not asked:
        raise EC2ClientError(
            "MissingParameter", "Either IncludeAllResourceTypes or ResourceTypes must be specified"
        )
    for kind in asked:
        if kind not in _SOURCES:
            raise EC2ClientError("InvalidParameterValue", f"{kind}: not supported by the rehearsal")
    return asked


def _describe_references(world: World, self: AmisResponse) -> ActionResult:
    del world
    self.error_on_dryrun()
    ec2, image_ids = self.ec2_backend, self._get_param("ImageIds", [])
    references = [
        {
            "ImageId": image_id,
            "ResourceType": kind,
            "Arn": f"arn:{self.partition}:{service}:{self.region}:{self.current_account}:{name}",
        }
        for kind, options in _wanted(self).items()
        for service, find in [_SOURCES[kind]]
        for image_id, name in find(ec2, options)
        if image_id in image_ids
    ]
    return ActionResult({"ImageReferences": references})


IMAGE_REFERENCES = Correction(
    name="image-references",
    moto="DescribeImageReferences does not exist.",
    aws="Instances, launch template versions and parameters that refer to an image are listed.",
    changes=(Add(AmisResponse, "describe_image_references", _describe_references),),
)
