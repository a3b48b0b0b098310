from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.traffic.stage import ChangeInterval, ServiceTraffic, moment_of_change, stage_traffic
from rollout.split import Split
from tests.rehearsal.traffic.answers import OK, answer, drawn, failed

FROM, TO = Split.parse("90/10"), Split.parse("75/25")
BEGAN, SETTLED = 0.0, 6.0


def test_requests_count_for_the_new_split_when_the_up_has_ended() -> None:
    answers = drawn(0.10, 0, 5) + drawn(0.25, 5, 25)

    stage = stage_traffic(answers, ["web"], (FROM, TO), BEGAN, SETTLED)

    (web,) = stage.services
    assert web.requests == 1900
    assert web.on_second == sum(a.slot == "02" for a in answers if a.asked_s >= SETTLED)
    assert stage.problems == []
    assert (stage.requests, stage.failed) == (2500, 0)


def test_requests_count_only_from_when_they_followed_if_that_was_later() -> None:
    answers = drawn(0.10, 0, 12) + drawn(0.25, 12, 25)

    stage = stage_traffic(answers, ["web"], (FROM, TO), BEGAN, SETTLED)

    (web,) = stage.services
    assert web.moved is not None
    assert web.requests == sum(a.asked_s >= web.moved.latest_s for a in answers)
    assert stage.problems == []


def test_traffic_that_does_not_follow_is_a_problem() -> None:
    stage = stage_traffic(drawn(0.10, 0, 25), ["web"], (FROM, TO), BEGAN, SETTLED)

    (problem,) = stage.problems
    assert problem.startswith("web answered ")
    assert problem.endswith("of 1,900 requests on slot 02, configured 25%")
    assert stage.moved_seconds is None


def test_a_request_on_a_slot_without_weight_is_a_problem() -> None:
    full = Split.parse("100/0")
    answers = [*drawn(0.0, 0, 20), answer(10.0, "02")]

    stage = stage_traffic(answers, ["web"], (full, full), BEGAN, BEGAN)

    assert stage.problems == [
        "web answered 0.0% of 2,001 requests on slot 02, configured 0%",
    ]


def test_a_failed_request_is_a_problem_whatever_the_split() -> None:
    answers = [*drawn(0.10, 0, 5), *drawn(0.25, 5, 25), failed(3.0)]

    stage = stage_traffic(answers, ["web"], (FROM, TO), BEGAN, SETTLED)

    assert stage.problems == ["1 requests failed"]


def test_each_service_is_judged_by_its_own_requests() -> None:
    answers = drawn(0.10, 0, 5) + drawn(0.25, 5, 25) + drawn(0.10, 0, 25, "portal")

    stage = stage_traffic(answers, ["portal", "web", "api"], (FROM, TO), BEGAN, SETTLED)

    assert [problem.split()[0] for problem in stage.problems] == ["portal", "api"]
    assert stage.problems[1] == "api answered nothing"


def test_the_change_is_told_from_the_ups_beginning() -> None:
    began = 1_000_000.0
    answers = [replace(a, asked_s=a.asked_s + began) for a in drawn(0, 0, 5) + drawn(0.5, 5, 25)]

    stage = stage_traffic(
        answers, ["web"], (Split.parse("100/0"), Split.parse("50/50")), began, began + 6
    )

    assert stage.moved_seconds == pytest.approx((5.0, 5.0), abs=0.2)


def test_long_requests_and_excluded_ones_say_nothing_of_the_split() -> None:
    beside = [
        replace(OK, asked_s=8.0, slot="02", mode="long"),
        replace(OK, asked_s=8.0, slot="02", mode="websocket"),
        replace(OK, asked_s=8.0, slot=None, verdict="excluded", status=None),
    ]
    full = Split.parse("100/0")

    stage = stage_traffic([*drawn(0, 0, 20), *beside], ["web"], (full, full), BEGAN, BEGAN)

    assert stage.problems == []
    assert stage.requests == 2002


def test_the_share_of_nothing_is_nothing() -> None:
    assert ServiceTraffic("web", TO, 0, 0, None).share == 0.0


shares = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0])
seeds = st.integers(0, 2**32)


def drawn_slots(
    seed: int, before: float, after: float, at: int, number: int = 1500
) -> list[tuple[float, bool]]:
    """One request a second, each drawn by itself; from `at` on by the other share."""
    draw = random.Random(seed)
    return [(float(k), draw.random() < (before if k < at else after)) for k in range(number)]


# So many answers before and after that even 10 % and 25 % are seven deviations apart.
@given(seeds, shares, shares, st.integers(1500, 2500))
def test_the_moment_is_near_the_change(seed: int, before: float, after: float, at: int) -> None:
    moment = moment_of_change(drawn_slots(seed, before, after, at, 4000), before, after)

    if before == after:
        assert moment is None
        return
    assert moment is not None
    assert moment.earliest_s < moment.latest_s
    assert moment.earliest_s - 250 < at < moment.latest_s + 250


@given(seeds, st.integers(300, 1200), st.sampled_from([0.1, 0.5, 1.0]))
def test_the_first_request_on_an_idle_slot_marks_the_latest_moment(
    seed: int, at: int, after: float
) -> None:
    answers = drawn_slots(seed, 0.0, after, at)

    moment = moment_of_change(answers, 0.0, after)

    assert moment is not None
    assert moment.latest_s == next(when for when, is_on_it in answers if is_on_it)


@given(seeds, st.integers(300, 1200), st.sampled_from([0.0, 0.5, 0.75]))
def test_the_last_request_on_a_slot_that_becomes_idle_marks_the_earliest_moment(
    seed: int, at: int, before: float
) -> None:
    answers = drawn_slots(seed, before, 1.0, at)

    moment = moment_of_change(answers, before, 1.0)

    assert moment is not None
    assert moment.earliest_s == max(when for when, is_on_it in answers if not is_on_it)


@given(seeds, st.sampled_from([(0.1, 0.25), (0.5, 0.75), (0.0, 0.1), (0.25, 0.0)]))
def test_answers_that_keep_to_the_old_split_show_no_change(
    seed: int, change: tuple[float, float]
) -> None:
    before, after = change

    assert moment_of_change(drawn_slots(seed, before, after, 1500), before, after) is None


@pytest.mark.parametrize("answers", [[], [(1.0, True)]])
def test_too_few_answers_show_no_change(answers: list[tuple[float, bool]]) -> None:
    assert moment_of_change(answers, 0.0, 0.5) is None


def test_one_request_beside_the_order_rules_nothing_out() -> None:
    answers = [(float(k), k >= 100) for k in range(200)]
    answers[100:102] = [(100.0, False), (101.0, True)]
    answers[99] = (99.0, True)

    moment = moment_of_change(answers, 0.0, 1.0)

    assert moment == ChangeInterval(98.0, 101.0)
