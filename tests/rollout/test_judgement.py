from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleets.auto_scaling_group.launch import parts_of
from rollout.fleet import FleetMember, Template
from rollout.guard_case import GuardCase, GuardRules, Memory
from rollout.judgement import Decision, Judgement, judged
from rollout.messages import notices, wait_failed
from rollout.objection import Subject
from rollout.observation import LiveRule, Target
from rollout.split import Slot, Split, next_weight
from tests.fleets.made import revision
from tests.rollout.guard_cases import (
    POLLS,
    RULES,
    START,
    case,
    cases,
    group,
    mirrored,
    slot_of,
    splits,
    stage_lists,
    with_live,
    with_wanted,
)

FIRST, SECOND = Slot


def judge(*known: GuardCase, rules: GuardRules = RULES, polls: int = POLLS) -> Judgement:
    return judged(known, rules, polls)


def decision(*known: GuardCase, rules: GuardRules = RULES, polls: int = POLLS) -> Decision:
    return judge(*known, rules=rules, polls=polls).decision


def subjects(*known: GuardCase, rules: GuardRules = RULES) -> list[Subject]:
    judgement = judge(*known, rules=rules)
    return [objection.subject for found in judgement.services for objection in found.objections]


def told(*known: GuardCase) -> str:
    return "\n".join(map(str, notices(judge(*known), None, is_preview=True)))


@pytest.mark.parametrize(
    ("live", "wanted", "newer", "expected"),
    [
        ("100/0", "90/10", SECOND, Decision.PASSES),
        ("100/0", "50/50", SECOND, Decision.REFUSED),
        ("100/0", "75/25", SECOND, Decision.REFUSED),
        ("50/50", "75/25", SECOND, Decision.PASSES),
        ("50/50", "100/0", SECOND, Decision.PASSES),
        ("50/50", "25/75", SECOND, Decision.PASSES),
        ("50/50", "0/100", SECOND, Decision.REFUSED),
        ("0/100", "10/90", FIRST, Decision.PASSES),
        ("0/100", "25/75", FIRST, Decision.REFUSED),
        ("10/90", "25/75", FIRST, Decision.PASSES),
        ("25/75", "50/50", FIRST, Decision.PASSES),
        ("50/50", "100/0", FIRST, Decision.REFUSED),
        ("50/50", "0/100", FIRST, Decision.PASSES),
        ("50/50", "75/25", None, Decision.PASSES),
        ("50/50", "25/75", None, Decision.PASSES),
        ("50/50", "100/0", None, Decision.REFUSED),
        ("60/40", "50/50", SECOND, Decision.PASSES),
        ("60/40", "60/40", SECOND, Decision.PASSES),
    ],
)
def test_weight_goes_up_by_the_next_stage_and_back_freely(
    live: str, wanted: str, newer: Slot | None, expected: Decision
) -> None:
    assert decision(case(live, wanted, newer)) is expected


def test_the_stages_of_the_config_are_the_ones_that_count() -> None:
    rules = replace(RULES, stages=(5, 25, 50, 100))

    assert decision(case("100/0", "95/5"), rules=rules) is Decision.PASSES
    assert decision(case("100/0", "90/10"), rules=rules) is Decision.REFUSED
    assert "next stage is 95/5" in str(judge(case("100/0", "90/10"), rules=rules))


def test_the_configured_candidate_counts_before_what_was_released_last() -> None:
    rules = replace(RULES, candidate=FIRST)

    assert decision(case("50/50", "0/100", SECOND), rules=rules) is Decision.PASSES
    assert decision(case("50/50", "100/0", SECOND), rules=rules) is Decision.REFUSED


def test_builds_that_were_made_with_their_slots_leave_the_lighter_slot_as_the_candidate() -> None:
    known = case("90/10", "50/50")
    for slot, seconds in ((FIRST, 3), (SECOND, 0)):
        found = revision(f"ami-{slot}", START + timedelta(seconds=seconds), is_first=True)
        known = with_live(known, slot, fleet=group(slot, revision=found))

    assert judge(known).services[0].candidate is SECOND


@given(cases(), stage_lists, st.integers(0, 4), st.sampled_from([None, FIRST, SECOND]))
def test_there_is_exactly_one_decision_and_mirroring_the_slots_mirrors_it(
    known: GuardCase, stages: tuple[int, ...], polls: int, candidate: Slot | None
) -> None:
    rules = replace(RULES, stages=stages, candidate=candidate)
    other = replace(rules, candidate=None if candidate is None else candidate.other)

    found, reflected = (
        judge(known, rules=rules, polls=polls),
        judge(mirrored(known), rules=other, polls=polls),
    )

    assert found.decision in Decision
    assert reflected.decision is found.decision
    if found.services[0].split is not None and found.services[0].split.slot_01 != 50:
        assert sorted(o.subject for o in found.services[0].objections) == sorted(
            o.subject for o in reflected.services[0].objections
        )


@given(cases())
def test_the_way_back_waits_for_nothing_and_is_stopped_by_nothing_but_a_dead_slot(
    known: GuardCase,
) -> None:
    (found,) = judge(known, polls=0).services
    of_weights = {Subject.STAGE, Subject.READINESS, Subject.DEAD}
    against = {objection.subject for objection in found.objections} & of_weights

    if found.is_back and found.rising is not None:
        live = known.live.slots
        is_dead = not live[found.rising].healthy and bool(live[found.rising.other].healthy)
        assert against == ({Subject.DEAD} if is_dead else set())


@given(stage_lists, st.sampled_from(Slot))
def test_a_ramp_of_the_stages_in_order_passes_all_the_way(
    stages: tuple[int, ...], candidate: Slot
) -> None:
    rules, split = replace(RULES, stages=stages), Split(100, 0).shifted_to(candidate, 0)

    while (weight := next_weight(stages, split.weight_of(candidate))) is not None:
        wanted = split.shifted_to(candidate, weight)
        assert decision(case(str(split), str(wanted), candidate), rules=rules) is Decision.PASSES
        split = wanted

    assert split.weight_of(candidate) == 100


@given(splits, splits)
def test_nothing_passes_onto_a_slot_without_a_healthy_target_while_the_other_lives(
    live: Split, wanted: Split
) -> None:
    rising = FIRST if wanted.slot_01 > live.slot_01 else SECOND
    known = case(str(live), str(wanted), healthy={rising: 0})

    passes = decision(known) is Decision.PASSES

    assert passes == (live == wanted)


def test_when_both_slots_are_dead_the_way_back_is_open() -> None:
    known = case("50/50", "100/0", healthy={FIRST: 0, SECOND: 0})

    assert decision(known) is Decision.PASSES


def test_a_target_that_is_not_healthy_yet_is_waited_for_by_name() -> None:
    known = case("100/0", "90/10", healthy={SECOND: 2})

    assert decision(known) is Decision.WAITS
    assert told(known) == (
        "judgement: will wait: web: 100/0 -> 90/10: for 1 of 3 targets of web-02: i-02-2 unhealthy"
    )


def test_a_target_that_is_not_registered_yet_is_waited_for() -> None:
    known = case("100/0", "90/10")
    known = with_live(known, SECOND, targets=known.live.slots[SECOND].targets[:2])

    assert "for 1 of 3 targets of web-02: 1 not registered yet" in told(known)


def test_an_instance_on_an_old_build_is_waited_for() -> None:
    its = group(SECOND)
    old = FleetMember("i-old", "InService", Template("lt-02", "1"))
    known = with_live(
        case("100/0", "90/10"), SECOND, fleet=replace(its, members=(*its.members[1:], old))
    )

    assert decision(known) is Decision.WAITS
    assert "i-old runs version 1" in told(known)


def test_capacity_that_does_not_fit_the_share_is_waited_for_and_the_fix_is_shown() -> None:
    known = case("75/25", "50/50")
    known = with_live(known, SECOND, fleet=(small := group(SECOND, 1, 1.0)), targets=())
    known = with_live(known, SECOND, targets=slot_of(SECOND, small).targets)

    assert decision(known) is Decision.WAITS
    expected = "for 1 more instance of web-02: its group wants 1, and 50 % of the traffic needs 2"
    assert expected in told(known)
    assert "pulumi config set --path 'failover:capacity.web.floors[\"02\"]' 2" in told(known)


def test_a_slot_must_be_ready_in_as_many_polls_as_the_config_says() -> None:
    known = case("100/0", "90/10")

    assert [decision(known, polls=polls) for polls in range(5)] == [
        Decision.WAITS,
        Decision.WAITS,
        Decision.WAITS,
        Decision.PASSES,
        Decision.PASSES,
    ]


def test_the_refusal_of_one_service_moves_none() -> None:
    good = case("100/0", "90/10")
    bad = case("100/0", "50/50")

    judgement = judge(good, bad)

    assert judgement.decision is Decision.REFUSED
    assert "all services move together or not at all\n  fix: pulumi config set weights" in told(
        good, bad
    )


def test_a_wait_that_fails_says_how_to_put_the_old_value_back() -> None:
    judgement = judge(case("100/0", "90/10", healthy={SECOND: 2}), case("100/0", "90/10"))

    first, second = wait_failed(judgement, "not within 5 s")

    assert first.text.startswith("not within 5 s; it waited for 1 of 3 targets of web-02")
    assert "web waits for 1 of 3 targets of web-02" in second.text
    for notice in (first, second):
        assert notice.text.endswith("fix: pulumi config set weights 100/0")


@pytest.mark.parametrize(
    ("live", "slot", "change", "expected"),
    [
        ("75/25", FIRST, {"parts": parts_of("ami-new", "data", "m7i.large")}, [Subject.BUILD]),
        ("75/25", SECOND, {"parts": parts_of("ami-new", "data", "m7i.large")}, [Subject.BUILD]),
        ("100/0", SECOND, {"parts": parts_of("ami-new", "data", "m7i.large")}, []),
        ("50/50", FIRST, {"parts": parts_of("ami-01", "other", "m7i.large")}, [Subject.BUILD]),
        ("50/50", FIRST, {"parts": parts_of("ami-01", "data", "m7i.xlarge")}, [Subject.BUILD]),
        ("50/50", FIRST, {"least": 5}, []),
        ("50/50", FIRST, {"least": 2}, [Subject.CAPACITY]),
        ("100/0", SECOND, {"least": 0}, []),
        ("50/50", FIRST, {"most": 6}, []),
        ("50/50", FIRST, {"most": 2}, [Subject.CAPACITY]),
        ("50/50", FIRST, {"target_group": "another"}, [Subject.TARGET_GROUP]),
        ("0/100", FIRST, {"target_group": "another"}, []),
        ("50/50", FIRST, {"name": "another"}, [Subject.BUILD]),
        ("0/100", FIRST, {"name": "another"}, []),
    ],
)
def test_a_live_slot_is_not_rebuilt_and_an_idle_one_is_free(
    live: str, slot: Slot, change: dict[str, object], expected: list[Subject]
) -> None:
    known = with_wanted(case(live, live), slot, **change)

    assert subjects(known) == expected


def test_a_min_that_a_ramp_held_may_fall_back_to_what_the_team_set() -> None:
    held = group(SECOND, 6, least=6, floor=6)
    known = with_live(
        case("0/100", "0/100"), SECOND, fleet=held, targets=slot_of(SECOND, held).targets
    )

    assert subjects(known) == []
    assert subjects(with_live(known, SECOND, fleet=replace(held, floor=0))) == [Subject.CAPACITY]


def test_a_build_and_the_weight_that_raises_it_are_two_updates() -> None:
    known = with_wanted(
        case("100/0", "90/10"), SECOND, parts=parts_of("ami-new", "data", "m7i.large")
    )

    assert subjects(known) == [Subject.RELEASE]


def test_one_update_releases_onto_one_slot_across_all_services() -> None:
    new = parts_of("ami-new", "data", "m7i.large")
    web, portal = case("100/0", "100/0"), case("0/100", "0/100")
    portal = replace(portal, wanted=replace(portal.wanted, name="portal"))
    both = with_wanted(web, SECOND, parts=new), with_wanted(portal, FIRST, parts=new)

    assert set(subjects(*both)) == {Subject.RELEASE}
    assert subjects(both[0], portal) == []


@pytest.mark.parametrize(
    ("live", "wanted", "state", "left", "expected"),
    [
        ("60/40", "75/25", "75/25", "75/25", [Subject.OUT_OF_BAND_CHANGE]),
        ("60/40", "75/25", "60/40", "75/25", [Subject.OUT_OF_BAND_CHANGE]),
        ("60/40", "50/50", "75/25", "75/25", [Subject.OUT_OF_BAND_CHANGE]),
        ("60/40", "50/50", "60/40", "75/25", []),
        ("60/40", "60/40", "75/25", "75/25", []),
        ("60/40", "60/40", "60/40", "75/25", []),
        ("60/40", "100/0", "75/25", "75/25", []),
        ("60/40", "100/0", "100/0", "100/0", [Subject.OUT_OF_BAND_CHANGE]),
        ("60/40", "75/25", "90/10", "90/10", [Subject.OUT_OF_BAND_CHANGE]),
        ("60/40", "75/25", "60/40", "90/10", []),
        ("40/60", "75/25", "50/50", "50/50", []),
    ],
)
def test_a_rule_that_somebody_else_changed_is_reported_until_it_is_decided(
    live: str, wanted: str, state: str, left: str, expected: list[Subject]
) -> None:
    memory = Memory(Split.parse(state), Split.parse(left))

    found = [s for s in subjects(case(live, wanted, memory=memory)) if s is not Subject.STAGE]

    assert found == expected


def test_what_somebody_else_moved_is_kept_without_moving_the_services_beside_it() -> None:
    moved = case("60/40", "75/25", memory=Memory(Split(90, 10), Split(90, 10)))
    beside = case("90/10", "75/25", memory=Memory(Split(90, 10), Split(90, 10)))

    (service, _) = judge(moved, beside).services

    assert service.objections[0].text.splitlines()[1:] == [
        "  fix: pulumi config set --path 'failover:services.web.weights' 60/40 && pulumi up"
        "   # keeps the live weights",
        "  or: pulumi config set override REASON && pulumi up --refresh   # back to 75/25",
    ]


def test_the_way_back_of_an_interrupted_update_is_not_a_change_outside_pulumi() -> None:
    live, left = Split(75, 25), Split(100, 0)

    told = subjects(case("75/25", "100/0", memory=Memory(live, left, last_intended=live)))
    untold = subjects(case("75/25", "100/0", memory=Memory(live, left)))

    assert (told, untold) == ([], [Subject.OUT_OF_BAND_CHANGE])


def test_an_update_that_was_cut_short_in_the_middle_of_a_rule_is_refreshed_first() -> None:
    live, left = Split(75, 25), Split(100, 0)
    known = case("75/25", "100/0", memory=Memory(left, left, last_intended=live))

    (service,) = judged([known], RULES, POLLS).services

    assert [o.subject for o in service.objections] == [Subject.OUT_OF_BAND_CHANGE]
    assert "fix: pulumi refresh && pulumi up" in service.objections[0].text
    assert "Someone else" not in service.objections[0].text


def test_a_live_service_is_not_removed_but_by_an_override() -> None:
    removed = replace(case("75/25", "75/25"), is_removed=True)
    other = replace(case("75/25", "75/25"), wanted=replace(removed.wanted, name="portal"))

    refused = judged([other, removed], RULES, POLLS)
    allowed = judged([other, removed], replace(RULES, override="it moved"), POLLS)

    assert subjects(removed) == [Subject.REMOVAL]
    assert (refused.decision, allowed.decision) == (Decision.REFUSED, Decision.PASSES)


@pytest.mark.parametrize("change", [{"parts": None}, {"is_target_group_ours": False}])
def test_what_a_live_slot_stands_on_may_not_be_called_existing_and_so_be_deleted(
    change: dict[str, Any],
) -> None:
    known = case("100/0", "100/0")
    known = replace(known, memory=replace(known.memory, slots=known.wanted.slots))

    live = subjects(with_wanted(known, FIRST, **change))
    idle = subjects(with_wanted(known, SECOND, **change))

    assert (live, idle) == ([Subject.TARGET_GROUP], [])


@pytest.mark.parametrize(
    "rule",
    [
        LiveRule("web", "arn:rule", 0, 0),
        LiveRule("web", "arn:rule", 75, 25, ("arn:third",)),
        LiveRule("web", "arn:rule", 0, 0, ("redirect",)),
    ],
)
def test_a_rule_that_has_no_split_is_reported_whatever_is_wanted(rule: LiveRule) -> None:
    known = case("75/25", "75/25")
    known = replace(known, live=replace(known.live, rule=rule))

    assert subjects(known) == [Subject.OUT_OF_BAND_CHANGE]


@pytest.mark.parametrize(
    ("weights", "split"), [((1, 0), "100/0"), ((0, 1), "0/100"), ((3, 1), "75/25")]
)
def test_a_single_forward_counts_as_all_and_other_weights_as_shares(
    weights: tuple[int, int], split: str
) -> None:
    assert LiveRule("web", "arn:rule", *weights).split == Split.parse(split)


def test_an_override_lets_one_thing_through_and_no_second_one() -> None:
    rules = replace(RULES, override="the data centre burns")
    skipped = case("100/0", "50/50")
    skipped_unfit = case("100/0", "50/50", healthy={SECOND: 1})
    skipped_rebuilt = with_wanted(skipped, FIRST, parts=parts_of("ami-new", "data", "m7i.large"))

    assert decision(skipped, rules=rules) is Decision.PASSES
    assert decision(skipped_unfit, rules=rules) is Decision.WAITS
    assert decision(skipped_rebuilt, rules=rules) is Decision.REFUSED
    assert decision(case("100/0", "90/10", healthy={SECOND: 1}), rules=rules) is Decision.PASSES


@given(cases())
def test_an_override_never_makes_a_decision_stricter(known: GuardCase) -> None:
    weight = [Decision.PASSES, Decision.WAITS, Decision.REFUSED].index
    without = decision(known)

    with_it = decision(known, rules=replace(RULES, override="because"))

    assert weight(with_it) <= weight(without)


def test_an_override_is_shown_until_it_is_removed() -> None:
    judgement = judge(case("75/25", "75/25"))

    (notice,) = notices(judgement, "because", is_preview=True)

    assert str(notice).startswith("judgement: override: all services: one refusal: ")
    assert notice.text.endswith("pulumi config rm override")


def test_draining_targets_are_told_apart_and_are_not_counted() -> None:
    known = case("90/10", "75/25")
    targets = known.live.slots[SECOND].targets
    draining = tuple(Target(f"d-{number}", "draining") for number in range(3))
    known = with_live(known, SECOND, targets=(*targets, *draining))

    assert "3 of 3 targets of web-02 are healthy, 3 more draining" in told(known)
