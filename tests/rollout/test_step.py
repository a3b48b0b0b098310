from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from rollout.lease import LeaseHolder
from rollout.plan import RampPlan
from rollout.progress import Progress
from rollout.ramp_event import RampOutcome
from rollout.split import Slot, Split
from rollout.step import AskPerson, Finish, RollBack, Shift, expected_splits, next_step

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
WEIGHTS = (10, 50, 100)
splits = st.integers(0, 100).map(lambda weight: Split(weight, 100 - weight))


def mirrored(split: Split) -> Split:
    return Split(split.slot_02, split.slot_01)


def progress_of(candidate: Slot, **facts: object) -> Progress:
    start = Split(50, 50).shifted_to(candidate, 0)
    plan = RampPlan(("web",), candidate, start, WEIGHTS)
    return Progress("r", plan, LeaseHolder("a", "h", 1), {}, {}, **facts)  # pyright: ignore[reportArgumentType]


@st.composite
def facts(draw: st.DrawFn) -> dict[str, object]:
    """What can be known of a ramp at one moment."""
    verified = draw(st.integers(0, 3))
    return {
        "verified": verified,
        "passed": draw(st.integers(max(0, verified - 1), verified)),
        "capacity": draw(st.integers(verified, 3)),
        "has_started": draw(st.booleans()) or verified > 0,
        "has_moved": draw(st.booleans()) or verified > 0,
        "has_floors": draw(st.booleans()),
        "is_held": draw(st.booleans()),
        "is_released": draw(st.booleans()),
        "back": draw(st.sampled_from([None, "a gate failed"])),
    }


@given(facts(), splits)
def test_a_rule_at_a_split_that_the_ramp_cannot_have_left_is_for_a_person(
    known: dict[str, object], live: Split
) -> None:
    progress = progress_of(Slot.SECOND, **known)

    step = next_step(progress, {"web": live})

    assert isinstance(step, AskPerson) == (live not in expected_splits(progress))


@given(facts())
def test_no_weight_rises_before_the_gates_let_the_stage_before_pass(
    known: dict[str, object],
) -> None:
    progress = progress_of(Slot.SECOND, **known)

    step = next_step(progress, {"web": progress.plan.stage(progress.verified).split})

    if isinstance(step, Shift):
        assert progress.has_started
        assert progress.passed == progress.verified == step.stage.number - 1
        assert progress.back is None


@given(facts())
def test_a_ramp_that_goes_back_does_nothing_but_go_back(known: dict[str, object]) -> None:
    progress = progress_of(Slot.SECOND, **(known | {"back": "a gate failed"}))

    step = next_step(progress, {"web": progress.plan.stage(progress.verified).split})

    if progress.has_moved:
        assert isinstance(step, RollBack)
        assert step.to == progress.plan.start
    else:
        assert not isinstance(step, Shift)


@given(facts(), splits)
def test_mirrored_slots_mirror_the_step(known: dict[str, object], live: Split) -> None:
    one = next_step(progress_of(Slot.SECOND, **known), {"web": live})
    other = next_step(progress_of(Slot.FIRST, **known), {"web": mirrored(live)})

    assert type(one) is type(other)
    if isinstance(one, Shift) and isinstance(other, Shift):
        assert mirrored(one.stage.split) == other.stage.split


@given(facts())
def test_a_ramp_that_is_over_has_no_next_step(known: dict[str, object]) -> None:
    progress = progress_of(Slot.SECOND, **(known | {"outcome": RampOutcome.DONE}))

    assert next_step(progress, {}) == Finish(RampOutcome.DONE)
