"""Sessions of assumed roles: how long they last, on the rehearsal's clock."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.sts.exceptions import STSValidationError
from moto.sts.models import AssumedRole
from moto.sts.responses import TokenResponse

from rehearsal.control_plane.clock import timestamp
from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]

SHORTEST_SECONDS, LONGEST_SECONDS = 900, 43_200
"""Source: STS API Reference, AssumeRole.DurationSeconds."""


def _assume_role(world: World, original: _Original, self: TokenResponse) -> ActionResult:
    del world
    seconds = self._get_int_param("DurationSeconds", 3600)
    for is_beyond, bound, word in (
        (seconds < SHORTEST_SECONDS, SHORTEST_SECONDS, "greater"),
        (seconds > LONGEST_SECONDS, LONGEST_SECONDS, "less"),
    ):
        if is_beyond:
            raise STSValidationError(
                f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to "
                f"satisfy constraint: Member must have value {word} than or equal to {bound}"
            )
    return original(self)


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
    aws="They last from 15 minutes to 12 hours; after that a request is answered ExpiredToken.",
    changes=(
        Replace(TokenResponse, "assume_role", _assume_role),
        Replace(AssumedRole, "__init__", _new_session),
    ),
)
