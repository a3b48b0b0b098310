"""Where a rollback by hand goes, after whatever history."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.plan import RampPlan
from rollout.recovery import HistoryEntry
from rollout.split import Slot, Split
from rollout.way_back import GoBack, NothingToUndo, Situation, Unclear, WayBack, way_back
from tests.rollout.rollback_world import (
    HOLD,
    SERVICES,
    ByHand,
    Even,
    Move,
    Ramp,
    Release,
    Rollback,
    Wait,
    World,
    mirror,
    mirrored,
)

FIRST, SECOND = Slot.FIRST, Slot.SECOND
LONG = Wait(3600)

slots = st.sampled_from(Slot)
splits = st.sampled_from([0, 1, 10, 25, 50, 75, 90, 100]).map(lambda w: Split(100 - w, w))
some_services = st.sampled_from([SERVICES, ("web",), ("portal",)])
moves = st.lists(
    st.one_of(
        st.builds(Wait, st.sampled_from([5, 60, 299, 300, 3600])),
        st.builds(ByHand, splits),
        st.builds(ByHand, splits, some_services, st.booleans(), st.none() | slots),
        st.builds(Ramp, slots, st.integers(0, 5), st.sampled_from(["done", "back", "killed"])),
        st.builds(Even),
        st.builds(Release, slots),
        st.builds(Rollback),
    ),
    max_size=12,
)


def hand(*weights: int) -> list[Move]:
    """Bare updates to these weights of slot 02, a minute each."""
    return [move for w in weights for move in (ByHand(Split(100 - w, w)), Wait(60))]


def back_to(world: World) -> Split | None:
    """The split that all services go back to; None where there is nothing to go back to."""
    decided = world.decided()
    assert not isinstance(decided, Unclear), decided
    if isinstance(decided, NothingToUndo):
        return None
    assert decided.plan.services == SERVICES
    return decided.plan.start


@given(splits, moves)
def test_a_rollback_never_raises_the_slot_on_trial(start: Split, made: list[Move]) -> None:
    world = World(start)
    for move in made:
        world.make(move)
        decided = world.decided()
        if not isinstance(decided, GoBack):
            continue
        plan = decided.plan
        on_trial = world.on_trial or plan.candidate
        for service in plan.services:
            now = world.live[service].weight_of(on_trial)
            assert plan.start.weight_of(on_trial) <= now, (service, decided)


@given(splits, moves)
def test_mirroring_the_slots_mirrors_where_a_rollback_goes(start: Split, made: list[Move]) -> None:
    here = World(start).after(made).decided()
    there = World(mirror(start)).after([mirrored(move) for move in made]).decided()

    assert type(here) is type(there)
    assert seen_mirrored(here) == seen(there)


def seen(decided: WayBack) -> object:
    if isinstance(decided, GoBack):
        plan = decided.plan
        return plan.services, plan.candidate, plan.start, plan.weights
    choices = decided.choices if isinstance(decided, Unclear) else {}
    return sorted(decided.reasons), {s: dict(each) for s, each in choices.items()}


def seen_mirrored(decided: WayBack) -> object:
    if isinstance(decided, GoBack):
        plan = decided.plan
        return plan.services, plan.candidate.other, mirror(plan.start), plan.weights
    choices = decided.choices if isinstance(decided, Unclear) else {}
    return sorted(decided.reasons), {
        service: {slot.other: mirror(split) for slot, split in each.items()}
        for service, each in choices.items()
    }


@given(splits, moves)
def test_a_rollback_goes_to_a_split_that_was_there_before(start: Split, made: list[Move]) -> None:
    world = World(start).after(made)
    decided = world.decided()
    visited = {split for told in world.history for split in told.splits.values()}

    if isinstance(decided, GoBack):
        assert decided.plan.start in visited | set(world.live.values())


@given(splits, moves)
def test_rollbacks_come_to_an_end_and_each_goes_further_down(
    start: Split, made: list[Move]
) -> None:
    world = World(start).after(made)
    for _ in range(12):
        before, decided = dict(world.live), world.decided()
        if not isinstance(decided, GoBack):
            return
        world.make(Rollback())
        slot = decided.plan.candidate
        for service in decided.plan.services:
            assert world.live[service].weight_of(slot) <= before[service].weight_of(slot)
    raise AssertionError(f"it goes back for ever: {world.said}")


@given(splits, moves)
def test_whatever_a_person_is_told_to_set_lowers_the_slot_that_it_names(
    start: Split, made: list[Move]
) -> None:
    world = World(start).after(made)
    decided = world.decided()

    if isinstance(decided, Unclear):
        assert set(decided.choices) == set(decided.reasons)
        for service, choices in decided.choices.items():
            for slot, split in choices.items():
                assert split.weight_of(slot) <= world.live[service].weight_of(slot)


@pytest.mark.parametrize("release", [[], [Release(SECOND)]])
def test_by_hand_up_and_back_again_leaves_nothing_to_go_back_to(release: list[Move]) -> None:
    world = World().after([*release, LONG, *hand(10, 25, 0)])

    assert back_to(world) is None


@pytest.mark.parametrize("release", [[], [Release(SECOND)]])
@pytest.mark.parametrize("bake", [Wait(60), LONG])
def test_a_ramp_by_hand_goes_back_all_the_way(release: list[Move], bake: Wait) -> None:
    stages: list[Move] = [move for each in hand(10, 25) for move in (each, bake)]

    world = World().after([*release, LONG, *stages])

    assert back_to(world) == Split(100, 0)


def test_a_finished_ramp_goes_back_to_where_it_began() -> None:
    world = World().after([Release(SECOND), LONG, *hand(10), Ramp(SECOND, 5), LONG])

    assert back_to(world) == Split(90, 10)


def test_a_ramp_that_went_back_to_a_split_nobody_stayed_at_goes_back_further() -> None:
    world = World().after([Release(SECOND), LONG, *hand(10), Ramp(SECOND, 2, "back")])

    assert back_to(world) == Split(100, 0)


def test_a_ramp_that_went_back_to_a_settled_split_leaves_nothing_to_go_back_to() -> None:
    made = [LONG, *hand(50), LONG, Ramp(SECOND, 1, "back")]

    assert back_to(World().after(made)) is None
    assert back_to(World().after([*made, LONG])) is None


def test_a_shift_by_hand_after_a_ramp_that_went_back_is_undone() -> None:
    world = World(Split(0, 100)).after([Even(), LONG, Ramp(SECOND, 1, "back"), *hand(75)])

    assert back_to(world) == Split(50, 50)


def test_a_finished_even_goes_back_to_where_it_began() -> None:
    world = World(Split(0, 100)).after([Release(FIRST), LONG, Even(), LONG])

    assert back_to(world) == Split(0, 100)


def test_a_ramp_by_hand_from_a_finished_even_goes_back_to_the_even_split() -> None:
    world = World(Split(0, 100)).after([Release(FIRST), Even(), LONG, *hand(25, 10)])

    assert back_to(world) == Split(50, 50)


def test_a_ramp_of_the_other_slot_is_undone_as_it_began() -> None:
    even = [Release(SECOND), Ramp(SECOND, 5), Even(), LONG]
    world = World().after([*even, Ramp(FIRST, 5), LONG])

    assert back_to(world) == Split(50, 50)


def test_a_second_rollback_has_nothing_to_go_back_to() -> None:
    for made in (
        [Release(SECOND), LONG, *hand(10, 25)],
        [Release(SECOND), Ramp(SECOND, 5)],
        [Ramp(SECOND, 5), Even(), LONG, *hand(25)],
    ):
        assert back_to(World().after([*made, Rollback(), Wait(60)])) is None


def test_after_a_release_onto_the_lowered_slot_a_finished_ramp_is_not_undone() -> None:
    world = World().after([Release(SECOND), Ramp(SECOND, 5), LONG, Release(FIRST)])

    assert back_to(world) is None


def test_after_a_release_onto_the_lowered_slot_a_ramp_by_hand_of_it_is_undone() -> None:
    world = World().after([Release(SECOND), Ramp(SECOND, 5), LONG, Release(FIRST), *hand(90, 75)])

    assert back_to(world) == Split(0, 100)


def test_a_way_back_by_hand_of_a_finished_ramp_is_completed() -> None:
    world = World().after([Release(SECOND), Ramp(SECOND, 5), LONG, *hand(75)])

    assert back_to(world) == Split(100, 0)


def test_where_builds_have_no_time_a_way_back_by_hand_may_be_the_next_ramp() -> None:
    world = World(unknown=SERVICES).after([Ramp(SECOND, 5), LONG, *hand(75)])
    decided = world.decided()

    assert isinstance(decided, Unclear)
    assert "do not show whether slot 01 was released in between" in decided.reasons["web"]
    assert decided.choices["web"] == {FIRST: Split(0, 100), SECOND: Split(100, 0)}


def test_a_ramp_that_was_killed_goes_back_to_its_start() -> None:
    world = World().after([Release(SECOND), LONG, Ramp(SECOND, 3, "killed"), LONG])

    assert back_to(world) == Split(100, 0)


def test_a_killed_ramp_that_was_lowered_by_hand_stays_there() -> None:
    world = World(Split(50, 50)).after([Ramp(SECOND, 1, "killed"), *hand(0)])

    assert world.decided() == GoBack(RampPlan(SERVICES, SECOND, Split(100, 0), (50, 75, 100)))


def test_a_killed_ramp_does_not_go_back_onto_a_slot_released_since() -> None:
    world = World().after([Ramp(SECOND, 5, "killed"), LONG, Release(FIRST)])
    decided = world.decided()

    assert isinstance(decided, NothingToUndo)
    assert "slot 01 was released after the ramp of slot 02" in decided.reasons["web"]


def test_a_ramp_that_its_gates_stopped_before_any_weight_leaves_nothing_to_go_back_to() -> None:
    world = World().after([Release(SECOND), LONG, Ramp(SECOND, 0, "back")])

    assert back_to(world) is None


def console(weight: int) -> ByHand:
    return ByHand(Split(100 - weight, weight), is_console=True)


def test_weights_that_moved_on_in_the_console_go_back_too() -> None:
    world = World().after([Release(SECOND), LONG, *hand(10), console(50)])

    assert back_to(world) == Split(100, 0)


@pytest.mark.parametrize("made", [[], [Ramp(SECOND, 0, "killed")]])
def test_a_change_in_the_console_from_where_a_rollback_leads_is_for_a_person(
    made: list[Move],
) -> None:
    """No update from 100/0 to 100/0 touches the rules, and the guards refuse one that would."""
    decided = World().after([Release(SECOND), LONG, *made, console(50)]).decided()

    assert isinstance(decided, Unclear)
    assert "the newest update left it at 100/0" in decided.reasons["web"]
    assert decided.choices["web"] == {SECOND: Split(100, 0)}


def test_what_a_failed_update_has_moved_is_no_change_outside_pulumi() -> None:
    world = World().after([Release(SECOND), LONG, *hand(10)])
    world.history[-1] = replace(world.history[-1], succeeded=False)

    assert back_to(world) == Split(100, 0)


def test_of_services_that_stand_apart_those_go_back_that_have_somewhere_to_go() -> None:
    world = World().after([Release(SECOND), LONG, ByHand(Split(75, 25), ("web",))])

    assert world.decided() == GoBack(RampPlan(("web",), SECOND, Split(100, 0), (25,)))


def test_services_that_stand_apart_go_back_together_where_they_come_from_one_split() -> None:
    apart = [ByHand(Split(75, 25), ("web",)), ByHand(Split(90, 10), ("portal",))]
    world = World().after([Release(SECOND), LONG, *apart])

    assert world.decided() == GoBack(RampPlan(SERVICES, SECOND, Split(100, 0), (10, 25)))


@pytest.mark.parametrize(
    "made",
    [
        [LONG, *hand(100), LONG, *hand(75)],
        [LONG, *hand(100, 75), Rollback()],
    ],
)
def test_where_both_slots_rose_from_nothing_a_person_says_which_is_on_trial(
    made: list[Move],
) -> None:
    decided = World().after(made).decided()

    assert isinstance(decided, Unclear)
    assert decided.choices["web"] == {FIRST: Split(0, 100), SECOND: Split(100, 0)}


def test_equal_slots_that_never_stood_empty_go_nowhere_by_themselves() -> None:
    world = World(Split(50, 50)).after([LONG, *hand(25)])

    assert isinstance(world.decided(), Unclear)


def test_the_candidate_of_the_config_decides_where_nothing_else_does() -> None:
    world = World(Split(50, 50), configured=FIRST).after([LONG, *hand(25)])

    assert back_to(world) == Split(50, 50)


def test_a_candidate_in_the_config_that_the_history_contradicts_decides_nothing() -> None:
    made = [Release(SECOND), Ramp(SECOND, 5), LONG, *hand(75)]
    decided = World(configured=FIRST).after(made).decided()

    assert isinstance(decided, Unclear)
    assert "the `candidate` in the config is 01" in decided.reasons["web"]


def test_after_a_shift_by_hand_that_named_the_other_slot_a_rollback_does_not_undo_it() -> None:
    """As whoever typed what an unclear rollback printed has made it."""
    done = [Release(SECOND), Ramp(SECOND, 5), Release(FIRST), Even(), LONG]
    made = [*done, ByHand(Split(100, 0), candidate=SECOND)]
    decided = World().after(made).decided()

    assert isinstance(decided, Unclear)
    assert "the newest shift by hand was made with `candidate` 02" in decided.reasons["web"]


def test_a_history_that_does_not_reach_back_to_the_stacks_start_tells_no_rise() -> None:
    world = World().after([LONG, *hand(25)])
    cut = replace(world.history[0], is_first=False)
    world.history = [cut, *world.history[1:]]

    assert isinstance(world.decided(), Unclear)


def test_a_split_that_nobody_stayed_at_is_none_to_go_back_to() -> None:
    """The stack begins at 60/40; slot 02 was released in place, at 50/50."""
    world = World(Split(60, 40)).after([LONG, *hand(50), Release(SECOND), *hand(75)])
    decided = world.decided()

    assert isinstance(decided, Unclear)
    assert f"no split that stood for {HOLD.total_seconds():.0f} s" in decided.reasons["web"]
    assert decided.choices["web"] == {SECOND: Split(100, 0)}


def test_without_any_history_nothing_is_guessed() -> None:
    situation = Situation(dict.fromkeys(SERVICES, Split(75, 25)), [], {}, HOLD)

    assert isinstance(way_back(situation), Unclear)
    assert isinstance(way_back(replace(situation, history=[HistoryEntry("", True, {})])), Unclear)


@pytest.mark.parametrize("alone", [Split(100, 0), Split(0, 100)])
def test_a_service_that_nobody_ever_moved_holds_up_no_other_ones_way_back(alone: Split) -> None:
    """One that was made beside the others: nothing tells which of its slots is on trial."""
    world = World().after([Release(SECOND), LONG, *hand(25), LONG])
    situation = world.situation()
    newest = situation.history[0]
    beside = replace(newest, splits={**newest.splits, "shop": alone})
    with_shop = replace(
        situation,
        live={**situation.live, "shop": alone},
        history=[beside, *situation.history],
    )

    decided = way_back(with_shop)

    assert isinstance(decided, GoBack)
    assert decided.plan == RampPlan(SERVICES, SECOND, Split(100, 0), (25,))
    moved = replace(beside, splits={**beside.splits, "shop": Split(50, 50)})
    assert isinstance(
        way_back(replace(with_shop, history=[beside, moved, *situation.history])), Unclear
    )
    unseen = replace(with_shop, history=[beside])
    assert isinstance(way_back(unseen), Unclear)
