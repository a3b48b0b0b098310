"""Which splits may follow one another."""

from __future__ import annotations

from collections.abc import Sequence

from rollout.split import Slot, Split


def rising(live: Split, wanted: Split) -> Slot | None:
    """The slot that gains weight; `None` where nothing moves."""
    if live == wanted:
        return None
    return Slot.FIRST if wanted.slot_01 > live.slot_01 else Slot.SECOND


def is_back(live: Split, wanted: Split, candidate: Slot | None) -> bool:
    """Whether the stable slot gains weight: the way back, which is free."""
    slot = rising(live, wanted)
    return candidate is not None and slot is candidate.other


def next_weight(stages: Sequence[int], weight: int) -> int | None:
    """The stage after `weight`; `None` where everything is reached."""
    return next((stage for stage in stages if stage > weight), None)


def next_splits(live: Split, candidate: Slot | None, stages: Sequence[int]) -> tuple[Split, ...]:
    """The splits that may follow `live` on the way up: one, or two without a candidate."""
    slots = tuple(Slot) if candidate is None else (candidate,)
    weights = [(slot, next_weight(stages, live.weight_of(slot))) for slot in slots]
    return tuple(live.shifted_to(slot, weight) for slot, weight in weights if weight is not None)
