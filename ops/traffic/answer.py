"""One request of the traffic and what came of it, as it goes from the prober to the driver.

Where a slot does not sign its answers, the answers of both slots show which one it is.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from probe.record.line import RequestLine, RequestOutcome
from rollout.split import Slot


class SlotStream(enum.StrEnum):
    """By which way requests reach a slot."""

    USERS = "users"
    """As a user's: the weights choose the slot."""
    SLOT_01 = "slot-01"
    """By the preview rule of slot 01, whatever its weight."""
    SLOT_02 = "slot-02"

    @property
    def slot(self) -> Slot | None:
        """The slot that the stream is for; None where the weights choose."""
        return None if self is SlotStream.USERS else Slot(self.value.removeprefix("slot-"))

    @classmethod
    def of(cls, slot: Slot) -> SlotStream:
        """The stream straight to a slot."""
        return cls(f"slot-{slot.value}")


@dataclass(frozen=True, slots=True)
class SlotAnswer:
    """One request. Times are Unix seconds."""

    service: str
    stream: SlotStream
    slot: Slot | None
    """The slot that signed the answer; None for an unsigned answer, such as the load balancer's
    own."""
    verdict: RequestOutcome
    sent_s: float
    ended_s: float
    latency_ms: float | None
    """None where no whole answer came, or the prober itself stalled in it."""
    fault: str | None
    """The class of what was wrong, such as `status 502` or `kept_alive_closed`."""

    @property
    def attributed(self) -> Slot | None:
        """The slot that it counts for: the slot that signed it, else the slot it was sent to.

        None for a user's request that no slot signed, such as a 503 of the load balancer's own.
        """
        return self.slot or self.stream.slot

    def row(self) -> list[Any]:
        """The answer as plain data; `answer_from` reads it back."""
        return [
            self.service,
            self.stream.value,
            self.slot.value if self.slot else None,
            self.verdict.value,
            round(self.sent_s, 4),
            round(self.ended_s, 4),
            None if self.latency_ms is None else round(self.latency_ms, 2),
            self.fault,
        ]


def answer_from(row: list[Any]) -> SlotAnswer:
    """The answer that `SlotAnswer.row` made it from.

    Raises:
        ValueError: it is no such row.
    """
    service, stream, slot, verdict, sent_s, ended_s, latency_ms, fault = row
    return SlotAnswer(
        service,
        SlotStream(stream),
        Slot(slot) if slot else None,
        RequestOutcome(verdict),
        sent_s,
        ended_s,
        latency_ms,
        fault,
    )


BY_THE_LOGIN = "by the login"
"""The fault of what the load balancer answered itself, for want of a session."""
_LOGIN_STATUSES = (302, 401)
"""Source: ELB user guide, "Authenticate users": a redirect to the login page, or 401 for `deny`."""


def answer_of(
    line: RequestLine,
    stream: SlotStream,
    services: Mapping[str, str],
    behind_a_login: Collection[str] = (),
) -> SlotAnswer:
    """A line of the prober's record as an answer.

    What a login answers proves nothing of a slot. Only a sign of a slot keeps a redirect or a 401
    of the application apart from it.

    Args:
        line: of one request.
        stream: the stream that it belongs to.
        services: URL to service.
        behind_a_login: The services whose requests need a session.
    """
    known = {slot.value: slot for slot in Slot}
    status = f"status {line.status}" if line.error == "unexpected_status" else line.error
    service, slot, verdict = services[line.url], known.get(line.slot or ""), line.verdict
    if service in behind_a_login and slot is None and line.status in _LOGIN_STATUSES:
        verdict, status = RequestOutcome.EXCLUDED, BY_THE_LOGIN
    return SlotAnswer(
        service=service,
        stream=stream,
        slot=slot,
        verdict=verdict,
        sent_s=line.sent_s,
        ended_s=line.ended_s,
        latency_ms=line.latency_ms if line.answered and line.is_timing_clean else None,
        fault=None if verdict is RequestOutcome.OK else str(status),
    )


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
