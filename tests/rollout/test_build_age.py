"""What is said of a build that is older than the one of the other slot."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.build_age import BuildAge, build_on
from rollout.guard_case import GuardCase, GuardRules
from rollout.judgement import judged
from rollout.messages import notices
from rollout.split import Slot
from tests.fleets.made import revision
from tests.rollout.guard_cases import (
    POLLS,
    RULES,
    START,
    case,
    cases,
    group,
    mirrored,
    of_one_age,
    with_live,
)

FIRST, SECOND = Slot
BACK = {BuildAge.OLDER: BuildAge.NEWER, BuildAge.NEWER: BuildAge.OLDER}
NAMES = {"ami-01": "v1", "ami-02": "v2"}


def told(known: GuardCase, rules: GuardRules = RULES) -> str:
    return "\n".join(map(str, notices(judged([known], rules, POLLS), None, is_preview=True)))


def released(known: GuardCase, slot: Slot, image_id: str, hours: float) -> GuardCase:
    found = revision(image_id, START + timedelta(hours=hours))
    return with_live(known, slot, fleet=group(slot, revision=found))


@given(cases(), st.sampled_from(Slot))
def test_one_slot_is_as_much_older_as_the_other_is_newer_and_mirroring_mirrors_it(
    known: GuardCase, slot: Slot
) -> None:
    age = build_on(known.live, slot).age

    assert build_on(known.live, slot.other).age is BACK.get(age, age)
    assert build_on(mirrored(known).live, slot.other).age is age


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("v1", 1), ("v2", 2), BuildAge.OLDER),
        (("v1", 3), ("v2", 2), BuildAge.NEWER),
        (("v2", 3), ("v2", 2), BuildAge.SAME),
        (("v2", 2), ("v2", 2), BuildAge.SAME),
        (("v1", 2), ("v2", 2), BuildAge.UNKNOWN),
    ],
)
def test_older_is_another_build_that_was_released_earlier(
    first: tuple[str, float], second: tuple[str, float], expected: BuildAge
) -> None:
    known = released(released(case("0/100", "0/100"), FIRST, *first), SECOND, *second)

    assert build_on(known.live, FIRST).age is expected


def test_images_that_the_config_gives_one_name_are_one_build() -> None:
    live = case("0/100", "0/100").live

    assert build_on(live, FIRST, {"ami-01": "v2", "ami-02": "v2"}).age is BuildAge.SAME
    assert build_on(live, FIRST, {"ami-01": "v1", "ami-02": "v2"}).age is BuildAge.OLDER
    assert build_on(live, FIRST, {"ami-02": "v2"}).age is BuildAge.OLDER


@pytest.mark.parametrize("gone", [{"fleet": None}, {"fleet": group(FIRST, revision=None)}])
def test_of_a_slot_whose_build_nobody_tells_the_age_is_not_known(gone: dict[str, object]) -> None:
    known = with_live(case("0/100", "0/100"), FIRST, **gone)

    assert build_on(known.live, FIRST).age is BuildAge.UNKNOWN
    assert build_on(known.live, SECOND).age is BuildAge.UNKNOWN


@pytest.mark.parametrize(
    ("live", "wanted", "percent"),
    [("0/100", "50/50", 50), ("25/75", "100/0", 75), ("50/50", "75/25", 25)],
)
def test_the_way_back_to_an_older_build_says_how_many_of_100_get_it(
    live: str, wanted: str, percent: int
) -> None:
    known = case(live, wanted, SECOND)

    assert told(known) == (
        f"judgement: passes: web: {live} -> {wanted}: rollback to slot 01, without waiting; "
        f"{percent} of 100 get the older build ami-01 again; 3 of 3 targets of web-01 are healthy"
    )
    assert f"{percent} of 100 get the older build v1 (ami-01) again" in told(
        known, replace(RULES, build_names=NAMES)
    )


def test_the_same_is_said_with_the_slots_mirrored() -> None:
    assert "50 of 100 get the older build ami-02 again" in told(case("100/0", "50/50", FIRST))


@pytest.mark.parametrize("wanted", ["90/10", "75/25", "100/0"])
def test_the_way_up_to_a_newer_build_says_nothing_of_builds(wanted: str) -> None:
    assert "build" not in told(case("100/0", wanted, SECOND))


def test_a_stage_that_the_config_has_asked_for_towards_an_older_build_says_so_too() -> None:
    rules = replace(RULES, candidate=FIRST)

    assert "the next stage of slot 01; 10 of 100 get the older build ami-01 again" in told(
        case("0/100", "10/90", SECOND), rules
    )


def test_the_way_back_to_a_build_of_unknown_age_says_that_it_is_not_known() -> None:
    known = of_one_age(case("50/50", "100/0"))

    text = told(known, replace(RULES, candidate=SECOND))

    assert "50 of 100 get the build ami-01 instead of ami-02: AWS does not report which" in text


def test_an_older_build_is_never_a_reason_to_refuse_or_to_wait() -> None:
    for live, wanted in (("0/100", "50/50"), ("0/100", "100/0"), ("10/90", "11/89")):
        assert told(case(live, wanted, SECOND)).startswith("judgement: passes: web: ")
