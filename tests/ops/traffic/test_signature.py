from __future__ import annotations

import pytest

from ops.traffic.answer import Answer, Stream
from ops.traffic.signature import unsigned_slot
from probe.record import Verdict
from rollout.split import Slot


def answer(stream: Stream, slot: Slot | None, verdict: Verdict = Verdict.OK) -> Answer:
    return Answer("web", stream, slot, verdict, 1.0, 1.1, 100.0, None)


@pytest.mark.parametrize("slot", list(Slot))
def test_a_slot_without_a_sign_is_known_by_the_other_that_signs(slot: Slot) -> None:
    answers = [answer(Stream.of(slot), None), answer(Stream.of(slot.other), slot.other)]

    assert unsigned_slot(answers) is slot


def test_two_slots_that_sign_leave_nobody_without() -> None:
    assert unsigned_slot([answer(Stream.of(slot), slot) for slot in Slot]) is None


def test_two_slots_that_do_not_sign_cannot_be_told_apart() -> None:
    assert unsigned_slot([answer(Stream.of(slot), None) for slot in Slot]) is None


def test_a_slot_that_was_not_asked_is_not_guessed() -> None:
    assert unsigned_slot([answer(Stream.of(Slot.FIRST), None)]) is None


def test_an_answer_of_the_load_balancers_own_is_no_sign_of_anything() -> None:
    lost = answer(Stream.of(Slot.FIRST), None, Verdict.FAILED)
    answers = [lost, *(answer(Stream.of(slot), slot) for slot in Slot)]

    assert unsigned_slot(answers) is None


def test_a_slot_that_signs_now_and_then_is_not_without() -> None:
    answers = [
        answer(Stream.SLOT_01, None),
        answer(Stream.SLOT_01, Slot.FIRST),
        answer(Stream.SLOT_02, Slot.SECOND),
    ]

    assert unsigned_slot(answers) is None
