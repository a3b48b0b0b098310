"""A scenario: one thing that goes wrong in a ramp, and how the ramp should end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.lifecycle import METRIC_LAG_SECONDS
from rehearsal.scenarios.fault import ScenarioFault
from rollout.split import Split

GOOD_BUILD = "v2"
STABLE_BUILD = "v1"

DEFAULT_GATES: Mapping[str, Any] = {"targets": True, "probe": {}, "smoke": {}}


@dataclass(frozen=True, slots=True)
class Expected:
    """How a ramp should end."""

    exit_code: int
    """Of `failover ramp`: 0 done, 1 it went back, 3 it left all as it was and asks."""
    stages: tuple[int, int]
    """The first and the last stage at which it may be caught; 0 is before any weight."""
    reason: str
    """What the reason to go back has in it; of a ramp that is done, what held it on its way."""
    ends_at: Split | None = None
    """The split that is left; None: the target where it is done, else the start."""


PASSES = Expected(0, (0, 0), "")


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is broken, when, and what should come of it."""

    name: str
    sentence: str
    expected: Expected
    build: str = GOOD_BUILD
    """Of slot 02, which the ramp raises."""
    stable_build: str = STABLE_BUILD
    """Of slot 01, which carries everything when the ramp begins."""
    gates: Mapping[str, Any] = field(default_factory=lambda: DEFAULT_GATES)
    """`ramp.gates` of the config."""
    ramp: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """More of `ramp`, where it differs from the other scenarios' config."""
    fault: ScenarioFault | None = None
    """What happens during the ramp."""
    metric_lag_seconds: float = METRIC_LAG_SECONDS
    """From the end of a minute to its data points, of the rehearsal that it runs on."""
    harms_traffic: bool = True
    """Whether requests would be lost without gates; it is then compared with 0/100 at once."""
    asked_too: tuple[str, ...] = ()
    """Paths that the traffic asks for in turn with a service's page."""

    @property
    def may_lose(self) -> bool:
        """Whether requests may be lost: by the new build, or by a build that carries everything."""
        return self.harms_traffic or self.stable_build != STABLE_BUILD
