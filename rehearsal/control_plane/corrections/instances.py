"""EC2 instances."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import InvalidAMIIdError
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.models.elastic_network_interfaces import NetworkInterfaceBackend
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix

from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.world import World, timestamp
from rollout.json_value import map_of

_Original = Callable[..., Any]


def _run(
    world: World,
    original: _Original,
    self: InstanceBackend,
    image_id: str,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Only an image that exists can be run, and with its template's metadata options."""
    ec2: Any = self
    template = kwargs.get("launch_template")
    data = self._get_template_from_args(template).data if template else {}
    image_id = image_id or data.get("ImageId", "")
    if image_id not in ec2.amis:
        raise InvalidAMIIdError(image_id)
    kwargs["metadata_options"] = kwargs.get("metadata_options") or data.get("MetadataOptions", {})
    reservation = original(self, image_id, *args, **kwargs)
    for instance in reservation.instances:
        instance.launch_time = timestamp(world.clock.now())
        instance.security_groups = list(instance.nics[0].group_set)
        _end_interface_with(instance, kwargs.get("nics") or data.get("NetworkInterfaces", []))
    return reservation


def _end_interface_with(instance: Any, asked: list[dict[str, Any]]) -> None:
    """The primary interface goes with its instance, unless the request keeps it."""
    primary = next((nic for nic in asked if int(nic.get("DeviceIndex", 0)) == 0), None)
    keeps = map_of(primary).get("DeleteOnTermination") is False
    instance.nics[0].delete_on_termination = not keeps


def _modify_groups(
    world: World, original: _Original, self: InstanceBackend, instance_id: str, group_ids: list[str]
) -> Any:
    """The groups of an instance are those of its primary interface, and no longer its old ones."""
    del world
    instance = original(self, instance_id, group_ids)
    instance.nics[0]._group_set = list(instance.security_groups)
    return instance


def _modify_interface(
    world: World,
    original: _Original,
    self: NetworkInterfaceBackend,
    eni_id: str,
    group_ids: list[str],
    *args: Any,
    **kwargs: Any,
) -> None:
    del world
    original(self, eni_id, group_ids, *args, **kwargs)
    interface: Any = self.get_network_interface(eni_id)
    instance = interface.instance
    if group_ids and instance is not None and instance.nics[0] is interface:
        instance.security_groups = list(interface._group_set)


def _own_tags(world: World, original: _Original, self: TaggedEC2Resource) -> list[dict[str, str]]:
    """The tags of one resource by its id. moto matches every tag of every resource against it."""
    del world, original
    resource: Any = self
    return [
        {
            "resource_id": resource.id,
            "key": key,
            "value": value,
            "resource_type": EC2_PREFIX_TO_RESOURCE.get(get_prefix(resource.id), ""),
        }
        for key, value in resource.ec2_backend.tags.get(resource.id, {}).items()
    ]


INSTANCES = Correction(
    name="instances",
    moto=(
        "An image that does not exist is run; a launch template's metadata options are not used; "
        "the network interface of a terminated instance stays; a changed security group is "
        "added to the old ones; the default group of an instance is not shown."
    ),
    aws=(
        "An unknown image is refused; an instance has the metadata options of its template; its "
        "primary interface goes with it, and has the instance's security groups."
    ),
    changes=(
        Replace(InstanceBackend, "run_instances", _run),
        Replace(InstanceBackend, "modify_instance_security_groups", _modify_groups),
        Replace(NetworkInterfaceBackend, "modify_network_interface_attribute", _modify_interface),
        Replace(TaggedEC2Resource, "get_tags", _own_tags),
    ),
)
