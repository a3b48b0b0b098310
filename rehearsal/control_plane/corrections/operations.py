"""What holds for every operation: credentials expire, answers are quick, nothing is ignored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.constants import MISSING
from moto.core.responses import ActionResult
from moto.core.serialize import XFormedAttributePicker
from moto.core.utils import get_value
from moto.sts.models import AssumedRole

from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.world import World, timestamp

_Original = Callable[..., Any]

_SILENT = (
    "attach_instances",
    "attach_load_balancers",
    "batch_put_scheduled_update_group_action",
    "enter_standby",
    "exit_standby",
    "put_scheduled_update_group_action",
    "put_warm_pool",
)
"""Of Auto Scaling: instances made elsewhere, schedules, pools."""

_NAMES: dict[tuple[type, str, object, object], tuple[str, ...]] = {}


def _refuse(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    del world, original
    raise NotImplementedError(type(self).__name__)


UNSUPPORTED = Correction(
    name="unsupported-operations",
    moto="They are noted, and nothing comes of it.",
    aws="They work. The rehearsal refuses them as not supported.",
    changes=tuple(Replace(AutoScalingResponse, name, _refuse) for name in _SILENT),
)


def _new_session(
    world: World, original: _Original, self: AssumedRole, *args: Any, **kwargs: Any
) -> None:
    original(self, *args, **kwargs)
    expires_at = world.clock.now() + int(kwargs["duration"])
    self.expiration = timestamp(expires_at)
    world.sessions[self.access_key_id] = expires_at


SESSIONS = Correction(
    name="sessions",
    moto="Credentials of an assumed role last for ever, whatever duration was asked for.",
    aws="They last as long as was asked for; after that a request is answered ExpiredToken.",
    changes=(Replace(AssumedRole, "__init__", _new_session),),
)


def _pick(world: World, original: _Original, self: XFormedAttributePicker, context: Any) -> Any:
    del world, original
    obj: object = context.obj
    key, shape = context.key, context.shape
    place = (type(obj), key, shape, getattr(shape, "parent", None))
    names = _NAMES.get(place)
    if names is None:
        names = _NAMES[place] = tuple(dict.fromkeys(self.get_possible_keys(context)))
    value = None
    for name in names:
        found = get_value(obj, name, MISSING)
        if found is not MISSING:
            value = found
            break
    if not self.response_transformers:
        return value
    path = f"{context.key_path}.{key}"
    ending = next((end for end in self.response_transformers if path.endswith(end)), None)
    return value if ending is None else self.response_transformers[ending](value)


SERIALISATION = Correction(
    name="serialisation",
    moto="The names of an attribute are worked out for every value of an answer.",
    aws="It answers in a time in which a client does not notice.",
    changes=(Replace(XFormedAttributePicker, "__call__", _pick),),
)
