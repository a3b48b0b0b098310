"""What comes of a rule that is read back after it was set."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from pulumi import Output, ResourceHookArgs

from components.guards.errors import ReadBackError, RefusedUpdateError
from components.guards.hooks import UpdateHooks, groups_of, other_groups, verify_rule
from live.errors import ThrottledError
from rollout.observation import LiveRule
from rollout.split import Slot
from tests.components.guards.test_update_judge import aws_at, config_at, judge_of, parsed

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


GROUP = {"targetGroupArns": ["one"], "vpcZoneIdentifiers": ["subnet-1", "subnet-2"]}
OTHER_TYPES = {"launchTemplate": {"overrides": [{"instanceType": "m7i.large"}]}}


def change_group(name: str, **changed: Any) -> None:
    """An update of the Auto Scaling group of a slot of a service at 100/0."""
    judge = judge_of(config_at("100/0"), aws_at(parsed(config_at("100/0")), "100/0"), "100/0")
    judge.judge()
    nothing: Any = None
    hooks = UpdateHooks(judge, nothing, nothing, nothing, nothing)
    args = ResourceHookArgs("urn", "id", name, "type", {**GROUP, **changed}, GROUP)
    asyncio.run(hooks._before_group(args))  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"vpcZoneIdentifiers": ["subnet-1"]}, "vpcZoneIdentifiers"),
        ({"vpcZoneIdentifiers": ["subnet-1", "subnet-2", "subnet-3"]}, "vpcZoneIdentifiers"),
        ({"mixedInstancesPolicy": OTHER_TYPES}, "mixedInstancesPolicy"),
        ({"targetGroupArns": ["two"]}, "targetGroupArns"),
    ],
)
def test_what_would_end_instances_of_a_live_group_is_refused(
    changed: dict[str, Any], named: str
) -> None:
    with pytest.raises(RefusedUpdateError, match=f"{named} of its Auto Scaling group: web-01"):
        change_group("web-01", **changed)

    change_group("web-02", **changed)


def test_the_order_of_the_subnets_and_the_size_of_a_live_group_may_change() -> None:
    change_group("web-01", vpcZoneIdentifiers=["subnet-2", "subnet-1"], maxSize=9)
