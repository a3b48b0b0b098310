"""Tags as the services spell them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.provider.call import ProviderCall
from rehearsal.provider.table import MapOf, Property, Tagging
from rehearsal.provider.values import STRING

TAGS = Property(MapOf(STRING))

RESERVED_PREFIX = "aws:"
"""Tags that AWS sets itself, which no program declares."""


def as_list(tags: Mapping[str, str] | None) -> list[Any]:
    """Tags as AWS's list of keys and values."""
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


def as_map(tags: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """Tags by key, without those that AWS sets itself."""
    return {
        str(tag["Key"]): str(tag.get("Value", ""))
        for tag in tags or ()
        if not str(tag["Key"]).startswith(RESERVED_PREFIX)
    }


def on_creation(resource_type: str, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """EC2's argument for tags at creation, none when there is nothing to tag."""
    if not tags:
        return {}
    return {"TagSpecifications": [{"ResourceType": resource_type, "Tags": as_list(tags)}]}


def listed(tags: Mapping[str, str] | None) -> dict[str, Any]:
    """The `Tags` argument of a creation, none when there is nothing to tag."""
    return {"Tags": as_list(tags)} if tags else {}


def _add_ec2(call: ProviderCall, resource_id: str, tags: dict[str, str]) -> None:
    call.aws.ec2.create_tags(Resources=[resource_id], Tags=as_list(tags))


def _remove_ec2(call: ProviderCall, resource_id: str, keys: list[str]) -> None:
    call.aws.ec2.delete_tags(Resources=[resource_id], Tags=[{"Key": key} for key in keys])


def _add_elbv2(call: ProviderCall, resource_id: str, tags: dict[str, str]) -> None:
    call.aws.elbv2.add_tags(ResourceArns=[resource_id], Tags=as_list(tags))


def _remove_elbv2(call: ProviderCall, resource_id: str, keys: list[str]) -> None:
    call.aws.elbv2.remove_tags(ResourceArns=[resource_id], TagKeys=keys)


def read_elbv2(call: ProviderCall, resource_id: str) -> dict[str, str]:
    """The tags of a load balancer, listener, rule or target group."""
    answer = call.aws.elbv2.describe_tags(ResourceArns=[resource_id])
    return as_map(answer["TagDescriptions"][0].get("Tags", []))


EC2_TAGGING = Tagging(_add_ec2, _remove_ec2)
ELBV2_TAGGING = Tagging(_add_elbv2, _remove_elbv2)
