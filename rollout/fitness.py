"""Whether a slot is fit for a share of the traffic."""

from __future__ import annotations

from collections.abc import Sequence

from rollout.capacity import needed_for
from rollout.observation import Group, LiveService, LiveSlot
from rollout.split import TOTAL_WEIGHT, Slot

_SHOWN = 3


def fleet_of(live: LiveService) -> int:
    """How many instances carry the whole service: what the larger of its two slots wants.

    Each slot is sized to carry everything while the other is idle. To add both up would ask for
    twice as many as that between releases, where both slots are at their min.
    """
    return max((s.group.desired for s in live.slots.values() if s.group is not None), default=0)


def lacks(live: LiveService, slot: Slot, weight: int) -> Sequence[str]:
    """What `slot` still lacks for `weight`, each in words; nothing where it is fit.

    Fit means: all targets that its group wants are healthy, every instance in service runs what
    the group launches now, and there are enough of them for the share.
    """
    name, found = f"{live.name}-{slot}", live.slots[slot]
    group = found.group
    if group is None:
        return [f"an Auto Scaling group of {name}: there is none, or more than one"]
    needed = max(1, needed_for(weight, fleet_of(live)))
    parts: list[str] = []
    if group.desired < needed:
        key = f'failover:capacity.{live.name}.floors["{slot}"]'
        more = needed - group.desired
        parts.append(
            f"{more} more {'instance' if more == 1 else 'instances'} of {name}: its group wants "
            f"{group.desired}, and {weight} of {TOTAL_WEIGHT} of the traffic takes {needed}: "
            f"pulumi config set --path '{key}' {needed} && pulumi up"
        )
    return [*parts, *_unhealthy(name, found, group), *_outdated(name, group)]


def _unhealthy(name: str, found: LiveSlot, group: Group) -> Sequence[str]:
    healthy = len(found.healthy)
    if healthy >= group.desired and not found.unhealthy:
        return []
    wanted = max(group.desired, healthy + len(found.unhealthy))
    shown = [str(target) for target in found.unhealthy]
    missing = wanted - healthy - len(found.unhealthy)
    if missing > 0:
        shown.append(f"{missing} not registered yet")
    return [f"{wanted - healthy} of {wanted} targets of {name}: {_some(shown)}"]


def _outdated(name: str, group: Group) -> Sequence[str]:
    if group.pinned is None:
        return [f"a launch template of {name}: its group does not tell what it launches"]
    if not group.outdated:
        return []
    shown = [f"{i.id} runs {i.template or 'a deleted version'}" for i in group.outdated]
    return [
        f"{len(group.outdated)} of {len(group.in_service)} instances of {name} that are on an old "
        f"build, where its group launches {group.pinned}: {_some(shown)}"
    ]


def _some(parts: Sequence[str]) -> str:
    more = [f"{len(parts) - _SHOWN} more"] if len(parts) > _SHOWN else []
    return ", ".join([*parts[:_SHOWN], *more])
