"""Which instances of an Auto Scaling group go when it must shrink. Pure.

The zone with most instances comes first, then the group's termination policies in order.
Source: Auto Scaling user guide, "Configure termination policies for Amazon EC2 Auto Scaling".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Candidate:
    """An instance that counts as capacity, with what termination policies look at."""

    instance_id: str
    zone: str
    launched_at: float
    template_age: tuple[float, int]
    """When its launch template was created, and the version: the smaller is the older."""
    is_protected: bool = False
    """Protected from scale-in: it counts in its zone, and is never chosen."""


def _oldest_launch_template(left: Sequence[Candidate], now: float) -> list[Candidate]:
    del now
    oldest = min(c.template_age for c in left)
    return [c for c in left if c.template_age == oldest]


def _oldest_launch_configuration(left: Sequence[Candidate], now: float) -> list[Candidate]:
    del now  # every instance here is of a launch template, so this policy tells none apart
    return list(left)


def _oldest_instance(left: Sequence[Candidate], now: float) -> list[Candidate]:
    del now
    oldest = min(c.launched_at for c in left)
    return [c for c in left if c.launched_at == oldest]


def _newest_instance(left: Sequence[Candidate], now: float) -> list[Candidate]:
    del now
    newest = max(c.launched_at for c in left)
    return [c for c in left if c.launched_at == newest]


def _closest_to_next_instance_hour(left: Sequence[Candidate], now: float) -> list[Candidate]:
    def to_next_hour(candidate: Candidate) -> float:
        return HOUR_SECONDS - (now - candidate.launched_at) % HOUR_SECONDS

    closest = min(to_next_hour(c) for c in left)
    return [c for c in left if to_next_hour(c) == closest]


def _default(left: Sequence[Candidate], now: float) -> list[Candidate]:
    return _closest_to_next_instance_hour(_oldest_launch_template(left, now), now)


POLICIES: dict[str, Callable[[Sequence[Candidate], float], list[Candidate]]] = {
    "Default": _default,
    "OldestInstance": _oldest_instance,
    "NewestInstance": _newest_instance,
    "OldestLaunchTemplate": _oldest_launch_template,
    "OldestLaunchConfiguration": _oldest_launch_configuration,
    "ClosestToNextInstanceHour": _closest_to_next_instance_hour,
}
"""Each policy narrows the candidates to those that it would terminate first."""


def chosen_for_termination(
    members: Sequence[Candidate], policies: Sequence[str], count: int, now: float
) -> list[str]:
    """Ids of the instances to terminate, first to go first; fewer where too many are protected.

    Where the policies leave several, AWS takes one of them at random; the rehearsal takes the
    lowest id, so that a run can be repeated.
    """
    left = list(members)
    chosen: list[str] = []
    while len(chosen) < count:
        candidates = _in_fullest_zone(left)
        if not candidates:
            break
        for policy in policies:
            candidates = POLICIES[policy](candidates, now)
        first = min(candidates, key=lambda c: c.instance_id)
        chosen.append(first.instance_id)
        left.remove(first)
    return chosen


def _in_fullest_zone(left: Sequence[Candidate]) -> list[Candidate]:
    """The unprotected instances of the zones that hold most, or of the next fullest ones."""
    sizes = Counter(c.zone for c in left)
    unprotected = [c for c in left if not c.is_protected]
    if not unprotected:
        return []
    fullest = max(sizes[c.zone] for c in unprotected)
    return [c for c in unprotected if sizes[c.zone] == fullest]
