"""Slots, weights and the split of new requests between the two slots of a service."""

from __future__ import annotations

import enum
import re
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
