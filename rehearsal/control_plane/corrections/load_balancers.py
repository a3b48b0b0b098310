"""Application Load Balancers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.elbv2.models import FakeLoadBalancer

from rehearsal.control_plane.correction import Compute, Correction
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]


def _active(world: World, self: FakeLoadBalancer) -> dict[str, str]:
    del world, self
    return {"Code": "active"}


STATE = Correction(
    name="load-balancer-state",
    moto="provisioning until it has been described once.",
    aws="active after some minutes; the rehearsal gives it active at once.",
    changes=(Compute(FakeLoadBalancer, "load_balancer_state", _active),),
)
