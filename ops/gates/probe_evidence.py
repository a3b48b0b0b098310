"""What the traffic to one service shows of its two slots."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from ops.gates.gate import StageMark
from ops.traffic.answer import BY_THE_LOGIN, SlotAnswer, SlotStream
from probe.record.line import RequestOutcome
from rollout.binomial import Counts, excluded_rate
from rollout.command import Command
from rollout.slot_comparison import Blame, SlotComparison
from rollout.split import Slot
from rollout.verdict import Number, Outcome
from settings.gates.probe import ProbeLimits

FEWEST_ANSWERS = 20
"""Of either slot since the stage was verified; fewer prove nothing."""

SHOWN_SECONDS = 60
"""So far back the counts and latencies of a reason go."""

SLOW_PERCENTILE = 0.95
SLOW_SHARE = 1 - SLOW_PERCENTILE
"""By definition so many of the stable slot's requests are above its 95th percentile."""

FEWEST_LATENCIES = 40
"""Of the stable slot, before the candidate is compared with them."""

_BEFORE_THE_RAMP = (
    ": their requests already fail, before this ramp moves any weight, though the slots answer. A "
    f"rule that was changed, or another one, takes them: {Command.of('failover', 'drift')}"
)

_LEAST_LIMIT = 1e-6
_MOST_LIMIT = 0.9


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one service, with its reason and numbers."""

    outcome: Outcome
    reason: str
    numbers: dict[str, Number]


@dataclass(slots=True)
class _Group:
    """Answers of one slot, or to users' requests, in one second."""

    failed: Counts = field(default_factory=Counts)
    faults: Counter[str] = field(default_factory=Counter[str])
    latencies_ms: list[float] = field(default_factory=list[float])


@dataclass(slots=True)
class _Second:
    candidate: _Group
    stable: _Group
    users: _Group


class ServiceEvidence:
    """Counts second by second; has a finding at any time."""

    def __init__(self, service: str, candidate: Slot, limits: ProbeLimits) -> None:
        self._service = service
        self._slot = candidate
        self._limits = limits
        limit = min(max(limits.max_failed_percent / 100, _LEAST_LIMIT), _MOST_LIMIT)
        self._failing = SlotComparison(limit)
        self._users_failing = SlotComparison(limit)
        self._slowing = SlotComparison(SLOW_SHARE)
        self._seconds: deque[_Second] = deque(maxlen=SHOWN_SECONDS)
        self._weight = 0
        self._has_moved = False
        self._verified_s = 0.0
        self._candidate = self._stable = self._users = Counts()
        self._by_the_login = 0
        self.newest_s = 0.0
        """When the newest answer that counts ended; Unix seconds."""

    def begin(self, stage: StageMark) -> None:
        """Reset the counts that can pass a slot, unless the verified split is the same."""
        if stage.verified_at.timestamp() == self._verified_s:
            return
        self._weight = stage.weight_of_candidate(self._service)
        self._has_moved = stage.number > 0
        self._verified_s = stage.verified_at.timestamp()
        self._candidate = self._stable = self._users = Counts()
        self._by_the_login = 0

    def add(self, second_s: int, answers: Sequence[SlotAnswer]) -> None:
        """Take what ended in one second, in the order of the seconds."""
        self._by_the_login += sum(each.fault == BY_THE_LOGIN for each in answers)
        judged = [each for each in answers if each.verdict is not RequestOutcome.EXCLUDED]
        self.newest_s = max([self.newest_s, *(each.ended_s for each in judged)])
        second = _Second(
            _grouped([each for each in judged if each.attributed is self._slot]),
            _grouped([each for each in judged if each.attributed is self._slot.other]),
            _grouped([each for each in judged if each.stream is SlotStream.USERS]),
        )
        limit_ms = self.latency_limit_ms
        if limit_ms is not None:
            self._slowing.add(
                _slower(second.candidate.latencies_ms, limit_ms),
                _slower(second.stable.latencies_ms, limit_ms),
            )
        self._failing.add(second.candidate.failed, second.stable.failed)
        self._users_failing.add(second.users.failed, second.stable.failed)
        self._seconds.append(second)
        if second_s >= self._verified_s:
            self._candidate += second.candidate.failed
            self._stable += second.stable.failed
            self._users += second.users.failed

    @property
    def latency_limit_ms(self) -> float | None:
        """Above it a request is slow: from the stable slot's last minute; None with too little."""
        known = sorted(ms for second in self._seconds for ms in second.stable.latencies_ms)
        if len(known) < FEWEST_LATENCIES:
            return None
        usual_ms = percentile(known, SLOW_PERCENTILE)
        return max(
            usual_ms * self._limits.max_latency_ratio, usual_ms + self._limits.latency_floor_ms
        )

    def finding(self) -> Finding:
        """The worst that is known."""
        outcome, reason = self._judged()
        return Finding(outcome, f"{self._service}: {reason}", self._numbers())

    def _judged(self) -> tuple[Outcome, str]:
        slot, other = self._slot, self._slot.other
        recent = self._recent()
        ours, theirs = recent.candidate, recent.stable
        if self._failing.blame is Blame.WORSE:
            return Outcome.FAIL, f"slot {slot} {_lost(ours)}; slot {other} {_lost(theirs)}"
        if self._slowing.blame is Blame.WORSE:
            return Outcome.FAIL, f"slot {slot} is slow: {self._latencies(recent)}"
        if self._users_failing.blame is Blame.WORSE:
            users = f"users {_lost(recent.users)} with slot {slot} at {self._weight} %"
            words = f"{users}; slot {other} alone {_lost(theirs)}"
            return Outcome.FAIL, words if self._has_moved else f"{words}{_BEFORE_THE_RAMP}"
        if (shared := self._shared(recent)) is not None:
            return Outcome.INCONCLUSIVE, shared
        fewest, fewest_of = min(
            (self._candidate.total, f"of slot {slot}"),
            (self._stable.total, f"of slot {other}"),
            (self._users.total, "to users' requests"),
        )
        if fewest < FEWEST_ANSWERS:
            return Outcome.INCONCLUSIVE, (
                f"only {fewest} answers {fewest_of} since the stage was verified, "
                f"of at least {FEWEST_ANSWERS}{self._login_words()}"
            )
        return Outcome.PASS, (
            f"{self._candidate.bad} of {self._candidate.total:,} requests to slot {slot} failed, "
            f"{self._stable.bad} of {self._stable.total:,} to slot {other}; "
            f"more than {excluded_rate(self._candidate) * 100:.2g} % is ruled out at 95 %"
        )

    def _login_words(self) -> str:
        if not self._by_the_login:
            return ""
        return (
            f"; the login answered {self._by_the_login} requests in place of a slot: the session "
            f"in services.{self._service}.probe.cookie may be over"
        )

    def _shared(self, recent: _Second) -> str | None:
        """Why failures cannot be blamed on the candidate; None where there are none."""
        slot, other = self._slot, self._slot.other
        ours, theirs = _lost(recent.candidate), _lost(recent.stable)
        if self._failing.blame is Blame.STABLE:
            return f"slot {other} {theirs}, slot {slot} {ours}: it is the stable slot that fails"
        blamed = {each.blame for each in (self._failing, self._users_failing)}
        if Blame.SHARED in blamed:
            users = f"users {_lost(recent.users)}, " if recent.users.failed.bad else ""
            return (
                f"{users}slot {slot} {ours}, slot {other} {theirs}: "
                "not known to be caused by the candidate; if both always lose this share, allow it "
                "in ramp.gates.probe.maxFailedPercent"
            )
        if self._slowing.blame is Blame.SHARED:
            return f"both slots became slow: {self._latencies(recent)}"
        return None

    def _latencies(self, recent: _Second) -> str:
        limit_ms = self.latency_limit_ms
        return (
            f"95 % of its requests take up to {_percentile_text(recent.candidate.latencies_ms)}, "
            f"of slot {self._slot.other}'s {_percentile_text(recent.stable.latencies_ms)}"
            + ("" if limit_ms is None else f"; the limit is {limit_ms:,.0f} ms")
        )

    def _recent(self) -> _Second:
        return _Second(
            _merged([second.candidate for second in self._seconds]),
            _merged([second.stable for second in self._seconds]),
            _merged([second.users for second in self._seconds]),
        )

    def _numbers(self) -> dict[str, Number]:
        recent = self._recent()
        numbers: dict[str, Number] = {
            "candidateRequests": self._candidate.total,
            "candidateFailed": self._candidate.bad,
            "stableRequests": self._stable.total,
            "stableFailed": self._stable.bad,
            "excludedPercent": round(excluded_rate(self._candidate) * 100, 4),
            "usersFailedLastMinute": recent.users.failed.bad,
        }
        for name, group in (("candidate", recent.candidate), ("stable", recent.stable)):
            if group.latencies_ms:
                p95_ms = percentile(sorted(group.latencies_ms), SLOW_PERCENTILE)
                numbers[f"{name}P95Ms"] = round(p95_ms, 1)
            if group.faults:
                numbers[f"{name}Faults"] = _faults_text(group.faults)
        return {f"{self._service}.{name}": value for name, value in numbers.items()}


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` of the ordered ones are not above; of at least one value."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _grouped(answers: Sequence[SlotAnswer]) -> _Group:
    bad = [each for each in answers if each.verdict is RequestOutcome.FAILED]
    return _Group(
        Counts(len(bad), len(answers)),
        Counter(str(each.fault) for each in bad),
        [each.latency_ms for each in answers if each.latency_ms is not None],
    )


def _merged(groups: Sequence[_Group]) -> _Group:
    whole = _Group()
    for group in groups:
        whole.failed += group.failed
        whole.faults.update(group.faults)
        whole.latencies_ms.extend(group.latencies_ms)
    return whole


def _slower(latencies_ms: Sequence[float], limit_ms: float) -> Counts:
    return Counts(sum(ms > limit_ms for ms in latencies_ms), len(latencies_ms))


def _lost(group: _Group) -> str:
    counts = group.failed
    if not counts.bad:
        return f"lost none of {counts.total:,} requests"
    return (
        f"lost {counts.bad:,} of {counts.total:,} requests in the last minute "
        f"({counts.rate * 100:.3g} %: {_faults_text(group.faults)})"
    )


def _faults_text(faults: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in faults.most_common(3))


def _percentile_text(latencies_ms: Sequence[float]) -> str:
    if not latencies_ms:
        return "unknown"
    return f"{percentile(sorted(latencies_ms), SLOW_PERCENTILE):,.0f} ms"
