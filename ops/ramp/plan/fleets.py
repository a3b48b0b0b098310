"""The instances that a ramp finds: what it begins with, and whether a max stands in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ops.journal.journal import Ramps
from ops.ramp.errors import BadInputError
from ops.ramp.resume.find import newest
from rollout.capacity import FleetSizes, fleets_of, shortages, still_known
from rollout.observation import LiveService
from rollout.plan import RampPlan
from rollout.split import Slot


@dataclass(frozen=True, slots=True)
class Fleets:
    """The instances of the services of one plan, before it begins."""

    plan: RampPlan
    found: Mapping[str, FleetSizes]
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


def fleets_in(live: Mapping[str, LiveService]) -> dict[str, FleetSizes]:
    """The instances of every service."""
    return {
        name: FleetSizes(
            {s: fleet.desired if (fleet := service.slots[s].fleet) else 0 for s in Slot},
            {s: fleet.most if (fleet := service.slots[s].fleet) else 0 for s in Slot},
        )
        for name, service in live.items()
    }


def refuse_without_fleet(plan: RampPlan, live: Mapping[str, LiveService]) -> None:
    """Raises BadInputError where nothing shows how many members a slot may have."""
    without = [
        f"{service}-{slot}: {found.kind.noun} is expected; {found.kind.absent}"
        for service in plan.services
        for slot in Slot
        if (found := live[service].slots[slot]).fleet is None
    ]
    if without:
        raise BadInputError(
            "\n".join(without)
            + "\n  expected: one fleet in each slot, since a ramp has to know how "
            "many instances a slot may have"
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
