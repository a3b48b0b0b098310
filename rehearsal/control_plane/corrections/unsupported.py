"""Operations that moto answers and then does nothing about. Here they say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]

_SILENT = (
    "attach_instances",
    "attach_load_balancers",
    "batch_put_scheduled_update_group_action",
    "enter_standby",
    "exit_standby",
    "put_lifecycle_hook",
    "put_scheduled_update_group_action",
    "put_warm_pool",
)
"""Of Auto Scaling: instances made elsewhere, schedules, hooks, pools."""


def _refuse(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    del world, original
    raise NotImplementedError(type(self).__name__)


UNSUPPORTED = Correction(
    name="unsupported-operations",
    moto="They are noted, and nothing comes of it.",
    aws="They work. The rehearsal says that it does not support them.",
    changes=tuple(Replace(AutoScalingResponse, name, _refuse) for name in _SILENT),
)
