from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rollout.capacity import Fleet, floors_at, needed_for, shortages
from rollout.plan import Plan
from rollout.split import Slot, Split

counts = st.integers(0, 40)


def fleet(first: int, second: int, largest: int = 100) -> Fleet:
    return Fleet(
        {Slot.FIRST: first, Slot.SECOND: second}, {Slot.FIRST: largest, Slot.SECOND: largest}
    )


@given(st.integers(0, 100), counts)
def test_a_share_gets_the_instances_that_carry_it_rounded_up(weight: int, size: int) -> None:
    needed = needed_for(weight, size)

    assert needed * 100 >= weight * size
    assert (needed - 1) * 100 < weight * size or needed == 0


@given(counts, counts, st.sampled_from([Split(100, 0), Split(50, 50), Split(90, 10)]))
def test_no_floor_is_below_what_the_slot_had_and_none_falls_on_the_way(
    first: int, second: int, start: Split
) -> None:
    weights = tuple(w for w in (25, 50, 75, 100) if w > start.slot_02)
    plan = Plan(("web",), Slot.SECOND, start, weights)
    fleets = {"web": fleet(first, second)}

    floors = [floors_at(plan, n, fleets)["web"] for n in range(1, len(weights) + 1)]

    assert all(each[Slot.FIRST] == first for each in floors)
    candidate = [each[Slot.SECOND] for each in floors]
    assert candidate == sorted(candidate)
    assert candidate[0] >= second
    assert candidate[-1] >= fleets["web"].carrying(start)


def test_from_the_even_split_the_candidate_needs_the_whole_fleet_in_the_end() -> None:
    plan = Plan(("web",), Slot.SECOND, Split(50, 50), (75, 100))

    floors = [floors_at(plan, n, {"web": fleet(3, 3)})["web"][Slot.SECOND] for n in (1, 2)]

    assert floors == [5, 6]


def test_a_max_that_is_too_small_is_told_with_what_it_takes() -> None:
    plan = Plan(("web",), Slot.SECOND, Split(50, 50), (75, 100))

    (short,) = shortages(plan, {"web": fleet(3, 3, largest=5)})

    assert (short.needed, short.largest) == (6, 5)
    assert "pulumi config set --path capacity.web.max 6" in str(short)


def test_a_max_that_is_large_enough_is_no_shortage() -> None:
    plan = Plan(("web",), Slot.SECOND, Split(100, 0), (10, 100))

    assert shortages(plan, {"web": fleet(3, 3, largest=3)}) == []
