"""Pure decisions: who is terminated, what a refresh does next, what a clock says of health."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rehearsal.control_plane.autoscaling.refresh import (
    Preferences,
    Replaceable,
    capacity_bounds,
    next_step,
)
from rehearsal.control_plane.autoscaling.termination import (
    POLICIES,
    Candidate,
    chosen_for_termination,
)
from rehearsal.control_plane.images import NEVER_HEALTHY
from rehearsal.control_plane.targets import CheckedTarget, ClockHealth, HealthState

NOW = 100_000.0

candidates = st.lists(
    st.builds(
        Candidate,
        instance_id=st.uuids().map(lambda u: f"i-{u.hex[:17]}"),
        zone=st.sampled_from(["a", "b", "c"]),
        launched_at=st.integers(0, 99_999).map(float),
        template_age=st.tuples(st.just(0.0), st.integers(1, 4)),
        is_protected=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda c: c.instance_id,
)
policies = st.lists(st.sampled_from(sorted(POLICIES)), min_size=1, max_size=3)


@given(candidates, policies, st.integers(0, 12))
def test_no_protected_instance_is_chosen_and_no_more_than_asked_for(
    members: list[Candidate], names: list[str], count: int
) -> None:
    chosen = chosen_for_termination(members, names, count, NOW)

    unprotected = [c.instance_id for c in members if not c.is_protected]
    assert len(chosen) == len(set(chosen)) == min(count, len(unprotected))
    assert set(chosen) <= set(unprotected)


@given(candidates, policies)
def test_the_first_to_go_is_of_the_fullest_zone_that_has_an_unprotected_one(
    members: list[Candidate], names: list[str]
) -> None:
    chosen = chosen_for_termination(members, names, 1, NOW)

    sizes = Counter(c.zone for c in members)
    open_zones = [sizes[c.zone] for c in members if not c.is_protected]
    zone_of = {c.instance_id: c.zone for c in members}
    assert [sizes[zone_of[i]] for i in chosen] == ([max(open_zones)] if open_zones else [])


@given(candidates.filter(lambda found: len(found) > 0))
def test_within_one_zone_the_oldest_version_goes_first(members: list[Candidate]) -> None:
    in_one_zone = [replace(c, zone="a", is_protected=False) for c in members]

    (first,) = chosen_for_termination(in_one_zone, ["OldestLaunchTemplate"], 1, NOW)

    age = {c.instance_id: c.template_age for c in in_one_zone}
    assert age[first] == min(age.values())


preferences = st.integers(0, 100).flatmap(
    lambda minimum: st.builds(
        Preferences,
        min_healthy_percentage=st.just(minimum),
        max_healthy_percentage=st.none() | st.integers(100, min(200, minimum + 100)),
    )
)
replaceables = st.lists(st.booleans(), max_size=8)


def instances(prefix: str, ready: list[bool]) -> list[Replaceable]:
    return [Replaceable(f"{prefix}{i}", is_ready) for i, is_ready in enumerate(ready)]


@given(st.integers(1, 20), preferences)
def test_within_the_bounds_at_least_one_instance_can_be_replaced(
    desired: int, asked: Preferences
) -> None:
    lower, upper = capacity_bounds(desired, asked)

    assert 0 <= lower <= desired <= upper
    assert lower < desired or upper > desired


@given(st.integers(1, 10), preferences, replaceables, replaceables)
def test_a_step_takes_no_ready_instance_that_the_minimum_needs(
    desired: int, asked: Preferences, old: list[bool], new: list[bool]
) -> None:
    step = next_step(desired, asked, instances("o", old), instances("n", new))

    lower, _ = capacity_bounds(desired, asked)
    ready = sum(old) + sum(new)
    taken = sum(is_ready for i, is_ready in enumerate(old) if f"o{i}" in step.terminate)
    assert ready - taken >= min(ready, lower)


@given(st.integers(1, 10), preferences, replaceables, replaceables)
def test_a_step_launches_no_more_than_the_maximum_and_the_desired_capacity_allow(
    desired: int, asked: Preferences, old: list[bool], new: list[bool]
) -> None:
    step = next_step(desired, asked, instances("o", old), instances("n", new))

    _, upper = capacity_bounds(desired, asked)
    left = len(old) - len(step.terminate) + len(new)
    assert step.launch == 0 or left + step.launch <= upper
    assert step.launch == 0 or len(new) + step.launch <= desired


@given(st.integers(1, 12), preferences)
def test_a_refresh_of_instances_that_become_ready_ends_with_new_ones_only(
    desired: int, asked: Preferences
) -> None:
    old, new = instances("o", [True] * desired), list[Replaceable]()
    rounds = 0

    while old:
        step = next_step(desired, asked, old, new)
        assert step.launch or step.terminate or any(not r.is_ready for r in new)
        old = [r for r in old if r.instance_id not in step.terminate]
        new = [replace(r, is_ready=True) for r in new]
        new += [Replaceable(f"n{len(new) + i}", False) for i in range(step.launch)]
        rounds += 1
        assert rounds < 100
    assert len(new) + next_step(desired, asked, old, new).launch == desired


def target(**changes: object) -> CheckedTarget:
    usual = CheckedTarget(
        target_group_arn="arn",
        target_id="i-1",
        port=80,
        checks_begin=10.0,
        launched_at=10.0,
        build="v1",
        interval_seconds=10,
        unhealthy_threshold=2,
    )
    return replace(usual, **changes)


def states(checked: CheckedTarget, *moments: float) -> list[HealthState]:
    source = ClockHealth(boot_seconds=2.0, first_check_seconds=0.5)
    return [source.health_of(checked, moment).state for moment in moments]


def test_a_booting_instance_becomes_healthy_when_its_boot_is_over() -> None:
    assert states(target(), 11.9, 12.0) == [HealthState.INITIAL, HealthState.HEALTHY]


def test_an_instance_that_runs_already_needs_one_check() -> None:
    assert states(target(launched_at=0.0), 10.4, 10.5) == [
        HealthState.INITIAL,
        HealthState.HEALTHY,
    ]


def test_a_build_that_is_never_healthy_turns_unhealthy_by_the_threshold() -> None:
    checked = target(build=NEVER_HEALTHY)

    assert states(checked, 29.9, 30.0, 1e9) == [
        HealthState.INITIAL,
        HealthState.UNHEALTHY,
        HealthState.UNHEALTHY,
    ]


def test_a_boot_longer_than_the_failed_checks_allow_is_unhealthy_in_between() -> None:
    source = ClockHealth(boot_seconds=60.0)

    seen = [source.health_of(target(), moment).state for moment in (15.0, 40.0, 71.0)]

    assert seen == [HealthState.INITIAL, HealthState.UNHEALTHY, HealthState.HEALTHY]
