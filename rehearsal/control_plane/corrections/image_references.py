"""Which resources refer to an image. Source: EC2 API Reference, DescribeImageReferences."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses.amis import AmisResponse
from moto.ssm.models import ssm_backends

from rehearsal.control_plane.correction import Add, Correction
from rehearsal.control_plane.world import World

DEFAULT_DEPTH = 10
"""Versions of a launch template that are looked at, newest first, where nothing else is asked."""

_Found = Iterator[tuple[str, str]]


def _instances(ec2: Any, options: dict[str, list[str]]) -> _Found:
    states = options.get("state-name")
    for reservation in ec2.reservations.values():
        for instance in reservation.instances:
            if states is None or instance.state in states:
                yield instance.image_id, f"instance/{instance.id}"


def _launch_templates(ec2: Any, options: dict[str, list[str]]) -> _Found:
    depth = int(options.get("version-depth", [str(DEFAULT_DEPTH)])[0])
    for template in ec2.launch_templates.values():
        for image_id in {version.image_id for version in template.versions[-depth:]}:
            yield image_id, f"launch-template/{template.id}"


def _parameters(ec2: Any, options: dict[str, list[str]]) -> _Found:
    del options
    for versions in ssm_backends[ec2.account_id][ec2.region_name]._parameters.values():
        latest = versions[-1]
        if latest.data_type == "aws:ec2:image":
            yield latest.value, f"parameter/{latest.name.removeprefix('/')}"


_SOURCES: dict[str, tuple[str, Callable[[Any, dict[str, list[str]]], _Found]]] = {
    "ec2:Instance": ("ec2", _instances),
    "ec2:LaunchTemplate": ("ec2", _launch_templates),
    "ssm:Parameter": ("ssm", _parameters),
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


def _describe(world: World, self: AmisResponse) -> ActionResult:
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
    changes=(Add(AmisResponse, "describe_image_references", _describe),),
)
