"""A service that is new beside live traffic, on an AWS that the test makes up."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from components.guards.errors import RefusedUpdateError
from components.guards.new_service import NewServiceJudge
from components.guards.wait import Interruption, Wait
from fleets.auto_scaling_group.kind import AUTO_SCALING_GROUP
from live.errors import AccessDeniedError
from rollout.fleet import Template, WantedFleet
from rollout.guard_case import WantedService, WantedSlot
from rollout.notice import NoticeKind
from rollout.observation import LiveSlot, Target
from rollout.split import Slot, Split
from tests.components.heard import Heard
from tests.fleets.made import group_of


class Fleet:
    """Two slots of a service; those in `booting` are not healthy yet."""

    def __init__(self, *booting: Slot) -> None:
        self.booting = set(booting)

    def read(self) -> dict[Slot, LiveSlot]:
        return {slot: self._slot(slot) for slot in Slot}

    def _slot(self, slot: Slot) -> LiveSlot:
        state = "initial" if slot in self.booting else "healthy"
        fleet = group_of(f"shop-{slot}", 1, 1, 3, Template("lt-1", "1"))
        return LiveSlot(f"arn:{slot}", (Target(f"i-{slot}", state),), fleet.kind, fleet)


def wanted(split: str = "50/50") -> WantedService:
    slots = {slot: WantedSlot(f"arn:{slot}", WantedFleet(AUTO_SCALING_GROUP)) for slot in Slot}
    return WantedService("shop", Split.parse(split), False, slots)


def new_service(fleet: Fleet, split: str = "50/50") -> NewServiceJudge:
    return NewServiceJudge(wanted(split), Split.parse(split), 2, fleet.read)


def wait_of(judge: NewServiceJudge, log: Heard, wait_seconds: float = 60.0) -> Wait:
    spared = "its rule was not created"
    return Wait(judge, log, 0.0, wait_seconds, Interruption(), spared=spared)


def test_its_rule_waits_until_the_targets_of_both_slots_have_been_healthy_in_a_row() -> None:
    fleet = Fleet(Slot.SECOND)
    judge, log = new_service(fleet), Heard()

    async def update() -> None:
        rule = asyncio.ensure_future(wait_of(judge, log).until_settled("shop", "urn"))
        await log.heard.wait()
        assert not rule.done()
        fleet.booting.clear()
        await rule

    asyncio.run(update())

    assert str(log.notices[0]).startswith(
        "judgement: waiting: shop: new at 50/50: for 1 of 1 targets of shop-02: i-02 initial"
    )
    assert "for 1 more poll" in log.notices[-1].text


def test_a_slot_that_gets_no_request_is_not_waited_for() -> None:
    log = Heard()

    asyncio.run(wait_of(new_service(Fleet(Slot.SECOND), "100/0"), log).until_settled("shop", "urn"))

    assert not any("shop-02" in notice.text for notice in log.notices)


def test_one_that_never_becomes_ready_gets_no_rule_and_a_command() -> None:
    judge = new_service(Fleet(Slot.FIRST))

    with pytest.raises(RefusedUpdateError) as refusal:
        asyncio.run(wait_of(judge, Heard(), 0.0).until_settled("shop", "urn"))

    assert str(refusal.value).splitlines() == [
        "judgement: refused: shop: new at 50/50: not ready within 0 s; its rule was not created; "
        "it waited for 1 of 1 targets of shop-01: i-01 initial",
        "  fix: bring its instances up, then pulumi up",
        "  or: pulumi config set override REASON && pulumi up   # if it has no requests yet",
    ]


@pytest.mark.parametrize(("state", "is_made"), [("healthy", True), ("initial", False)])
def test_targets_that_no_group_launched_are_ready_when_all_are_healthy(
    state: str, is_made: bool
) -> None:
    registered = {
        slot: LiveSlot("arn", (Target("i-1", state),), AUTO_SCALING_GROUP, None) for slot in Slot
    }
    judge = NewServiceJudge(wanted(), Split.parse("50/50"), 2, lambda: registered)

    for _ in range(2):
        judge.judge_again()

    assert judge.is_settled is is_made


def test_where_nobody_can_see_its_targets_it_gets_no_rule() -> None:
    def read() -> dict[Slot, LiveSlot]:
        raise AccessDeniedError("AWS does not let us look")

    judge = NewServiceJudge(wanted(), Split.parse("50/50"), 2, read)

    with pytest.raises(RefusedUpdateError, match="its rule was not created: AWS does not let us"):
        asyncio.run(wait_of(judge, Heard()).until_settled("shop", "urn"))


def test_ctrl_c_ends_every_wait_of_the_update() -> None:
    interruption = Interruption()
    logs = [Heard(), Heard()]
    waits = [Wait(new_service(Fleet(Slot.FIRST)), log, 0.01, 60.0, interruption) for log in logs]

    async def update() -> list[BaseException | None]:
        rules = [asyncio.ensure_future(wait.until_settled("shop", "urn")) for wait in waits]
        await asyncio.gather(*(log.heard.wait() for log in logs))
        os.kill(os.getpid(), signal.SIGINT)
        return await asyncio.gather(*rules, return_exceptions=True)

    outcomes = asyncio.run(update())

    assert [type(outcome) for outcome in outcomes] == [RefusedUpdateError, RefusedUpdateError]
    assert all("stopped; no rule was modified" in str(outcome) for outcome in outcomes)
    assert interruption.happened.is_set()
    assert NoticeKind.WAITING in {notice.kind for notice in logs[0].notices}
