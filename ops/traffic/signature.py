"""Which slot does not sign its answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ops.traffic.answer import SlotAnswer, SlotStream
from probe.record.line import RequestOutcome
from rollout.split import Slot


def unsigned_slot(answers: Iterable[SlotAnswer]) -> Slot | None:
    """The slot whose good answers carry no sign, where the other slot's all do; else None.

    Only requests that went straight to a slot count, since there it is known who answered.
    """
    signed: dict[Slot, set[bool]] = {slot: set() for slot in Slot}
    for answer in answers:
        if answer.stream is not SlotStream.USERS and answer.verdict is RequestOutcome.OK:
            sent_to = answer.stream.slot
            assert sent_to is not None
            signed[sent_to].add(answer.slot is sent_to)
    for slot in Slot:
        if signed[slot] == {False} and signed[slot.other] == {True}:
            return slot
    return None


def users_by_slot(answers: Sequence[SlotAnswer], service: str) -> list[tuple[SlotAnswer, Slot]]:
    """The users' requests of a service with the slot that answered each, in the order given.

    A slot that was made elsewhere may sign nothing. Where one slot's answers are signed and the
    other's are not, as the streams straight to them show, a good answer without a sign is that
    other slot's. Requests whose slot is unknown are left out.
    """
    of_service = [each for each in answers if each.service == service]
    unsigned = unsigned_slot(of_service)
    found: list[tuple[SlotAnswer, Slot]] = []
    for each in of_service:
        slot = each.slot or (unsigned if each.verdict is RequestOutcome.OK else None)
        if each.stream is SlotStream.USERS and slot is not None:
            found.append((each, slot))
    return found
