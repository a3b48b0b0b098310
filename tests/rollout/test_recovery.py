from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.history_message import Activity, NewRamp, StageShift
from rollout.lease import LeaseHolder
from rollout.plan import RampPlan
from rollout.progress import Progress, folded
from rollout.recovery import HistoryEntry, recovered
from rollout.split import Slot, Split
from rollout.step import BakeStage, BringCapacity, RollBack, Shift, next_step
from tests.rollout.history import held, released

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
HAND = LeaseHolder("anna", "laptop", 4711)
PLAN = RampPlan(("portal", "web"), Slot.SECOND, Split(100, 0), (10, 25, 50, 75, 100))
FLOORS = {name: dict.fromkeys(Slot, 3) for name in PLAN.services}


def told(activity: Activity | str, *, succeeded: bool = True) -> HistoryEntry:
    return HistoryEntry(held(PLAN, activity, HAND, NOW), succeeded, FLOORS)


def history(stages: int) -> list[HistoryEntry]:
    """The newest first."""
    begun = [told(NewRamp.of(PLAN))]
    begun += [told(StageShift.to(PLAN.stage(n), PLAN.candidate)) for n in range(1, stages + 1)]
    return begun[::-1]


def progress_at(updates: list[HistoryEntry], live: Split) -> Progress:
    found = recovered(updates)
    assert found is not None
    progress = folded(found.entries("r", NOW, at(live), FLOORS))
    assert progress is not None
    return progress


def at(split: Split) -> dict[str, Split]:
    return dict.fromkeys(PLAN.services, split)


@given(st.integers(1, 5))
def test_a_lost_journal_is_told_again_and_the_newest_stage_proves_itself_again(n: int) -> None:
    live = PLAN.stage(n).split

    progress = progress_at(history(n), live)

    assert (progress.plan, progress.verified, progress.counts) == (PLAN, n, FLOORS)
    assert next_step(progress, at(live)) == BakeStage(PLAN.stage(n))


def test_a_group_that_has_no_floors_in_the_history_counts_as_it_is_now() -> None:
    started = held(PLAN, NewRamp.of(PLAN), HAND, NOW)
    found = recovered([HistoryEntry(started, True, {"web": FLOORS["web"]})])
    assert found is not None

    now = {name: dict.fromkeys(Slot, 5) for name in PLAN.services}
    progress = folded(found.entries("r", NOW, at(PLAN.start), now))

    assert progress is not None
    assert progress.counts == {"web": FLOORS["web"], "portal": now["portal"]}
    assert progress.fleets == {"web": 3, "portal": 5}


def test_before_any_stage_the_gates_before_the_start_judge_again() -> None:
    progress = progress_at(history(0), Split(100, 0))

    assert next_step(progress, at(Split(100, 0))) == BakeStage(PLAN.stage(0))


@given(st.integers(0, 4))
def test_a_stage_that_a_killed_update_reached_is_shifted_again(n: int) -> None:
    live = PLAN.stage(n + 1).split

    progress = progress_at(history(n), live)

    step = next_step(progress, at(live))
    assert step in (BringCapacity(PLAN.stage(n + 1)), Shift(PLAN.stage(n + 1)))


def test_a_stage_whose_update_failed_is_not_verified() -> None:
    failed = told(StageShift.to(PLAN.stage(2), PLAN.candidate), succeeded=False)

    found = recovered([failed, *history(1)])

    assert found is not None
    assert found.stage == 1


def test_a_ramp_that_was_going_back_goes_on_going_back() -> None:
    live = Split(50, 50)
    step = next_step(progress_at([told("rollback to 100/0"), *history(3)], live), at(live))
    assert isinstance(step, RollBack)
    assert step.to == Split(100, 0)


def test_a_ramp_that_let_go_is_none_to_go_on_with() -> None:
    freed = HistoryEntry(released(PLAN, "released at 0/100", HAND), True, {})

    assert recovered([freed, *history(5)]) is None


def test_below_a_ramp_of_a_later_version_no_earlier_one_is_recovered() -> None:
    later = held(PLAN, "shift 02 gradually", LeaseHolder("new", "h2", 9), NOW)
    finished = [HistoryEntry(released(PLAN, "released at 0/100", HAND), True, {}), *history(5)]

    assert recovered([HistoryEntry(f"{later}; v2", True, FLOORS), *finished]) is None


@pytest.mark.parametrize("message", ["", "a change of tags"])
def test_a_history_without_a_ramp_tells_of_none(message: str) -> None:
    assert recovered([HistoryEntry(message, True, {})]) is None


def test_a_way_back_to_elsewhere_is_none_of_the_ramp_before_it() -> None:
    undone = told("rollback to 0/100")
    ended = HistoryEntry(released(PLAN, "released at 0/100", HAND), True, {})

    assert recovered([undone, ended, *history(5)]) is None
    assert recovered([told("rollback to 100/0"), ended, *history(5)]) is not None


def test_a_way_back_of_another_group_is_none_of_the_ramp_before_it() -> None:
    web = RampPlan(("web",), Slot.SECOND, Split(100, 0), (100,))
    undone = HistoryEntry(held(web, "rollback to 100/0", HAND, NOW), True, {})

    assert recovered([undone, *history(5)]) is None


def test_a_ramp_that_began_twice_knows_the_candidate_of_before_the_first_time() -> None:
    start = held(PLAN, NewRamp.of(PLAN), HAND, NOW)
    again = held(PLAN, NewRamp.of(PLAN), LeaseHolder("anna", "laptop", 4712), NOW)
    begun = [HistoryEntry(message, True, FLOORS, "02") for message in (again, start)]

    found = recovered([*begun, HistoryEntry("a person's", True, {}, "01")])

    assert found is not None
    assert found.candidate_was == "01"
