"""Tags of load balancers, listeners, rules and target groups."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.elbv2.exceptions import TooManyTagsError, ValidationError
from moto.elbv2.models import ELBv2Backend

from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.corrections.service_model import (
    no_longer_than,
    refusal_of,
    violation,
)
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]

MAX_RESOURCES = 20
MAX_TAGS = 50


def _describe_tags(
    world: World, original: _Original, self: ELBv2Backend, resource_arns: list[str]
) -> dict[str, dict[str, str]]:
    del world
    if len(resource_arns) > MAX_RESOURCES:
        shown = f"[{', '.join(resource_arns)}]"
        raise ValidationError(
            refusal_of(violation(shown, "resourceArns", no_longer_than(MAX_RESOURCES)))
        )
    for arn in resource_arns:
        self._get_resource_by_arn(arn)
    return original(self, resource_arns)


def _add_tags(
    world: World,
    original: _Original,
    self: ELBv2Backend,
    resource_arns: list[str],
    tags: list[dict[str, str]],
) -> None:
    del world, original
    added = {tag["Key"] for tag in tags}
    for arn in resource_arns:
        self._get_resource_by_arn(arn)
        if len(added | set(self.tagging_service.get_tag_dict_for_resource(arn))) > MAX_TAGS:
            raise TooManyTagsError
    for arn in resource_arns:
        self.tagging_service.tag_resource(arn, tags)


TAGS = Correction(
    name="load-balancing-tags",
    moto="Ten tags a resource; DescribeTags for any number of resources, also ones not there.",
    aws="Fifty tags a resource; DescribeTags for at most 20 resources, each of which exists.",
    changes=(
        Replace(ELBv2Backend, "describe_tags", _describe_tags),
        Replace(ELBv2Backend, "add_tags", _add_tags),
    ),
)
