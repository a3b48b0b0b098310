"""Which slot answers without saying that it is the one."""

from __future__ import annotations

from collections.abc import Iterable

from ops.traffic.answer import Answer, Stream
from probe.record import Verdict
from rollout.split import Slot


def unsigned_slot(answers: Iterable[Answer]) -> Slot | None:
    """The slot whose good answers carry no sign, where the other slot's all do; else None.

    Only requests that went straight to a slot tell, since there it is known who answered.
    """
    signed: dict[Slot, set[bool]] = {slot: set() for slot in Slot}
    for answer in answers:
        if answer.stream is not Stream.USERS and answer.verdict is Verdict.OK:
            sent_to = answer.stream.slot
            assert sent_to is not None
            signed[sent_to].add(answer.slot is sent_to)
    for slot in Slot:
        if signed[slot] == {False} and signed[slot.other] == {True}:
            return slot
    return None
