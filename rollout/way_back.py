"""Where to go back to when no ramp's journal says it: the split before the present one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rollout.plan import Plan
from rollout.split import Slot, Split


def plan_back(
    live: Mapping[str, Split], before: Sequence[Mapping[str, Split]], candidate: Slot | None
) -> Plan | None:
    """The ramp that would have led from the newest earlier split to the live one.

    Its start is where to go back to: the newest split with less weight on the candidate, since one
    with more may be what was gone back from. Only services that stand together, then and now, can
    go together; None where there is no such moment.

    Args:
        live: The split of each service of the group now.
        before: What they had after each update that ended well, the newest first.
        candidate: The slot that was raised; None where nobody knows, and the newest other split
            has to do.
    """
    if len(set(live.values())) != 1:
        return None
    now = next(iter(live.values()))
    for past in before:
        splits = {past[service] for service in live if service in past}
        if len(splits) != 1 or splits == {now}:
            continue
        start = splits.pop()
        rising = Slot.FIRST if now.slot_01 > start.slot_01 else Slot.SECOND
        if candidate not in (None, rising):
            continue
        return Plan(tuple(sorted(live)), rising, start, (now.weight_of(rising),))
    return None
