from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.errors import PlanError
from rollout.plan import RampPlan, lighter, planned
from rollout.split import Slot, Split

weights = st.integers(0, 100)
slots = st.sampled_from(list(Slot))
stages = st.lists(st.integers(1, 100), min_size=1, max_size=6)


def at(slot: Slot, weight: int) -> Split:
    return Split(50, 50).shifted_to(slot, weight)


@given(slots, st.integers(0, 99), stages, st.integers(1, 100))
def test_a_ramp_rises_from_the_live_weight_to_its_end_and_stops_nowhere_else(
    slot: Slot, live: int, configured: list[int], up_to: int
) -> None:
    splits = {"web": at(slot, live), "portal": at(slot, live)}
    if live >= up_to:
        with pytest.raises(PlanError, match="nothing to raise"):
            planned(splits, slot, configured, up_to)
        return

    plan = planned(splits, slot, configured, up_to)

    risen = [live, *plan.weights]
    assert risen == sorted(set(risen))
    assert risen[-1] == up_to
    assert set(plan.weights[:-1]) <= set(configured)
    assert {w for w in configured if live < w < up_to} <= set(plan.weights)


@given(slots, st.integers(0, 99), stages)
def test_mirrored_slots_mirror_the_plan(slot: Slot, live: int, configured: list[int]) -> None:
    plan = planned({"web": at(slot, live)}, slot, configured)
    mirrored = planned({"web": at(slot.other, live)}, slot.other, configured)

    assert plan.weights == mirrored.weights
    assert [s.split.weight_of(slot) for s in plan.stages()] == [
        s.split.weight_of(slot.other) for s in mirrored.stages()
    ]


def test_services_that_stand_apart_are_named_with_what_fixes_it() -> None:
    with pytest.raises(PlanError, match="portal at 75/25, web at 50/50") as refused:
        planned({"web": Split(50, 50), "portal": Split(75, 25)}, Slot.SECOND, [100])

    assert "failover ramp --service portal" in str(refused.value)


def test_the_default_stages_go_from_nothing_to_everything() -> None:
    plan = planned({"web": Split(100, 0)}, Slot.SECOND, [10, 25, 50, 75, 100])

    assert [str(s.split) for s in plan.stages()] == ["90/10", "75/25", "50/50", "25/75", "0/100"]


def test_weights_that_do_not_rise_are_no_plan() -> None:
    with pytest.raises(PlanError, match="weights must rise"):
        RampPlan(("web",), Slot.SECOND, Split(90, 10), (10, 50))


@given(slots, weights)
def test_the_lighter_slot_is_told_from_every_service(slot: Slot, weight: int) -> None:
    live = {"web": at(slot, weight), "portal": at(slot, weight)}

    assert lighter(live) is (None if weight == 50 else slot if weight < 50 else slot.other)


def test_where_the_services_differ_no_slot_is_the_lighter_one() -> None:
    assert lighter({"web": Split(90, 10), "portal": Split(10, 90)}) is None
