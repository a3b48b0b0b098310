"""Which slot is the candidate, by whatever way the weights have come to where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.candidate import raised_after
from rollout.guard_case import Memory
from rollout.judgement import Decision, ServiceJudgement, judged
from rollout.split import Slot, Split
from tests.rollout.guard_cases import POLLS, RULES, case, of_one_age

FIRST, SECOND = Slot
slots = st.sampled_from(Slot)


def idle(slot: Slot) -> Split:
    """Everything on the other slot."""
    return Split(100, 0).shifted_to(slot, 0)


@dataclass
class Stack:
    """A service whose builds tell no time, and what the stack's output keeps of it."""

    split: Split
    last_raised: Slot | None = None
    configured: Slot | None = None

    def judged(self, wanted: Split) -> ServiceJudgement:
        memory = Memory(self.split, self.split, last_raised=self.last_raised)
        known = of_one_age(case(str(self.split), str(wanted), memory=memory))
        rules = replace(RULES, candidate=self.configured)
        return judged([known], rules, POLLS).services[0]

    def up(self, wanted: Split) -> Decision:
        """A bare `pulumi up`; a refused one leaves all as it was."""
        found = self.judged(wanted)
        if found.decision is Decision.PASSES:
            self.last_raised, self.split = found.last_raised_at(wanted), wanted
        return found.decision


def ramped(slot: Slot, weight: int) -> Stack:
    """A stack that was brought by stages to where `slot` has `weight`."""
    stack = Stack(idle(slot))
    for stage in RULES.stages:
        if stage <= weight:
            assert stack.up(stack.split.shifted_to(slot, stage)) is Decision.PASSES
    return stack


@pytest.mark.parametrize("slot", Slot)
@pytest.mark.parametrize("reached", [10, 25, 50, 75, 100])
def test_from_any_stage_the_way_straight_back_is_free(slot: Slot, reached: int) -> None:
    stack = ramped(slot, reached)

    found = stack.judged(idle(slot))

    assert (found.decision, found.is_back, found.candidate) == (Decision.PASSES, True, slot)


@pytest.mark.parametrize("slot", Slot)
def test_past_the_middle_a_skipped_stage_is_no_way_back(slot: Slot) -> None:
    stack = ramped(slot, 75)

    assert stack.up(idle(slot.other)) is Decision.PASSES, "the last stage"
    assert ramped(slot, 50).up(idle(slot.other)) is Decision.REFUSED


@given(slots, st.lists(st.integers(0, 100), max_size=8))
def test_no_way_back_writes_the_slot_that_was_raised_last(
    slot: Slot, weights: Sequence[int]
) -> None:
    stack = ramped(slot, 100)

    for weight in sorted(weights, reverse=True):
        assert stack.up(stack.split.shifted_to(slot, weight)) is Decision.PASSES
        assert stack.last_raised is slot


@given(slots, st.lists(st.integers(0, 100), max_size=12), st.sampled_from([None, *Slot]))
def test_mirrored_slots_mirror_every_verdict_and_what_is_kept(
    idle_slot: Slot, weights: Sequence[int], configured: Slot | None
) -> None:
    stack = Stack(idle(idle_slot), configured=configured)
    mirror = Stack(
        idle(idle_slot.other), configured=None if configured is None else configured.other
    )

    for weight in weights:
        verdict = stack.up(Split(weight, 100 - weight))
        assert mirror.up(Split(100 - weight, weight)) is verdict
        mirrored = None if mirror.last_raised is None else mirror.last_raised.other
        assert mirrored is stack.last_raised


@given(slots, st.lists(st.integers(0, 100), max_size=12))
def test_whatever_was_moved_the_split_before_the_ramp_is_always_free_to_go_back_to(
    slot: Slot, weights: Sequence[int]
) -> None:
    stack = Stack(idle(slot))

    for weight in weights:
        stack.up(stack.split.shifted_to(slot, weight))

        if stack.split != idle(slot):
            assert stack.judged(idle(slot)).decision is Decision.PASSES


@pytest.mark.parametrize("slot", Slot)
def test_the_next_cycle_raises_the_other_slot_once_the_config_says_so(slot: Slot) -> None:
    stack = ramped(slot, 100)
    stack.configured = slot.other

    assert stack.up(stack.split.shifted_to(slot.other, 25)) is Decision.REFUSED
    assert stack.up(stack.split.shifted_to(slot.other, 10)) is Decision.PASSES
    stack.configured = None

    assert stack.last_raised is slot.other
    assert stack.judged(idle(slot.other)).is_back


@pytest.mark.parametrize("slot", Slot)
def test_after_a_shift_from_the_even_split_the_other_slots_ramp_is_held_to_its_stages(
    slot: Slot,
) -> None:
    stack = Stack(Split(50, 50))
    for weight in (75, 100):
        assert stack.up(stack.split.shifted_to(slot, weight)) is Decision.PASSES
    other = slot.other

    assert stack.up(stack.split.shifted_to(other, 10)) is Decision.PASSES
    assert stack.up(stack.split.shifted_to(other, 100)) is Decision.REFUSED
    assert stack.up(stack.split.shifted_to(other, 25)) is Decision.PASSES

    assert stack.last_raised is other
    assert stack.judged(idle(other)).is_back


@pytest.mark.parametrize("slot", Slot)
def test_a_rise_that_was_cut_short_before_the_outputs_were_written_is_known(slot: Slot) -> None:
    live = idle(slot).shifted_to(slot, 75)
    memory = Memory(live, idle(slot), last_intended=live)
    known = of_one_age(case(str(live), str(idle(slot)), memory=memory))

    (found,) = judged([known], RULES, POLLS).services

    assert (found.last_raised, found.decision, found.is_back) == (slot, Decision.PASSES, True)


@given(slots, st.integers(0, 100), st.integers(0, 100), st.sampled_from([None, *Slot]))
def test_only_the_candidate_is_raised_and_only_from_nothing(
    candidate: Slot, before: int, after: int, last_raised: Slot | None
) -> None:
    found = raised_after(
        last_raised, candidate, Split(before, 100 - before), Split(after, 100 - after)
    )

    was, becomes = (Split(weight, 100 - weight).weight_of(candidate) for weight in (before, after))
    assert found is (candidate if was == 0 < becomes else last_raised)
