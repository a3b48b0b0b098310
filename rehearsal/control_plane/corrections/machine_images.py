"""Machine images: the rehearsal's own catalogue in place of moto's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ec2.models.amis import Ami, AmiBackend

from rehearsal.control_plane.clock import timestamp
from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.images import BUILD_TAG, CATALOGUE
from rehearsal.control_plane.world import World


def _load_catalogue(world: World, original: Callable[..., Any], self: AmiBackend) -> None:
    del original
    for image in CATALOGUE:
        self.amis[image.image_id] = Ami(
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


CATALOGUE_LOADED = Correction(
    name="image-catalogue",
    moto="Some hundred public images of AWS, none of which does anything.",
    aws="One's own images, here one for each build that an instance can run.",
    changes=(Replace(AmiBackend, "_load_amis", _load_catalogue),),
)
