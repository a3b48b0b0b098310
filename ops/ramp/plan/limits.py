"""How long each part of a ramp may take: the config's limits, and the bake that was asked for."""

from __future__ import annotations

from ops.ramp.driver.ports import Limits
from ops.ramp.errors import BadInputError
from ops.ramp.stack.commands import Choice
from settings.gates.limits import GateLimits
from settings.ramp import RampSettings


def limits_of(
    ramp_settings: RampSettings, bake_seconds: float | None, choice: Choice | None = None
) -> Limits:
    """The config's limits, the bake as the person asked for it."""
    slowest = ramp_settings.gates.slowest
    if slowest is not None and bake_seconds is not None:
        _refuse_short_bake(bake_seconds, slowest, choice or Choice())
    return Limits(
        bake=bake_seconds if bake_seconds is not None else ramp_settings.bake_seconds,
        hold=ramp_settings.hold_seconds,
        watch=ramp_settings.watch_seconds,
        inconclusive=ramp_settings.inconclusive_seconds,
        guard_wait=ramp_settings.guard.wait_seconds,
    )


def _refuse_short_bake(bake_seconds: float, gate: GateLimits, choice: Choice) -> None:
    least = gate.least_bake_seconds
    if bake_seconds < least:
        raise BadInputError(
            f"--bake {bake_seconds:g}s is too short for the gate {gate.name}\n"
            f"  expected: {least} s or more: {gate.least_bake_reason}\n"
            f"  fix:      {choice.with_bake(least).command()}"
        )
