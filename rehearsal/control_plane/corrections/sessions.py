"""Sessions of assumed roles: how long they last, on the rehearsal's clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.sts.models import AssumedRole

from rehearsal.control_plane.clock import timestamp
from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]


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
