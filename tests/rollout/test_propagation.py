from __future__ import annotations

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rollout.propagation import judged_propagation, needed_answers
from rollout.split import Slot, Split

STAGES = [(0, 10), (10, 25), (25, 50), (50, 75), (75, 100), (100, 0), (50, 100)]
weights = st.integers(0, 100)
slots = st.sampled_from(list(Slot))


def at(candidate: Slot, weight: int) -> Split:
    return Split(50, 50).shifted_to(candidate, weight)


def answers(candidate: Slot, weight: int, count: int, seed: int) -> list[Slot]:
    draw = random.Random(seed)
    return [candidate if draw.random() * 100 < weight else candidate.other for _ in range(count)]


@pytest.mark.parametrize(("old", "new"), STAGES)
def test_a_split_that_arrived_is_seen_with_few_more_answers_than_needed(old: int, new: int) -> None:
    count = needed_answers(old / 100, new / 100)

    for seed in range(25):
        said = [
            judged_propagation(
                answers(Slot.SECOND, new, count + more, seed),
                Slot.SECOND,
                at(Slot.SECOND, old),
                at(Slot.SECOND, new),
            ).is_propagated
            for more in range(0, 2 * count, max(1, count // 8))
        ]
        assert any(said), seed


@pytest.mark.parametrize(("old", "new"), STAGES)
def test_the_old_split_is_hardly_ever_taken_for_the_new_one(old: int, new: int) -> None:
    count = needed_answers(old / 100, new / 100)

    wrong = sum(
        judged_propagation(
            answers(Slot.FIRST, old, count, seed),
            Slot.FIRST,
            at(Slot.FIRST, old),
            at(Slot.FIRST, new),
        ).is_propagated
        for seed in range(200)
    )

    assert wrong <= 3


@pytest.mark.parametrize(("old", "new"), STAGES)
def test_a_stage_is_told_from_the_one_before_by_a_few_hundred_answers(old: int, new: int) -> None:
    assert needed_answers(old / 100, new / 100) <= 250


@given(slots, weights, weights, st.lists(slots, max_size=300))
def test_mirrored_slots_mirror_the_answer(
    candidate: Slot, old: int, new: int, said: list[Slot]
) -> None:
    one = judged_propagation(said, candidate, at(candidate, old), at(candidate, new))
    mirrored = judged_propagation(
        [slot.other for slot in said],
        candidate.other,
        at(candidate.other, old),
        at(candidate.other, new),
    )

    assert one == mirrored


@given(slots, weights, weights)
def test_no_answers_prove_no_change(candidate: Slot, old: int, new: int) -> None:
    assume(old != new)

    assert not judged_propagation(
        [], candidate, at(candidate, old), at(candidate, new)
    ).is_propagated


def test_what_was_answered_before_the_change_took_hold_drops_out() -> None:
    before = [Slot.FIRST] * 5000
    after = answers(Slot.SECOND, 25, 2 * needed_answers(0.1, 0.25), 7)

    arrival = judged_propagation(before + after, Slot.SECOND, Split(90, 10), Split(75, 25))

    assert arrival.is_propagated
