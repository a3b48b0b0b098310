from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.capacity import (
    FleetSizes,
    fleets_of,
    floors_at,
    grown_fleet,
    share_takes,
    shortages,
    still_known,
)
from rollout.plan import RampPlan
from rollout.split import Slot, Split

counts = st.integers(0, 40)


def fleet(first: int, second: int, largest: int = 100) -> FleetSizes:
    return FleetSizes(
        {Slot.FIRST: first, Slot.SECOND: second}, {Slot.FIRST: largest, Slot.SECOND: largest}
    )


@given(st.integers(0, 100), counts)
def test_a_share_gets_the_instances_that_carry_it_rounded_up(weight: int, size: int) -> None:
    needed = share_takes(weight, counted=size)

    assert needed * 100 >= weight * size
    assert (needed - 1) * 100 < weight * size or needed == 0


splits = st.integers(0, 99).map(lambda weight: Split(100 - weight, weight))


def plan_from(start: Split) -> RampPlan:
    weights = tuple(w for w in (25, 50, 75, 100) if w > start.slot_02)
    return RampPlan(("web",), Slot.SECOND, start, weights)


def floors_of(plan: RampPlan, found: FleetSizes, number: int) -> dict[Slot, int]:
    """The floors of `web` at a stage, where no earlier ramp is known of."""
    fleets = fleets_of(plan, {"web": found}, {})
    return floors_at(plan, number, {"web": found.desired}, fleets, {}, {"web": found})["web"]


@given(counts, counts, st.sampled_from([Split(100, 0), Split(50, 50), Split(90, 10)]))
def test_no_floor_is_below_what_the_slot_had_and_none_falls_on_the_way(
    first: int, second: int, start: Split
) -> None:
    plan = plan_from(start)
    found = fleet(first, second)

    floors = [floors_of(plan, found, n) for n in range(1, len(plan.weights) + 1)]

    assert all(each[Slot.FIRST] == first for each in floors)
    candidate = [each[Slot.SECOND] for each in floors]
    assert candidate == sorted(candidate)
    assert candidate[0] >= second
    assert candidate[-1] >= found.carrying(start, Slot.FIRST)


@given(counts, counts, splits)
def test_the_candidate_ends_with_what_the_guards_want_and_no_more_than_all_that_carry(
    first: int, second: int, start: Split
) -> None:
    plan = plan_from(start)

    last = floors_of(plan, fleet(first, second), len(plan.weights))[Slot.SECOND]

    assert last >= max(first, second)
    assert last <= first + second


@given(st.lists(st.tuples(st.integers(1, 20), counts), min_size=4, max_size=4), st.integers(1, 20))
def test_floors_follow_a_service_that_grows_and_none_is_ever_lowered(
    seen: list[tuple[int, int]], stable: int
) -> None:
    plan = plan_from(Split(100, 0))
    before = {"web": {Slot.FIRST: stable, Slot.SECOND: 1}}
    floors: dict[str, dict[Slot, int]] = {}

    for number, (first, second) in enumerate(seen, 1):
        last = floors.get("web", {})
        found = {"web": fleet(first, second)}
        floors = floors_at(plan, number, before, {"web": stable}, floors, found)
        weight = plan.stage(number).split.slot_02

        assert floors["web"][Slot.FIRST] >= max(stable, first)
        assert floors["web"][Slot.SECOND] >= share_takes(weight, counted=max(stable, first))
        assert all(floors["web"][slot] >= last.get(slot, 0) for slot in Slot)


def test_a_floor_follows_no_further_than_the_max_of_its_group() -> None:
    plan = plan_from(Split(100, 0))
    counts = {"web": {Slot.FIRST: 6, Slot.SECOND: 6}}

    floors = floors_at(plan, 4, counts, {"web": 6}, {}, {"web": fleet(12, 6, largest=8)})

    assert floors == {"web": {Slot.FIRST: 12, Slot.SECOND: 8}}


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_a_fleet_grows_in_proportion_and_never_shrinks(size: int, before: int, now: int) -> None:
    grown = grown_fleet(size, before, now)

    assert grown >= size
    assert now <= before or (grown * before >= size * now if before else grown >= now)


def test_from_the_even_split_the_candidate_needs_the_whole_fleet_in_the_end() -> None:
    plan = RampPlan(("web",), Slot.SECOND, Split(50, 50), (75, 100))

    floors = [floors_of(plan, fleet(3, 3), n)[Slot.SECOND] for n in (1, 2)]

    assert floors == [5, 6]


@pytest.mark.parametrize("candidate", Slot)
def test_what_a_ramp_has_raised_at_the_even_split_is_not_counted_as_load(candidate: Slot) -> None:
    plan = RampPlan(("web",), candidate, Split(50, 50), (75, 100))

    assert fleets_of(plan, {"web": fleet(3, 6)}, {}) == {"web": 6}


def test_ramp_after_ramp_within_the_hour_the_fleet_stays_what_it_was() -> None:
    desired, known, floors = dict.fromkeys(Slot, 3), dict[str, int](), {}
    start = Split(50, 50)
    seen: list[int] = []
    for candidate, target in [(slot, up_to) for slot in (*Slot, *Slot) for up_to in (100, 50)]:
        rising = candidate if target == 100 else candidate.other
        plan = RampPlan(("web",), rising, start, (target,))
        found = {"web": fleet(desired[Slot.FIRST], desired[Slot.SECOND])}
        known = fleets_of(plan, found, still_known(known, floors, found, timedelta(minutes=1)))
        floors = floors_at(plan, 1, {"web": desired}, known, {}, found)
        desired, start = floors["web"], plan.target
        seen.append(known["web"])

    assert seen == [6] * 8


def test_a_fleet_is_not_remembered_for_long_nor_once_a_group_has_grown() -> None:
    floors = {"web": dict.fromkeys(Slot, 6)}
    minute, hours = timedelta(minutes=1), timedelta(hours=2)

    assert still_known({"web": 6}, floors, {"web": fleet(6, 6)}, minute) == {"web": 6}
    assert still_known({"web": 6}, floors, {"web": fleet(6, 6)}, hours) == {}
    assert still_known({"web": 6}, floors, {"web": fleet(6, 7)}, minute) == {}


def test_what_is_remembered_never_asks_for_less_than_the_stable_slot_has() -> None:
    plan = RampPlan(("web",), Slot.SECOND, Split(50, 50), (100,))

    assert fleets_of(plan, {"web": fleet(5, 5)}, {"web": 4}) == {"web": 5}


def test_a_max_that_is_too_small_is_told_with_what_it_takes() -> None:
    plan = RampPlan(("web",), Slot.SECOND, Split(50, 50), (75, 100))

    (short,) = shortages(plan, {"web": fleet(3, 3, largest=5)}, {"web": 6})

    assert (short.needed, short.largest) == (6, 5)
    assert "pulumi config set --path 'failover:capacity.web.max' 6" in str(short)


def test_a_max_that_is_large_enough_is_no_shortage() -> None:
    plan = RampPlan(("web",), Slot.SECOND, Split(100, 0), (10, 100))

    assert shortages(plan, {"web": fleet(3, 3, largest=3)}, {"web": 3}) == []
