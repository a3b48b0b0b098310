from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.capacity import FleetSizes, floors_at, share_takes
from rollout.fleet import WantedFleet
from rollout.observation import LiveRule, LiveService, LiveSlot, Target
from rollout.plan import RampPlan
from rollout.readiness import missing_for, serving
from rollout.split import Slot, Split
from tests.rollout.guard_cases import arn, group

SIZES = st.integers(0, 12)
OURS = WantedFleet(None, parts={})


def slot_of(
    slot: Slot, healthy: int, desired: int, *, floor: int = 0, others: tuple[str, ...] = ()
) -> LiveSlot:
    states = [*["healthy"] * healthy, *others]
    targets = tuple(Target(f"i-{slot}-{number}", state) for number, state in enumerate(states))
    fleet = group(slot, desired, floor=floor)
    return LiveSlot(arn(slot), targets, fleet.kind, fleet)


def service_of(stable: LiveSlot, candidate: LiveSlot) -> LiveService:
    slots = {Slot.FIRST: stable, Slot.SECOND: candidate}
    return LiveService(LiveRule("web", "arn:rule", 50, 50), slots)


def lacking(stable: LiveSlot, candidate: LiveSlot, weight: int) -> list[str]:
    return [*missing_for(service_of(stable, candidate), Slot.SECOND, weight, OURS)]


@given(SIZES, SIZES, SIZES, st.integers(1, 100))
def test_booting_instances_of_the_stable_slot_ask_nothing_of_the_candidate(
    healthy: int, booting: int, ours: int, weight: int
) -> None:
    candidate = slot_of(Slot.SECOND, ours, ours)
    still, growing = (
        slot_of(Slot.FIRST, healthy, healthy + more, others=("initial",) * (more // 2))
        for more in (0, booting)
    )

    assert lacking(growing, candidate, weight) == lacking(still, candidate, weight)


def test_a_candidate_that_is_growing_is_waited_for() -> None:
    candidate = slot_of(Slot.SECOND, 3, 7, others=("initial", "initial"))

    (told,) = lacking(slot_of(Slot.FIRST, 6, 6), candidate, 50)

    assert told.startswith("4 of 7 targets of web-02: i-02-3 initial")
    assert "2 not registered yet" in told


def test_a_stable_slot_that_has_grown_is_measured_by_the_floor_that_the_ramp_counted() -> None:
    grown = slot_of(Slot.FIRST, 9, 9, floor=6)

    assert serving(grown) == 6
    assert lacking(grown, slot_of(Slot.SECOND, 3, 3, floor=3), 50) == []


def test_a_stable_slot_that_has_grown_and_has_no_floor_is_measured_by_what_serves() -> None:
    (told,) = lacking(slot_of(Slot.FIRST, 9, 9), slot_of(Slot.SECOND, 3, 3), 50)

    assert "2 more instances of web-02" in told
    assert 'floors["02"]\' 5' in told


def test_what_delays_a_fleet_is_named_where_something_is_missing_and_only_there() -> None:
    stable, short = slot_of(Slot.FIRST, 3, 3), slot_of(Slot.SECOND, 3, 4)
    ready = slot_of(Slot.SECOND, 4, 4)
    assert short.fleet is not None
    assert ready.fleet is not None
    delays = ("Launch of its group is suspended",)

    found = lacking(stable, replace(short, fleet=replace(short.fleet, delays=delays)), 50)
    none = lacking(stable, replace(ready, fleet=replace(ready.fleet, delays=delays)), 50)

    assert found == [
        "1 of 4 targets of web-02: 1 not registered yet (Launch of its group is suspended)"
    ]
    assert none == []


@pytest.mark.parametrize("draining", [0, 1, 5])
def test_draining_targets_are_neither_healthy_nor_missing(draining: int) -> None:
    others = ("draining",) * draining

    complete = slot_of(Slot.SECOND, 3, 3, others=others)
    short = slot_of(Slot.SECOND, 3, 4, others=others)

    assert lacking(slot_of(Slot.FIRST, 3, 3), complete, 50) == []
    assert lacking(slot_of(Slot.FIRST, 3, 3), short, 50) == [
        "1 of 4 targets of web-02: 1 not registered yet"
    ]


@pytest.mark.parametrize("state", ["unused", "unavailable", "initial", "unhealthy.draining"])
def test_a_registered_target_in_any_other_state_is_waited_for(state: str) -> None:
    candidate = slot_of(Slot.SECOND, 3, 4, others=(state,))

    (told,) = lacking(slot_of(Slot.FIRST, 3, 3), candidate, 50)

    assert told == f"1 of 4 targets of web-02: i-02-3 {state}"


@given(
    st.integers(1, 12),
    st.integers(0, 12),
    st.integers(0, 12),
    st.sampled_from([Split(100, 0), Split(50, 50), Split(90, 10), Split(25, 75)]),
    st.integers(1, 4),
)
def test_a_guard_never_asks_for_more_than_the_driver_has_brought(
    stable: int, candidate: int, growth: int, start: Split, stages: int
) -> None:
    weights = tuple(w for w in (25, 50, 80, 100) if w > start.slot_02)[-stages:]
    plan = RampPlan(("web",), Slot.SECOND, start, weights)
    before = FleetSizes({Slot.FIRST: stable, Slot.SECOND: candidate}, dict.fromkeys(Slot, 99))
    now = FleetSizes({Slot.FIRST: stable + growth, Slot.SECOND: candidate}, dict.fromkeys(Slot, 99))
    fleets = {"web": before.carrying(start, Slot.FIRST)}
    counts = {"web": before.desired}

    for stage in plan.stages():
        floors = floors_at(plan, stage.number, counts, fleets, {}, {"web": now})["web"]
        grown = slot_of(Slot.FIRST, stable + growth, stable + growth)
        needed = share_takes(stage.split.slot_02, beside=serving(grown))
        assert floors[Slot.SECOND] >= needed
