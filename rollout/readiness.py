"""Whether a slot is ready for a share of the traffic."""

from __future__ import annotations

from collections.abc import Sequence

from rollout.capacity import share_takes
from rollout.command import UP, config_set
from rollout.guard_case import floor_of
from rollout.observation import AutoScalingGroupState, LiveService, LiveSlot
from rollout.split import Slot

_SHOWN = 3


def serving(slot: LiveSlot) -> int:
    """How many instances of `slot` carry its traffic now, as a guard of the other slot counts them.

    Booting instances carry nothing. If a ramp holds the group at a floor, the floor is the number
    that the ramp counted for this stage; growth since then counts from the next stage on.
    """
    healthy = len(slot.healthy)
    floor = floor_of(slot.group) if slot.group is not None else 0
    return min(healthy, floor) if floor else healthy


def missing_for(live: LiveService, slot: Slot, weight: int) -> Sequence[str]:
    """What is missing in `slot` for `weight`, each in words; nothing if the slot is ready.

    Ready means: all targets that its Auto Scaling group wants are healthy, every instance in
    service runs what the group launches now, and there are enough instances for the share, by what
    serves in the other slot.
    """
    name, found = f"{live.name}-{slot}", live.slots[slot]
    group = found.group
    if group is None:
        return [f"an Auto Scaling group of {name}: its target group has none, or more than one"]
    needed = max(1, share_takes(weight, beside=serving(live.slots[slot.other])))
    parts: list[str] = []
    if group.desired < needed:
        key = f'failover:capacity.{live.name}.floors["{slot}"]'
        more = needed - group.desired
        parts.append(
            f"{more} more {'instance' if more == 1 else 'instances'} of {name}: its group wants "
            f"{group.desired}, and {weight} % of the traffic needs {needed}: "
            f"{config_set(key, str(needed)).then(UP)}"
        )
    return [*parts, *_unhealthy(name, found, group), *_outdated(name, group)]


def _unhealthy(name: str, found: LiveSlot, group: AutoScalingGroupState) -> Sequence[str]:
    healthy = len(found.healthy)
    if healthy >= group.desired and not found.unhealthy:
        return []
    wanted = max(group.desired, healthy + len(found.unhealthy))
    shown = [str(target) for target in found.unhealthy]
    missing = wanted - healthy - len(found.unhealthy)
    if missing > 0:
        shown.append(f"{missing} not registered yet")
    return [f"{wanted - healthy} of {wanted} targets of {name}: {_some(shown)}"]


def _outdated(name: str, group: AutoScalingGroupState) -> Sequence[str]:
    if group.pinned is None:
        return [f"a launch template of {name}: its group reports none"]
    if not group.outdated:
        return []
    shown = [f"{i.id} runs {i.template or 'a deleted version'}" for i in group.outdated]
    return [
        f"{len(group.outdated)} of {len(group.in_service)} instances of {name} that run an old "
        f"build; its group launches {group.pinned}: {_some(shown)}"
    ]


def _some(parts: Sequence[str]) -> str:
    more = [f"{len(parts) - _SHOWN} more"] if len(parts) > _SHOWN else []
    return ", ".join([*parts[:_SHOWN], *more])
