"""Weights as a config value."""

from __future__ import annotations

from dataclasses import dataclass

from rollout.errors import SplitError
from rollout.split import TOTAL_WEIGHT, Split
from settings.kind import Fault, Json, RefusedValueError

RESTING = Split(50, 50)
"""What both slots carry between releases; offered where nothing can be told from the value."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The kind of a split: `75/25`, slot 01 first."""

    name: str = "weights"
    expected: str = "two whole numbers from 0 to 100 that sum to 100, slot 01 first, such as 75/25"

    def read(self, value: Json) -> Split:
        """The split."""
        if not isinstance(value, str):
            raise RefusedValueError(Fault(value, self.expected, instead=str(_nearest(value))))
        try:
            return Split.parse(value)
        except SplitError as error:
            expected = f"{self.expected}; {error}"
            instead = str(_nearest(value))
            raise RefusedValueError(Fault(value, expected, instead=instead)) from error


WEIGHTS_KIND = Weights()


def _nearest(value: Json) -> Split:
    """The split that keeps the first number of `value`, where it can be a weight."""
    first = str(value).split("/", maxsplit=1)[0].strip()
    if first.isascii() and first.isdigit() and len(first) <= 3 and int(first) <= TOTAL_WEIGHT:
        weight = int(first)
        is_dead = weight == 0 and str(value).endswith("/0")
        return RESTING if is_dead else Split(weight, TOTAL_WEIGHT - weight)
    return RESTING
