from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.errors import SplitError
from rollout.split import TOTAL_WEIGHT, Slot, Split

weights = st.integers(0, TOTAL_WEIGHT)
splits = weights.map(lambda weight: Split(weight, TOTAL_WEIGHT - weight))
slots = st.sampled_from(Slot)


@given(splits, slots, weights)
def test_a_shift_sets_the_named_slot_and_loses_no_request(
    split: Split, slot: Slot, weight: int
) -> None:
    shifted = split.shifted_to(slot, weight)

    assert shifted.weight_of(slot) == weight
    assert shifted.slot_01 + shifted.slot_02 == TOTAL_WEIGHT


@given(splits)
def test_a_split_reads_back_as_it_was_written(split: Split) -> None:
    assert Split.parse(str(split)) == split


@given(splits, slots)
def test_the_weights_of_both_slots_are_all_requests(split: Split, slot: Slot) -> None:
    assert split.weight_of(slot) + split.weight_of(slot.other) == TOTAL_WEIGHT


@given(slots)
def test_the_other_slot_of_the_other_slot_is_the_slot(slot: Slot) -> None:
    assert slot.other != slot
    assert slot.other.other == slot


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("75/30", "the weights sum to 105, not to 100"),
        ("0/0", "the weights sum to 0, not to 100"),
        ("110/-10", "weight 110 is outside 0..100"),
        ("-10/110", "weight -10 is outside 0..100"),
        ("abc", "not two whole numbers"),
        ("75", "not two whole numbers"),
        ("75.5/24.5", "not two whole numbers"),
        ("75/25/0", "not two whole numbers"),
        ("", "not two whole numbers"),
        ("\u0667\u0665/\u0662\u0665", "not two whole numbers"),
        ("9" * 5000 + "/1", "not two whole numbers"),
    ],
)
def test_text_that_is_no_split_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(SplitError, match=reason):
        Split.parse(text)


@given(st.text())
def test_any_text_is_a_split_or_is_refused(text: str) -> None:
    try:
        split = Split.parse(text)
    except SplitError:
        return

    assert split.slot_01 + split.slot_02 == TOTAL_WEIGHT


@given(st.integers(), st.integers())
def test_no_split_can_be_made_that_does_not_sum_to_all(slot_01: int, slot_02: int) -> None:
    is_split = 0 <= slot_01 <= TOTAL_WEIGHT and slot_01 + slot_02 == TOTAL_WEIGHT

    if is_split:
        assert Split(slot_01, slot_02).weight_of(Slot.FIRST) == slot_01
        return
    with pytest.raises(SplitError):
        Split(slot_01, slot_02)
