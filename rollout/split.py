"""Slots, weights, the split of new requests between them, and which split may follow another."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rollout.errors import SplitError, SplitTextError

TOTAL_WEIGHT = 100
"""Both weights of a split sum to this, so that a weight reads as a percentage."""

_SPLIT_TEXT = re.compile(r"(-?\d{1,9})/(-?\d{1,9})", re.ASCII)


class Slot(enum.StrEnum):
    """A place that a build is released to; never a version. Its value is the name shown."""

    FIRST = "01"
    SECOND = "02"

    @property
    def other(self) -> Slot:
        """The slot that this one shares its service with."""
        return Slot.SECOND if self is Slot.FIRST else Slot.FIRST


@dataclass(frozen=True, slots=True)
class Split:
    """Share of new requests per slot; sums to `TOTAL_WEIGHT` by construction.

    Units: integer shares of 100, so that a weight reads as a percentage. ELBv2 takes 0..999.
    Source: ELBv2 API Reference, TargetGroupTuple.Weight.

    Raises:
        SplitError: a weight outside 0..100, or a sum other than 100.
    """

    slot_01: int
    slot_02: int

    def __post_init__(self) -> None:
        for weight in (self.slot_01, self.slot_02):
            if not 0 <= weight <= TOTAL_WEIGHT:
                raise SplitError(f"weight {weight} is outside 0..{TOTAL_WEIGHT}")
        total = self.slot_01 + self.slot_02
        if total != TOTAL_WEIGHT:
            raise SplitError(f"the weights sum to {total}, not to {TOTAL_WEIGHT}")

    @classmethod
    def parse(cls, text: str) -> Split:
        """Read the config form `"75/25"`: slot 01, a slash, slot 02.

        Raises:
            SplitError: not two integers, outside 0..100, or not summing to 100.
        """
        match = _SPLIT_TEXT.fullmatch(text.strip())
        if match is None:
            raise SplitTextError('not two whole numbers with a slash between them, such as "75/25"')
        return cls(int(match[1]), int(match[2]))

    def weight_of(self, slot: Slot) -> int:
        """The share of `slot`, 0..100."""
        return self.slot_01 if slot is Slot.FIRST else self.slot_02

    def shifted_to(self, slot: Slot, weight: int) -> Split:
        """The split that gives `slot` exactly `weight` and the other slot the rest.

        Raises:
            SplitError: `weight` is outside 0..100.
        """
        rest = TOTAL_WEIGHT - weight
        return Split(weight, rest) if slot is Slot.FIRST else Split(rest, weight)

    def __str__(self) -> str:
        return f"{self.slot_01}/{self.slot_02}"


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
