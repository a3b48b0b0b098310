"""Where to go back to when no ramp's journal says it: the split before the present one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rollout.lease import Freed, read_freed, read_lease
from rollout.plan import Plan
from rollout.recall import Told, plan_told
from rollout.split import Slot, Split


def plan_back(
    live: Mapping[str, Split], history: Sequence[Told], candidate: Slot | None
) -> Plan | None:
    """The ramp that would have led from the newest earlier split to the live one.

    Its start is where to go back to: the newest split with less weight on the candidate, since one
    with more may be what was gone back from. Only services that stand together, then and now, can
    go together; None where there is no such moment.

    Args:
        live: The split of each service of the group now.
        history: The stack's updates, the newest first.
        candidate: The slot that was raised; None where nobody knows, and the newest other split
            has to do.
    """
    if len(set(live.values())) != 1:
        return None
    now = next(iter(live.values()))
    for past in _done(history):
        splits = {past.splits[service] for service in live if service in past.splits}
        if len(splits) != 1 or splits == {now}:
            continue
        start = splits.pop()
        rising = Slot.FIRST if now.slot_01 > start.slot_01 else Slot.SECOND
        if candidate not in (None, rising):
            continue
        return Plan(tuple(sorted(live)), rising, start, (now.weight_of(rising),))
    return None


@dataclass(frozen=True, slots=True)
class Ended:
    """A ramp that is over, and whose end is what is live."""

    freed: Freed
    plan: Plan | None
    """What it set out to do; None where the history does not reach back to its start."""


def ended_here(live: Mapping[str, Split], history: Sequence[Told]) -> Ended | None:
    """The ramp that left the live weights; None where none did, or somebody shifted since.

    Args:
        live: The split of every service now.
        history: The stack's updates, the newest first.
    """
    done = _done(history)
    for number, past in enumerate(done):
        if any(past.splits.get(service) != split for service, split in live.items()):
            return None
        freed = read_freed(past.message)
        if freed is not None:
            return Ended(freed, _plan(freed, done[number + 1 :]))
    return None


def _plan(freed: Freed, before: Sequence[Told]) -> Plan | None:
    """The plan of the ramp that ended so, from the first update that tells one."""
    for past in before:
        lease = read_lease(past.message)
        plan = None if lease is None else plan_told(lease)
        if plan is not None:
            return plan if plan.services == freed.services else None
    return None


def _done(history: Sequence[Told]) -> list[Told]:
    return [past for past in history if past.succeeded]
