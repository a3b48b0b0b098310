"""Whether a slot is ready for a share of the traffic."""

from __future__ import annotations

from collections.abc import Sequence

from rollout.capacity import share_takes
from rollout.command import UP, config_set
from rollout.fleet import Fleet, WantedFleet
from rollout.observation import LiveService, LiveSlot
from rollout.split import Slot

_SHOWN = 3


def serving(slot: LiveSlot) -> int:
    """How many instances of `slot` carry its traffic now, as a guard of the other slot counts them.

    Booting instances carry nothing. If a ramp holds the fleet at a floor, the floor is the number
    that the ramp counted for this stage; growth since then counts from the next stage on.
    """
    healthy = len(slot.healthy)
    floor = slot.fleet.floor if slot.fleet is not None else 0
    return min(healthy, floor) if floor else healthy


def missing_for(live: LiveService, slot: Slot, weight: int, wanted: WantedFleet) -> Sequence[str]:
    """What is missing in `slot` for `weight`, each in words; nothing if the slot is ready.

    Ready means: all targets that its fleet wants are healthy, every member in service runs what
    the fleet launches now, and there are enough members for the share, by what serves in the other
    slot. What delays the fleet is named beside what is missing; by itself it needs no wait.
    """
    name, found = f"{live.name}-{slot}", live.slots[slot]
    fleet = found.fleet
    if fleet is None:
        return [f"{found.kind.noun} of {name}: {found.kind.absent}"]
    needed = max(1, share_takes(weight, beside=serving(live.slots[slot.other])))
    parts: list[str] = []
    if fleet.desired < needed:
        more = needed - fleet.desired
        parts.append(
            f"{more} more {'instance' if more == 1 else 'instances'} of {name}: "
            f"{fleet.kind.wants(fleet)}, and {weight} % of the traffic needs {needed}: "
            f"{_grown(live.name, slot, fleet, wanted, needed)}"
        )
    parts += [*_unhealthy(name, found, fleet), *_outdated(name, fleet)]
    if parts and fleet.delays:
        parts[-1] += f" ({'; '.join(fleet.delays)})"
    return parts


def _grown(service: str, slot: Slot, fleet: Fleet, wanted: WantedFleet, needed: int) -> str:
    """How the slot gets `needed` members: by the config where the fleet is the stack's."""
    if not wanted.is_ours:
        return fleet.kind.grown(fleet, needed)
    key = f'failover:capacity.{service}.floors["{slot}"]'
    return str(config_set(key, str(needed)).then(UP))


def _unhealthy(name: str, found: LiveSlot, fleet: Fleet) -> Sequence[str]:
    healthy = len(found.healthy)
    if healthy >= fleet.desired and not found.unhealthy:
        return []
    wanted = max(fleet.desired, healthy + len(found.unhealthy))
    shown = [str(target) for target in found.unhealthy]
    missing = wanted - healthy - len(found.unhealthy)
    if missing > 0:
        shown.append(f"{missing} not registered yet")
    return [f"{wanted - healthy} of {wanted} targets of {name}: {_some(shown)}"]


def _outdated(name: str, fleet: Fleet) -> Sequence[str]:
    if not fleet.kind.has_templates:
        return []
    if fleet.pinned is None:
        return [f"a launch template of {name}: its group reports none"]
    if not fleet.outdated:
        return []
    shown = [f"{i.id} runs {i.template or 'a deleted version'}" for i in fleet.outdated]
    return [
        f"{len(fleet.outdated)} of {len(fleet.in_service)} instances of {name} that run an old "
        f"build; {fleet.kind.launches(fleet)}: {_some(shown)}"
    ]


def _some(parts: Sequence[str]) -> str:
    more = [f"{len(parts) - _SHOWN} more"] if len(parts) > _SHOWN else []
    return ", ".join([*parts[:_SHOWN], *more])
