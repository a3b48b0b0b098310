"""Launch configurations: what groups launched from before there were launch templates.

AWS gives them to no new account, and keeps the existing ones.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from rehearsal.control_plane.autoscaling.launches import LaunchError, image_of
from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.world import World, timestamp
from rollout.json_value import map_of

_Original = Callable[..., Any]

_UNSUPPORTED = ("InstanceId", "SpotPrice", "PlacementTenancy", "ClassicLinkVPCId")


def _create(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    params = self._get_params()
    backend = self.autoscaling_backend
    name = params["LaunchConfigurationName"]
    for unsupported in _UNSUPPORTED:
        if params.get(unsupported):
            raise ValidationError(f"{unsupported}: not supported by the rehearsal")
    if name in backend.launch_configurations:
        raise AutoscalingClientError(
            "AlreadyExists",
            "Launch Configuration by this name already exists - A launch configuration already "
            f"exists with the name {name}",
        )
    try:
        image_of(backend.ec2_backend, params)
    except LaunchError as failure:
        raise ValidationError(str(failure)) from failure
    result = original(self)
    made: Any = backend.launch_configurations[name]
    made.instance_monitoring_enabled = map_of(params.get("InstanceMonitoring")).get("Enabled", True)
    made.created_time = timestamp(world.clock.now())
    return result


def _delete(
    world: World, original: _Original, self: AutoScalingBackend, launch_configuration_name: str
) -> None:
    del world
    name = launch_configuration_name
    if name not in self.launch_configurations:
        raise ValidationError(
            f"Launch configuration name not found - Launch configuration {name} not found"
        )
    groups: list[Any] = list(self.autoscaling_groups.values())
    users = [g.name for g in groups if getattr(g, "launch_configuration_name", None) == name]
    if users:
        raise AutoscalingClientError(
            "ResourceInUse",
            f"Cannot delete launch configuration {name} because it is attached to "
            f"AutoScalingGroup {users[0]}",
        )
    original(self, name)


LAUNCH_CONFIGURATIONS = Correction(
    name="launch-configurations",
    moto="Any image is taken, a second one replaces the first, and one in use can be deleted.",
    aws="The image exists, the name is free, and one that a group uses stays.",
    changes=(
        Replace(AutoScalingResponse, "create_launch_configuration", _create),
        Replace(AutoScalingBackend, "delete_launch_configuration", _delete),
    ),
)
