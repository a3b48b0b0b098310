"""Weights and slots as config values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from rollout.errors import SplitError, SplitTextError
from rollout.split import TOTAL_WEIGHT, Slot, Split
from settings.declaration.kind import Json, JsonSchema, RefusedValueError, ValueProblem, matching

UNKNOWN_WEIGHTS = "WEIGHT_01/WEIGHT_02"
"""What a command sets if the value does not show the split that is meant.

A split of our own choice would move requests by accident.
"""

_NUMBER = r"(\d{1,9}(?:\.\d{1,9})?)\s*(%?)"
_SEPARATOR = r"(?:\s*[/:,;|\\\-\N{EN DASH}\N{EM DASH}]\s*|\s+)"
_TWO_NUMBERS = re.compile(rf"{_NUMBER}{_SEPARATOR}{_NUMBER}", re.ASCII)
_QUOTES = "'\""


@dataclass(frozen=True, slots=True)
class Weights:
    """The kind of a split: `75/25`, slot 01 first."""

    name: str = "weights"
    expected: str = (
        "two whole numbers from 0 to 100 that sum to 100, slot 01 first, with a slash between "
        "them, such as 75/25"
    )

    @property
    def json_schema(self) -> JsonSchema:
        """Every split."""
        splits = "|".join(str(Split(n, TOTAL_WEIGHT - n)) for n in range(TOTAL_WEIGHT + 1))
        return matching(splits, self.expected)

    def read(self, value: Json) -> Split:
        """The split."""
        if not isinstance(value, str):
            raise self._refused(value, self.expected)
        try:
            return Split.parse(value)
        except SplitTextError as error:
            raise self._refused(value, self.expected) from error
        except SplitError as error:
            raise self._refused(value, f"{self.expected}; {error}") from error

    def _refused(self, value: Json, expected: str) -> RefusedValueError:
        """The refusal, which offers a split only where the value shows which one is meant."""
        meant = meant_split(value)
        if meant is None:
            expected = f"{expected} (`failover status` shows the live weights)"
        return RefusedValueError(ValueProblem(value, expected, instead=meant and str(meant)))


@dataclass(frozen=True, slots=True)
class SlotName:
    """The kind of a slot's name."""

    name: str = "slot"
    expected: str = "01 or 02"

    @property
    def json_schema(self) -> JsonSchema:
        """Both slots."""
        return {"enum": [slot.value for slot in Slot]}

    def read(self, value: Json) -> Slot:
        """The slot."""
        if not isinstance(value, str) or value not in list(Slot):
            raise RefusedValueError(ValueProblem(value, self.expected, instead=_meant_slot(value)))
        return Slot(value)


def meant_split(value: Json) -> Split | None:
    """The split that a wrongly written value means; `None` where it could be more than one.

    Two numbers are enough, whatever stands between them, with percent signs, in quotes, as shares
    of 1, as a list or as a map by slot. One number, three numbers, or two that do not sum to 100
    are not: only a person knows which of them is wrong.
    """
    numbers = _numbers(value)
    if len(numbers) != len(Slot) or any(number.denominator != 1 for number in numbers):
        return None
    try:
        return Split(*map(int, numbers))
    except SplitError:
        return None


def _numbers(value: Json) -> Sequence[Fraction]:
    """The numbers in a value, in hundredths of all requests; none where it is not two numbers."""
    if isinstance(value, dict):
        is_by_slot = set(value) == {slot.value for slot in Slot}
        return _numbers([value[slot.value] for slot in Slot]) if is_by_slot else ()
    if isinstance(value, list):
        if not all(isinstance(each, (int, float, str)) for each in value):
            return ()
        return _numbers("/".join(str(each).strip() for each in value))
    if not isinstance(value, str):
        return ()
    match = _TWO_NUMBERS.fullmatch(value.strip().strip(_QUOTES).strip())
    if match is None:
        return ()
    written, has_percent = (match[1], match[3]), bool(match[2] or match[4])
    numbers = [Fraction(each) for each in written]
    are_shares = sum(numbers) == 1 and all("." in each for each in written) and not has_percent
    return [number * 100 for number in numbers] if are_shares else numbers


def _meant_slot(value: Json) -> str | None:
    """The slot behind `2`, which is what YAML makes of `02` without quotes."""
    text = f"0{value}" if isinstance(value, int) else f"0{value}"[-2:]
    return text if text in list(Slot) else None
