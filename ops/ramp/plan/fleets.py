"""The instances that a ramp finds: what it begins with, and whether a max stands in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ops.journal.journal import Ramps
from ops.ramp.errors import BadInputError
from ops.ramp.resume.find import newest
from rollout.capacity import Fleet, fleets_of, shortages, still_known
from rollout.observation import LiveService
from rollout.plan import RampPlan
from rollout.split import Slot


@dataclass(frozen=True, slots=True)
class Fleets:
    """The instances of the services of one plan, before it begins."""

    plan: RampPlan
    found: Mapping[str, Fleet]
    carrying: Mapping[str, int]
    """How many instances carry each service."""

    @classmethod
    def of(
        cls, plan: RampPlan, live: Mapping[str, LiveService], remembered: Mapping[str, int]
    ) -> Fleets:
        """As AWS has them; `remembered` is what an earlier ramp of a moment ago knew."""
        found = fleets_in({service: live[service] for service in plan.services})
        return cls(plan, found, fleets_of(plan, found, remembered))

    @property
    def counts(self) -> dict[str, dict[Slot, int]]:
        """The instances that each slot wants."""
        return {service: dict(fleet.desired) for service, fleet in self.found.items()}

    def refuse_short(self) -> None:
        """Raises BadInputError where a max is too small for what the ramp is going to need."""
        short = shortages(self.plan, self.found, self.carrying)
        if short:
            raise BadInputError("\n".join(map(str, short)))


def fleets_in(live: Mapping[str, LiveService]) -> dict[str, Fleet]:
    """The instances of every service."""
    return {
        name: Fleet(
            {s: group.desired if (group := service.slots[s].group) else 0 for s in Slot},
            {s: group.max_size if (group := service.slots[s].group) else 0 for s in Slot},
        )
        for name, service in live.items()
    }


def refuse_groupless(plan: RampPlan, live: Mapping[str, LiveService]) -> None:
    """Raises BadInputError where a slot has no Auto Scaling group to give its size."""
    groupless = [
        f"{service}-{slot}"
        for service in plan.services
        for slot in Slot
        if live[service].slots[slot].group is None
    ]
    if groupless:
        raise BadInputError(
            f"{', '.join(groupless)}: no single Auto Scaling group serves the target group\n"
            "  expected: one, since a ramp has to know how many instances a slot may have; "
            "anything else is not supported"
        )


def remembered_fleets(
    ramps: Ramps, live: Mapping[str, LiveService], now: datetime
) -> dict[str, int]:
    """What the newest ramp of this machine knew of the services, as far as it still holds."""
    ramp = newest(ramps, unread=[])
    if ramp is None:
        return {}
    progress, ended_at = ramp.progress, ramp.entries[-1].at
    return still_known(progress.fleets_grown, progress.floors, fleets_in(live), now - ended_at)
