"""What an instance does, by the build of its image."""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.control_plane.images import GOOD_BUILDS, NEVER_HEALTHY

KEEP_ALIVE_SECONDS = 4010.0
"""Longer than the longest idle timeout that a load balancer can have, as an application should."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Differences from a build that works. Health checks meet none of them but `is_healthy`."""

    is_healthy: bool = True
    error_every: int | None = None
    """Every so manieth request is answered with 500."""
    works_at_first: int = 0
    """Requests that are answered well before the first error."""
    has_shared_assets: bool = True
    """Whether it has the assets of the other builds' pages too."""
    dip_seconds: float = 0.0
    """For so long at the beginning of each minute of the clock, every other request is answered
    with 500: all instances dip together, as if what they share were in trouble."""
    delay_seconds: float = 0.0
    """Before each answer."""
    gives_up_idle_seconds: float = KEEP_ALIVE_SECONDS
    """A connection that was idle for longer is closed when the next request comes on it: the race
    between an application's short keep-alive and a load balancer's long one, made certain."""
    crash_per_second: int | None = None
    """More requests than this within a second end the process."""
    crash_after_seconds: float | None = None
    """The process ends so long after it began to serve."""
    boot_factor: float = 1.0
    """How many times as long as others it boots."""
    reported_build: str | None = None
    """The build that it claims to be, where that is not its own."""


_BY_BUILD = {
    NEVER_HEALTHY: Behaviour(is_healthy=False),
    "errors": Behaviour(error_every=5, works_at_first=20),
    "lost-assets": Behaviour(has_shared_assets=False),
    "slow": Behaviour(delay_seconds=2.0),
    "early-close": Behaviour(gives_up_idle_seconds=0.2),
    "crash-under-load": Behaviour(crash_per_second=50),
    "crash-later": Behaviour(crash_after_seconds=8.0),
    "slow-boot": Behaviour(boot_factor=20.0),
    "few-errors": Behaviour(error_every=50),
    "some-errors": Behaviour(error_every=20),
    "background": Behaviour(error_every=2000),
    "dips": Behaviour(dip_seconds=4.0),
    "wrong-build": Behaviour(reported_build=GOOD_BUILDS[0].build),
}


def behaviour_of(build: str) -> Behaviour:
    """What a build does; one that the catalogue does not know works."""
    return _BY_BUILD.get(build, Behaviour())
