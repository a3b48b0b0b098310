"""The gate `probe`: requests the whole time, both slots against each other.

Three streams ask each service: one as users do, by the weights, and one straight to each slot by
its preview rule. So both slots answer equally often at every weight: a fault shows before the
candidate has any, and a failure that no slot signs (a reset, an answer of the load balancer's own)
is known to be the candidate's or the stable slot's.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from ops.gates.context import AnswerSource, GateContext
from ops.gates.gate import StageMark
from ops.gates.probe_evidence import ServiceEvidence
from ops.traffic.answer import SlotAnswer
from rollout.verdict import EvidenceWindow, Outcome, ServiceFinding, Verdict, worst
from settings.gates.probe import ProbeLimits

NAME = ProbeLimits.name
STALE_SECONDS = 3.0
"""Answers come twice a second; without any for so long there is no data."""

MAX_STALLED_SHARE = 0.5
"""Of the time since the stage was verified in which the prober itself may have stalled."""

REPORTED_STALL_SECONDS = 0.5
"""A shorter stall is not reported."""

SETTLING_SECONDS = 0.6
"""What ended in a second is judged so long after it: answers come in batches."""


class ProbeGate:
    """Judges what the traffic gets; it does not own the traffic, and `close` does not end it."""

    name = NAME

    def __init__(
        self, limits: ProbeLimits, answers: AnswerSource, now: Callable[[], datetime]
    ) -> None:
        """Listen from now on."""
        self._limits = limits
        self._answers = answers
        self._now = now
        self._lock = threading.Lock()
        self._waiting: deque[SlotAnswer] = deque()
        self._services: dict[str, ServiceEvidence] = {}
        self._stage: StageMark | None = None
        answers.subscribe(self._take)

    def begin(self, stage: StageMark) -> None:
        """Reset the counts that can pass the candidate; evidence against it stays."""
        self._stage = stage
        for name in stage.services:
            evidence = self._services.get(name)
            if evidence is None:
                evidence = ServiceEvidence(name, stage.candidate, self._limits)
                self._services[name] = evidence
            evidence.begin(stage)

    def judge(self) -> Verdict:
        """The worst that any service shows."""
        stage = self._stage
        now = self._now().astimezone(UTC)
        if stage is None:
            return Verdict(NAME, Outcome.INCONCLUSIVE, "no stage has begun")
        self._count_whole_seconds(now.timestamp() - SETTLING_SECONDS)
        window = EvidenceWindow(min(stage.verified_at, now), now)
        stalled_s = self._answers.stalled_seconds(window.start.timestamp())
        own = self._prober_fault(stage, window, now, stalled_s)
        findings = [self._services[name].finding() for name in stage.services]
        outcome = worst(each.outcome for each in findings)
        numbers = {key: value for each in findings for key, value in each.numbers.items()}
        numbers["stalledSeconds"] = round(stalled_s, 1)
        reasons = [each.reason for each in findings if each.outcome is outcome]
        services = tuple(
            ServiceFinding(name, each.outcome, each.reason)
            for name, each in zip(stage.services, findings, strict=True)
        )
        if outcome is not Outcome.FAIL and own is not None:
            held = reasons if outcome is Outcome.INCONCLUSIVE else []
            return Verdict(NAME, Outcome.INCONCLUSIVE, "; ".join([own, *held]), numbers, window)
        if stalled_s >= REPORTED_STALL_SECONDS:
            reasons.append(f"left out: {stalled_s:.1f} s in which the prober itself did not run")
            services = ()  # the screen has to show that, too
        return Verdict(NAME, outcome, "; ".join(reasons), numbers, window, services)

    def close(self) -> None:
        """Nothing: the traffic belongs to the driver."""

    def _prober_fault(
        self, stage: StageMark, window: EvidenceWindow, now: datetime, stalled_s: float
    ) -> str | None:
        """Why the prober itself yields no evidence; None while it works."""
        if not self._answers.is_alive:
            return "the prober has ended; start the ramp again to resume it from here"
        verified_s = stage.verified_at.timestamp()
        newest_s, service = min((self._services[name].newest_s, name) for name in stage.services)
        silent_s = now.timestamp() - max(newest_s, verified_s)
        if silent_s > STALE_SECONDS:
            return f"{service}: no answer for {silent_s:.0f} s, so there is nothing to judge"
        if stalled_s > MAX_STALLED_SHARE * max(window.seconds, 1.0):
            return (
                f"this machine is too busy: the prober did not run for {stalled_s:.1f} of "
                f"{window.seconds:.1f} s, and requests of that time do not count"
            )
        return None

    def _take(self, batch: Sequence[SlotAnswer]) -> None:
        with self._lock:
            self._waiting.extend(batch)

    def _count_whole_seconds(self, until_s: float) -> None:
        """Count every answer of the seconds that are over, a second at a time."""
        with self._lock:
            waiting, self._waiting = sorted(self._waiting, key=lambda a: a.ended_s), deque()
        by_second: dict[int, list[SlotAnswer]] = {}
        for answer in waiting:
            second = int(answer.ended_s)
            if second + 1 <= until_s:
                by_second.setdefault(second, []).append(answer)
            else:
                self._give_back(answer)
        for second, answers in sorted(by_second.items()):
            for name, evidence in self._services.items():
                evidence.add(second, [a for a in answers if a.service == name])

    def _give_back(self, answer: SlotAnswer) -> None:
        with self._lock:
            self._waiting.append(answer)


def opened(limits: ProbeLimits, context: GateContext) -> ProbeGate:
    """The gate of a stack."""
    assert context.traffic is not None, "the gate probe judges traffic"
    return ProbeGate(limits, context.traffic, context.now)
