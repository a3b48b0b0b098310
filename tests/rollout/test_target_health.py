from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rollout.observation import LiveRule, LiveService, LiveSlot, Target
from rollout.split import Slot
from rollout.target_health import RampCounts, TargetHealth, judged_target_health
from rollout.verdict import Outcome
from tests.fleets.made import group_of

ORDER = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
"""From the worst to the best."""


def slot_of(
    healthy: int, desired: int, others: str = "initial", *, draining: int = 0, unseen: int = 0
) -> LiveSlot:
    """A slot whose group wants `desired`; all but `healthy` are `others`, but for the `unseen`."""
    states = ["healthy"] * healthy + [others] * max(0, desired - healthy - unseen)
    states += ["draining"] * draining
    found = tuple(Target(f"i-{number}", state) for number, state in enumerate(states))
    fleet = group_of("group", desired, 0, 99)
    return LiveSlot("arn", found, fleet.kind, fleet)


def service_of(candidate: LiveSlot, stable: LiveSlot, which: Slot = Slot.SECOND) -> LiveService:
    return LiveService(LiveRule("web", "arn", 50, 50), {which: candidate, which.other: stable})


def judged(candidate: LiveSlot, stable: LiveSlot, weight: int, counted: RampCounts) -> TargetHealth:
    return judged_target_health(service_of(candidate, stable), Slot.SECOND, weight, counted)


def outcome(candidate: LiveSlot, stable: LiveSlot, weight: int, counted: RampCounts) -> Outcome:
    return judged(candidate, stable, weight, counted).outcome


@pytest.mark.parametrize(
    ("weight", "candidate", "stable", "counted"),
    [
        (25, slot_of(2, 2), slot_of(6, 9), RampCounts(6, 2, 6)),
        (25, slot_of(2, 2), slot_of(9, 9), RampCounts(6, 2, 6)),
        (50, slot_of(3, 3), slot_of(6, 8), RampCounts(6, 3, 6)),
        (50, slot_of(3, 7), slot_of(6, 6), RampCounts(6, 3, 6)),
        (50, slot_of(3, 7, unseen=4), slot_of(6, 6), RampCounts(6, 3, 6)),
        (100, slot_of(6, 8), slot_of(6, 6), RampCounts(6, 6, 6)),
        (100, slot_of(6, 8), slot_of(2, 2), RampCounts(6, 6, None)),
    ],
)
def test_a_service_that_scales_out_in_mid_ramp_passes(
    weight: int, candidate: LiveSlot, stable: LiveSlot, counted: RampCounts
) -> None:
    assert outcome(candidate, stable, weight, counted) is Outcome.PASS


@pytest.mark.parametrize("size", [2, 3, 6, 12])
@pytest.mark.parametrize("others", ["initial", "unhealthy", "unused"])
def test_one_instance_that_is_replaced_at_full_weight_holds_and_does_not_fail(
    size: int, others: str
) -> None:
    counted = RampCounts(size, size, size)

    found = judged(slot_of(size - 1, size, others, draining=1), slot_of(size, size), 100, counted)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "1 draining" in found.reason


def test_one_that_is_replaced_while_the_group_grows_holds_and_does_not_fail() -> None:
    assert outcome(slot_of(5, 8), slot_of(6, 6), 100, RampCounts(6, 6, 6)) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("weight", "candidate", "counted"),
    [
        (50, slot_of(1, 3, "unhealthy"), RampCounts(3, 3, 3)),
        (50, slot_of(2, 6, unseen=4), RampCounts(6, 6, 6)),
        (100, slot_of(4, 6), RampCounts(6, 6, 6)),
        (100, slot_of(4, 9), RampCounts(6, 6, 6)),
        (75, slot_of(3, 3), RampCounts(6, 5, 6)),
    ],
)
def test_a_candidate_whose_healthy_capacity_fell_below_its_share_fails(
    weight: int, candidate: LiveSlot, counted: RampCounts
) -> None:
    assert outcome(candidate, slot_of(6, 6), weight, counted) is Outcome.FAIL


def test_two_of_three_at_half_the_traffic_hold() -> None:
    found = outcome(slot_of(2, 3, "unhealthy"), slot_of(3, 3), 50, RampCounts(3, 3, 3))

    assert found is Outcome.INCONCLUSIVE


def test_an_idle_slot_whose_targets_still_boot_holds() -> None:
    assert outcome(slot_of(0, 3), slot_of(3, 3), 0, RampCounts(3, 3, 3)) is Outcome.INCONCLUSIVE


def test_new_instances_that_fail_their_health_checks_hold() -> None:
    found = judged(slot_of(3, 5, "unhealthy"), slot_of(6, 6), 50, RampCounts(6, 3, 6))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "slot 02 has 3 healthy of 5 desired targets (i-3 unhealthy, i-4 unhealthy)" in str(
        found.reason
    )


def test_a_stable_slot_that_was_scaled_in_holds() -> None:
    found = judged(slot_of(3, 3), slot_of(1, 1), 50, RampCounts(3, 3, 3))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "slot 01 has 1 healthy targets and had 3 when the ramp began" in found.reason


def test_the_reason_names_the_targets_that_are_not_healthy_and_counts_the_draining_ones() -> None:
    found = judged(
        slot_of(0, 1, "unhealthy", draining=2), slot_of(1, 1), 10, RampCounts(1, 1, None)
    )

    assert found.reason == "web: slot 02 has no healthy target (i-0 unhealthy; 2 draining)"
    assert found.numbers["web.02.draining"] == 2


def test_a_slot_that_grows_is_told_with_how_many_boot() -> None:
    found = judged(slot_of(3, 7), slot_of(6, 6), 50, RampCounts(6, 3, 6))

    assert found.reason == "web: slot 02: 3 healthy, 4 more booting; slot 01: 6 healthy"


sizes = st.integers(0, 20)
states = st.sampled_from(["initial", "unhealthy", "unused", "unavailable", "unhealthy.draining"])
slots = st.builds(
    slot_of, sizes, sizes, states, draining=st.integers(0, 3), unseen=st.integers(0, 3)
)
weights = st.integers(0, 100)
counts = st.builds(RampCounts, sizes, sizes, st.none() | sizes)


@given(slots, slots, weights, counts)
def test_mirroring_the_slots_mirrors_the_verdict(
    candidate: LiveSlot, stable: LiveSlot, weight: int, counted: RampCounts
) -> None:
    found = [
        judged_target_health(service_of(candidate, stable, which), which, weight, counted)
        for which in Slot
    ]

    assert found[0].outcome is found[1].outcome
    swapped = found[1].reason.replace("01", "x").replace("02", "01").replace("x", "02")
    assert found[0].reason == swapped


@given(slots, slots, weights, counts, st.sampled_from(Slot), st.integers(1, 5))
def test_more_healthy_targets_never_make_a_verdict_worse(
    candidate: LiveSlot, stable: LiveSlot, weight: int, counted: RampCounts, which: Slot, more: int
) -> None:
    def healthier(slot: LiveSlot) -> LiveSlot:
        left = [t for t in slot.targets if t.state != "healthy"][more:]
        known = [t for t in slot.targets if t.state == "healthy"]
        added = [Target(f"n-{number}", "healthy") for number in range(more)]
        return replace(slot, targets=(*known, *added, *left))

    before = outcome(candidate, stable, weight, counted)
    if which is Slot.SECOND:
        after = outcome(healthier(candidate), stable, weight, counted)
    else:
        after = outcome(candidate, healthier(stable), weight, counted)

    assert ORDER.index(after) >= ORDER.index(before)


@given(slots, slots, weights, counts, st.integers(0, 20), st.integers(0, 20))
def test_a_group_that_only_wants_more_never_fails(
    candidate: LiveSlot, stable: LiveSlot, weight: int, counted: RampCounts, ours: int, theirs: int
) -> None:
    def wanting(slot: LiveSlot, more: int) -> LiveSlot:
        assert slot.fleet is not None
        return replace(slot, fleet=replace(slot.fleet, desired=slot.fleet.desired + more))

    before = outcome(candidate, stable, weight, counted)
    after = outcome(wanting(candidate, ours), wanting(stable, theirs), weight, counted)

    assert (after is Outcome.FAIL) is (before is Outcome.FAIL)


@given(slots, slots, weights, counts)
def test_a_candidate_with_all_that_it_was_brought_to_healthy_never_fails(
    candidate: LiveSlot, stable: LiveSlot, weight: int, counted: RampCounts
) -> None:
    assume(len(candidate.healthy) >= max(1, counted.candidate))

    assert outcome(candidate, stable, weight, counted) is not Outcome.FAIL


@given(st.integers(0, 10), st.integers(1, 100), st.integers(0, 10))
def test_a_live_slot_without_a_healthy_target_fails_since_it_fails_open(
    desired: int, weight: int, brought: int
) -> None:
    counted = RampCounts(brought, brought, None)

    assert outcome(slot_of(0, desired), slot_of(3, 3), weight, counted) is Outcome.FAIL


@given(sizes, sizes, weights, counts, st.integers(0, 5))
def test_draining_targets_change_no_verdict(
    healthy: int, desired: int, weight: int, counted: RampCounts, draining: int
) -> None:
    without, beside = slot_of(healthy, desired), slot_of(healthy, desired, draining=draining)

    assert outcome(beside, without, weight, counted) is outcome(without, beside, weight, counted)
