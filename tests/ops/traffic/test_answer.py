from __future__ import annotations

import pytest

from ops.traffic.answer import BY_THE_LOGIN, SlotAnswer, SlotStream, answer_of, unsigned_slot
from probe.record.line import RequestOutcome
from rollout.split import Slot
from tests.probe.lines import URL, request


def answer(
    stream: SlotStream, slot: Slot | None, verdict: RequestOutcome = RequestOutcome.OK
) -> SlotAnswer:
    return SlotAnswer("web", stream, slot, verdict, 1.0, 1.1, 100.0, None)


@pytest.mark.parametrize("slot", list(Slot))
def test_a_slot_without_a_sign_is_known_by_the_other_that_signs(slot: Slot) -> None:
    answers = [answer(SlotStream.of(slot), None), answer(SlotStream.of(slot.other), slot.other)]

    assert unsigned_slot(answers) is slot


def test_two_slots_that_sign_leave_nobody_without() -> None:
    assert unsigned_slot([answer(SlotStream.of(slot), slot) for slot in Slot]) is None


def test_two_slots_that_do_not_sign_cannot_be_told_apart() -> None:
    assert unsigned_slot([answer(SlotStream.of(slot), None) for slot in Slot]) is None


def test_a_slot_that_was_not_asked_is_not_guessed() -> None:
    assert unsigned_slot([answer(SlotStream.of(Slot.FIRST), None)]) is None


def test_an_answer_of_the_load_balancers_own_is_no_sign_of_anything() -> None:
    lost = answer(SlotStream.of(Slot.FIRST), None, RequestOutcome.FAILED)
    answers = [lost, *(answer(SlotStream.of(slot), slot) for slot in Slot)]

    assert unsigned_slot(answers) is None


def test_a_slot_that_signs_now_and_then_is_not_without() -> None:
    answers = [
        answer(SlotStream.SLOT_01, None),
        answer(SlotStream.SLOT_01, Slot.FIRST),
        answer(SlotStream.SLOT_02, Slot.SECOND),
    ]

    assert unsigned_slot(answers) is None


@pytest.mark.parametrize("status", [302, 401])
def test_what_the_login_answers_proves_nothing_of_a_slot(status: int) -> None:
    line = request(1.0, status=status, slot=None)

    found = answer_of(line, SlotStream.SLOT_02, {URL: "web"}, {"web"})

    assert (found.verdict, found.fault) == (RequestOutcome.EXCLUDED, BY_THE_LOGIN)


@pytest.mark.parametrize(
    ("status", "slot", "behind_a_login"),
    [(302, "02", {"web"}), (302, None, {"portal"}), (200, None, {"web"})],
)
def test_what_a_slot_signs_or_no_login_answers_counts(
    status: int, slot: str | None, behind_a_login: set[str]
) -> None:
    line = request(1.0, status=status, slot=slot)

    found = answer_of(line, SlotStream.SLOT_02, {URL: "web"}, behind_a_login)

    assert (found.verdict, found.fault) == (RequestOutcome.OK, None)
