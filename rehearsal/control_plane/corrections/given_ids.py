"""Ids that were asked for: the next thing of a kind gets the given id, in place of a random one.

On AWS no one can choose them. A rehearsal that is made from the inspection of an account has the
ids of that account, because the stack file names them.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from moto.acm import models as acm
from moto.ec2.models import instances, launch_templates, security_groups, subnets, vpcs
from moto.elbv2 import models as elbv2
from moto.elbv2.models import FakeListener

from rehearsal.control_plane.correction import Correction, Replace, ReplaceFunction
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]


def _taken(world: World, form: str) -> str | None:
    """The first given id of that form, which is no longer given then."""
    for given in world.given_ids:
        if re.fullmatch(form, given):
            world.given_ids.remove(given)
            return given
    return None


def _given(form: str) -> Callable[..., str]:
    def by(world: World, original: _Original, *args: Any, **kwargs: Any) -> str:
        return _taken(world, form) or original(*args, **kwargs)

    return by


def _given_to(form: str) -> Callable[..., str]:
    """For what has its name in its ARN: only an ARN with that name is its own."""

    def by(world: World, original: _Original, *args: Any, **kwargs: Any) -> str:
        named = form.format(name=re.escape(str(kwargs["name"])))
        return _taken(world, named) or original(*args, **kwargs)

    return by


def _new_listener(
    world: World,
    original: _Original,
    self: FakeListener,
    load_balancer_arn: str,
    arn: str,
    *args: Any,
    **kwargs: Any,
) -> None:
    base = re.escape(load_balancer_arn.replace(":loadbalancer/", ":listener/"))
    original(self, load_balancer_arn, _taken(world, f"{base}/[^/]+") or arn, *args, **kwargs)


GIVEN_IDS = Correction(
    name="given-ids",
    moto="Every id is random.",
    aws="So it is there. A rehearsal can ask for the ids of the account that it stands for.",
    changes=(
        ReplaceFunction(vpcs, "random_vpc_id", _given("vpc-.+")),
        ReplaceFunction(subnets, "random_subnet_id", _given("subnet-.+")),
        ReplaceFunction(security_groups, "random_security_group_id", _given("sg-.+")),
        ReplaceFunction(launch_templates, "random_launch_template_id", _given("lt-.+")),
        ReplaceFunction(instances, "random_instance_id", _given("i-.+")),
        ReplaceFunction(acm, "make_arn_for_certificate", _given("arn:[^:]+:acm:.+")),
        ReplaceFunction(
            elbv2, "make_arn_for_load_balancer", _given_to(".+:loadbalancer/app/{name}/[^/]+")
        ),
        ReplaceFunction(
            elbv2, "make_arn_for_target_group", _given_to(".+:targetgroup/{name}/[^/]+")
        ),
        Replace(FakeListener, "__init__", _new_listener),
    ),
)
