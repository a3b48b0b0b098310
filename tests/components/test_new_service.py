"""A service that is new beside live traffic, on an AWS that the test makes up."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from components.guards.errors import RefusedUpdateError
from components.guards.interruption import Interruption
from components.guards.new_service import NewService
from components.guards.waiting import Waiting
from live.errors import AccessDeniedError
from rollout.notice import NoticeKind
from rollout.observation import AutoScalingGroupState, LiveSlot, Target, Template
from rollout.split import Slot, Split
from tests.components.heard import Heard


class Fleet:
    """Two slots of a service; those in `booting` are not healthy yet."""

    def __init__(self, *booting: Slot) -> None:
        self.booting = set(booting)

    def read(self) -> dict[Slot, LiveSlot]:
        return {slot: self._slot(slot) for slot in Slot}

    def _slot(self, slot: Slot) -> LiveSlot:
        state = "initial" if slot in self.booting else "healthy"
        group = AutoScalingGroupState(f"shop-{slot}", 1, 1, 3, Template("lt-1", "1"), None, (), {})
        return LiveSlot(f"arn:{slot}", (Target(f"i-{slot}", state),), group)


def newcomer(fleet: Fleet, split: str = "50/50") -> NewService:
    return NewService("shop", Split.parse(split), 2, fleet.read)


def wait_of(judge: NewService, voice: Heard, wait_seconds: float = 60.0) -> Waiting:
    spared = "its rule was not made"
    return Waiting(judge, voice, 0.0, wait_seconds, Interruption(), spared=spared)


def test_its_rule_waits_until_the_targets_of_both_slots_have_been_healthy_in_a_row() -> None:
    fleet = Fleet(Slot.SECOND)
    judge, voice = newcomer(fleet), Heard()

    async def update() -> None:
        rule = asyncio.ensure_future(wait_of(judge, voice).until_settled("shop", "urn"))
        await voice.heard.wait()
        assert not rule.done()
        fleet.booting.clear()
        await rule

    asyncio.run(update())

    assert str(voice.notices[0]).startswith(
        "judgement: waiting: shop: new at 50/50: for 1 of 1 targets of shop-02: i-02 initial"
    )
    assert "for 1 more looks" in voice.notices[-1].text


def test_a_slot_that_gets_no_request_is_not_waited_for() -> None:
    voice = Heard()

    asyncio.run(wait_of(newcomer(Fleet(Slot.SECOND), "100/0"), voice).until_settled("shop", "urn"))

    assert not any("shop-02" in notice.text for notice in voice.notices)


def test_one_that_never_becomes_fit_gets_no_rule_and_a_command() -> None:
    judge = newcomer(Fleet(Slot.FIRST))

    with pytest.raises(RefusedUpdateError) as refusal:
        asyncio.run(wait_of(judge, Heard(), 0.0).until_settled("shop", "urn"))

    assert str(refusal.value).splitlines() == [
        "judgement: refused: shop: new at 50/50: not within 0 s, and its rule was not made; it "
        "waited for 1 of 1 targets of shop-01: i-01 initial",
        "  fix: bring its instances up, then pulumi up",
        "  or: pulumi config set override REASON && pulumi up   # nobody asks for it yet",
    ]


@pytest.mark.parametrize(("state", "is_made"), [("healthy", True), ("initial", False)])
def test_targets_that_no_group_launched_are_fit_when_all_are_healthy(
    state: str, is_made: bool
) -> None:
    registered = {slot: LiveSlot("arn", (Target("i-1", state),), None) for slot in Slot}
    judge = NewService("shop", Split.parse("50/50"), 2, lambda: registered)

    for _ in range(2):
        judge.look_again()

    assert judge.is_settled is is_made


def test_where_nobody_can_see_its_targets_it_gets_no_rule() -> None:
    def read() -> dict[Slot, LiveSlot]:
        raise AccessDeniedError("AWS does not let us look")

    judge = NewService("shop", Split.parse("50/50"), 2, read)

    with pytest.raises(RefusedUpdateError, match="its rule is not made: AWS does not let us look"):
        asyncio.run(wait_of(judge, Heard()).until_settled("shop", "urn"))


def test_ctrl_c_ends_every_wait_of_the_update() -> None:
    interruption = Interruption()
    voices = [Heard(), Heard()]
    waits = [
        Waiting(newcomer(Fleet(Slot.FIRST)), voice, 0.01, 60.0, interruption) for voice in voices
    ]

    async def update() -> list[BaseException | None]:
        rules = [asyncio.ensure_future(wait.until_settled("shop", "urn")) for wait in waits]
        await asyncio.gather(*(voice.heard.wait() for voice in voices))
        os.kill(os.getpid(), signal.SIGINT)
        return await asyncio.gather(*rules, return_exceptions=True)

    outcomes = asyncio.run(update())

    assert [type(outcome) for outcome in outcomes] == [RefusedUpdateError, RefusedUpdateError]
    assert all("stopped, and no rule was modified" in str(outcome) for outcome in outcomes)
    assert interruption.happened.is_set()
    assert NoticeKind.WAITING in {notice.kind for notice in voices[0].notices}
