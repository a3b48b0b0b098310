"""When the old slot last answered a user, as our own requests tell it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from ops.ramp.gates import RECENT_SECONDS, OwnTraffic
from ops.traffic.answer import SlotAnswer, SlotStream
from probe.record.line import RequestOutcome
from rollout.plan import RampPlan
from rollout.split import Slot, Split

PLAN = RampPlan(("web",), Slot.SECOND, Split(100, 0), (100,))


class Answers:
    """What ended so far, in Unix seconds."""

    def __init__(self) -> None:
        self._all: list[SlotAnswer] = []

    def add(
        self,
        stream: SlotStream,
        slot: Slot | None,
        ended_s: float,
        service: str = "web",
        verdict: RequestOutcome = RequestOutcome.OK,
    ) -> None:
        self._all.append(SlotAnswer(service, stream, slot, verdict, ended_s, ended_s, 1.0, None))

    def answers(self, since_s: float) -> Sequence[SlotAnswer]:
        return [each for each in self._all if each.ended_s >= since_s]


@pytest.fixture
def answers() -> Answers:
    """Of the streams straight to the slots; slot 01, made elsewhere, signs nothing."""
    made = Answers()
    just_now_s = time.time() - 1
    made.add(SlotStream.SLOT_01, None, just_now_s)
    made.add(SlotStream.SLOT_02, Slot.SECOND, just_now_s)
    return made


def test_the_last_request_of_a_slot_that_signs_nothing_is_seen(answers: Answers) -> None:
    own = OwnTraffic(answers, PLAN)
    last_s = time.time() + 5

    answers.add(SlotStream.USERS, None, last_s)
    answers.add(SlotStream.USERS, Slot.SECOND, last_s + 1)

    assert own.last_request(Slot.FIRST) == datetime.fromtimestamp(last_s, UTC)


def test_what_the_load_balancer_answers_itself_is_no_request_of_a_slot(answers: Answers) -> None:
    own = OwnTraffic(answers, PLAN)

    answers.add(SlotStream.USERS, None, time.time() + 5, verdict=RequestOutcome.FAILED)

    assert own.last_request(Slot.FIRST) is None


def test_only_the_newest_answers_are_gone_through_each_second(answers: Answers) -> None:
    asked: list[float] = []
    own = OwnTraffic(answers, PLAN)
    answers.answers = lambda since_s: asked.append(since_s) or []

    assert own.last_request(Slot.FIRST) is None
    assert asked[0] > time.time() - RECENT_SECONDS - 60


def test_of_other_services_and_of_the_time_before_nothing_counts(answers: Answers) -> None:
    answers.add(SlotStream.USERS, None, time.time() - 60)
    own = OwnTraffic(answers, PLAN)

    answers.add(SlotStream.USERS, Slot.FIRST, time.time() + 5, service="portal")

    assert own.last_request(Slot.FIRST) is None
