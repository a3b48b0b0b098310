"""How the answers to health checks become a target's health: a pure fold."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rehearsal.control_plane.health import HealthState
from rehearsal.control_plane.topology import TopologyHealthCheck


@dataclass(frozen=True, slots=True)
class Passed:
    """The target answered as the matcher wants."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not; AWS's reason code and description. Source: ELBv2 API, TargetHealth.Reason."""

    reason: str
    description: str


CheckResult = Passed | Failed

NO_ANSWER = Failed("Target.FailedHealthChecks", "Health checks failed")
TIMED_OUT = Failed("Target.Timeout", "Request timed out")


def judged(status: int, matcher: str) -> CheckResult:
    """What an answer with that status is worth."""
    if is_matched(status, matcher):
        return Passed()
    return Failed(
        "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]"
    )


def is_matched(status: int, matcher: str) -> bool:
    """Whether `matcher` (`200`, `200,301`, `200-299`) holds the status."""
    for part in matcher.split(","):
        low, _, high = part.strip().partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False


@dataclass(frozen=True, slots=True)
class CheckedHealth:
    """A target's health as its checks so far make it."""

    began: float
    """Epoch seconds of the moment from which it is checked."""
    state: HealthState
    since: float
    """Epoch seconds of the last change of `state`."""
    reason: str | None = None
    description: str | None = None
    in_a_row: int = 0
    """Checks that speak against `state`, one after the other."""

    @classmethod
    def new(cls, now: float) -> CheckedHealth:
        """The health of a target that is checked from now on."""
        return cls(now, HealthState.INITIAL, now)

    def after(self, result: CheckResult, check: TopologyHealthCheck, now: float) -> CheckedHealth:
        """The health with one more result.

        One pass is enough for a new target, whatever the healthy threshold says. Source: ELB user
        guide, "Health checks for your target groups".
        """
        if isinstance(result, Passed):
            needed = check.healthy_threshold if self.state is HealthState.UNHEALTHY else 1
            return self._counted(HealthState.HEALTHY, needed, None, now)
        return self._counted(HealthState.UNHEALTHY, check.unhealthy_threshold, result, now)

    def _counted(
        self, towards: HealthState, needed: int, why: Failed | None, now: float
    ) -> CheckedHealth:
        if self.state is towards:
            reason, description = (why.reason, why.description) if why else (None, None)
            return replace(self, reason=reason, description=description, in_a_row=0)
        if self.in_a_row + 1 < needed:
            return replace(self, in_a_row=self.in_a_row + 1)
        return CheckedHealth(
            self.began,
            towards,
            now,
            why.reason if why else None,
            why.description if why else None,
        )
