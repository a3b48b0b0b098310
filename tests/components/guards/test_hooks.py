"""What comes of a rule that is read back after it was set."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from pulumi import Output

from components.guards.errors import ReadBackError
from components.guards.hooks import groups_of, other_groups, verify_rule
from live.errors import ThrottledError
from rollout.observation import LiveRule
from rollout.split import Slot

KNOWN = {Slot.FIRST: "one", Slot.SECOND: "two"}


def reading(*answers: LiveRule | Exception) -> Callable[[], LiveRule]:
    """Reads one answer after another, the last one again and again."""
    left = list(answers)

    def read() -> LiveRule:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return read


def verify(read: Callable[[], LiveRule], limit_seconds: float = 0.0) -> None:
    asyncio.run(verify_rule("web", (90, 10), read, limit_seconds))


def rule(weight_01: int, weight_02: int, *foreign_targets: str) -> LiveRule:
    return LiveRule("web", "arn:rule/web", weight_01, weight_02, foreign_targets)


def test_a_rule_that_is_as_it_was_set_is_verified() -> None:
    verify(reading(rule(90, 10)))


def test_a_rule_that_takes_a_moment_is_read_again() -> None:
    verify(reading(rule(100, 0), rule(90, 10)), limit_seconds=30.0)


@pytest.mark.parametrize("found", [rule(60, 40), rule(90, 10, "arn:tg/other")])
def test_a_rule_that_somebody_else_sets_too_fails_the_update(found: LiveRule) -> None:
    with pytest.raises(ReadBackError, match=f"set to 90/10 but is at {found.weights}: someone"):
        verify(reading(found))


def test_a_rule_that_nobody_can_read_back_is_told_to_have_been_set() -> None:
    throttled = ThrottledError("AWS throttles the calls")

    with pytest.raises(ReadBackError) as failure:
        verify(reading(throttled))

    assert str(failure.value).splitlines() == [
        "the rule of web was set to 90/10 but could not be read back: AWS throttles the calls",
        "  fix: pulumi up --refresh, once AWS answers: it reads the rule again",
    ]


def test_groups_of_an_imported_rule_in_the_other_order_are_the_slots_own() -> None:
    assert other_groups([("two", 1), ("one", 3)], [("one", 75), ("two", 25)], KNOWN) == []


def test_a_refresh_that_found_the_groups_in_the_other_order_stops_no_stage() -> None:
    assert other_groups([("two", 25), ("one", 75)], [("one", 50), ("two", 50)], KNOWN) == []


def test_without_outputs_the_order_of_the_state_decides() -> None:
    found = other_groups([("two", 25), ("one", 75)], [("one", 50), ("two", 50)], {})

    assert found == [(Slot.FIRST, "two", "one"), (Slot.SECOND, "one", "two")]


def test_a_weight_change_gives_no_slot_another_group() -> None:
    assert other_groups([("one", 75), ("two", 25)], [("one", 50), ("two", 50)], KNOWN) == []


def test_slots_that_exchange_their_groups_are_found() -> None:
    found = other_groups([("one", 75), ("two", 25)], [("two", 75), ("one", 25)], KNOWN)

    assert found == [(Slot.FIRST, "one", "two"), (Slot.SECOND, "two", "one")]


def test_a_slot_with_a_group_that_the_rule_did_not_have_is_found() -> None:
    found = other_groups([("one", 75), ("two", 25)], [("other", 75), ("two", 25)], KNOWN)

    assert found == [(Slot.FIRST, "one", "other")]


@pytest.mark.parametrize("is_secret", [True, False])
def test_a_hook_reads_the_groups_of_a_rule_whose_actions_are_a_secret(is_secret: bool) -> None:
    forward = {"targetGroups": [{"arn": "one", "weight": 75}, {"arn": "two", "weight": 25}]}
    actions: Any = [{"type": "authenticate-oidc"}, {"type": "forward", "forward": forward}]

    async def read() -> list[tuple[str, Any]]:
        return await groups_of({"actions": Output.secret(actions) if is_secret else actions})

    assert asyncio.run(read()) == [("one", 75), ("two", 25)]
