"""The gate `metrics`: CloudWatch's counts of both slots, over the same whole minutes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from live import cloudwatch as names
from live.cloudwatch import Measured, Metrics, StackMetrics
from live.errors import LiveError
from ops.gates.context import GateContext
from ops.gates.gate import StageMark
from ops.gates.repeated import Look, LookLimits, Repeated, RepeatedGate
from rollout.binomial import Counts, excluded_rate
from rollout.slot_minutes import (
    FEWEST_REQUESTS,
    Minute,
    Pair,
    judged_connection_errors,
    judged_latency,
    judged_share,
)
from rollout.split import TOTAL_WEIGHT
from rollout.verdict import EvidenceWindow, Number, Outcome, ServiceFinding, Verdict, worst
from settings.gates.metrics import MetricsLimits

NAME = MetricsLimits.name
BALANCER = "load balancer"
"""The name of the load balancer's own responses in the list of services."""
POLL_SECONDS = 15.0
MINUTE = timedelta(minutes=1)
LOOKS = LookLimits(
    stale_seconds=120.0,
    nothing_yet="no metrics were read yet",
    unreadable="CloudWatch cannot be read",
    stale="CloudWatch was last read {age} s ago",
)

Judged = tuple[Outcome, str]


class ReadMetrics(Protocol):
    """Reads whole minutes of the stack's metrics."""

    def __call__(self, start: datetime, end: datetime) -> StackMetrics:
        """From the beginning of one minute to that of another, in UTC.

        Raises:
            LiveError: AWS could not be read.
        """
        ...


class MetricsGate(RepeatedGate[StackMetrics]):
    """Reads all minutes of the stage each time: CloudWatch still adds to the newest minutes."""

    def __init__(
        self, limits: MetricsLimits, read: ReadMetrics, now: Callable[[], datetime]
    ) -> None:
        looks = Repeated(self._look, POLL_SECONDS, (LiveError,), now, NAME)
        super().__init__(NAME, looks, LOOKS, now)
        self._metrics_limits = limits
        self._read = read

    def judge(self) -> Verdict:
        """By the newest reading; before the first stage there is nothing to judge."""
        stage, newest = self._stage, self._looks.newest
        if stage is None or newest is None or stage.number > 0:
            return super().judge()
        reason = "the candidate has no weight yet; metrics are judged from the first stage on"
        return Verdict(NAME, Outcome.PASS, reason, window=_window(newest.began_at, self._now()))

    def _window(
        self, stage: StageMark, looks: list[Look[StackMetrics]], now: datetime
    ) -> EvidenceWindow:
        start = first_whole_minute(stage.verified_at)
        return _window(start, max(start, _floor(now)))

    def _look(self) -> StackMetrics:
        stage = self._stage
        assert stage is not None, "a reading begins with a stage"
        start, end = first_whole_minute(stage.verified_at), _floor(self._now())
        if stage.number == 0 or end <= start:
            return StackMetrics(start, start, {}, Measured())
        return self._read(start, end)

    def _judged(self, value: StackMetrics, stage: StageMark, window: EvidenceWindow) -> Verdict:
        found = value
        judged = [self._service(found, name, stage) for name in stage.services]
        judged.append(self._balancer(found))
        outcome = worst(each for each, _ in judged)
        reason = "; ".join(reason for each, reason in judged if each is outcome and reason)
        services = tuple(
            ServiceFinding(name, each, reason)
            for name, (each, reason) in zip([*stage.services, BALANCER], judged, strict=True)
            if reason
        )
        read = _window(found.start, found.end)
        return Verdict(NAME, outcome, reason, self._numbers(found, stage), read, services)

    def _service(self, found: StackMetrics, name: str, stage: StageMark) -> Judged:
        candidate = found.slots.get((name, stage.candidate), Measured())
        stable = found.slots.get((name, stage.stable), Measured())
        requests = int(candidate.total(names.REQUESTS))
        if stage.weight_of_candidate(name) and requests < FEWEST_REQUESTS:
            return Outcome.INCONCLUSIVE, (
                f"{name}: CloudWatch has {requests} requests of slot {stage.candidate} in "
                f"{int((found.end - found.start) / MINUTE)} whole minutes since the stage was "
                f"verified, of at least {FEWEST_REQUESTS}"
            )
        is_alone = stage.weight_of_candidate(name) == TOTAL_WEIGHT
        against = [
            each for each in self._against(candidate, stable, is_alone=is_alone) if each is not None
        ]
        if against:
            outcome = worst(each for each, _ in against)
            reason = next(reason for each, reason in against if each is outcome)
            return outcome, f"{name}: slot {stage.candidate}: {reason}"
        bad = Counts(min(int(candidate.total(names.STATUS_5XX)), requests), requests)
        return Outcome.PASS, (
            f"{name}: {bad.bad:,} of {requests:,} responses of slot {stage.candidate} were 5xx; "
            f"more than {excluded_rate(bad) * 100:.2g} % is ruled out at 95 %"
        )

    def _against(
        self, candidate: Measured, stable: Measured, *, is_alone: bool
    ) -> list[Judged | None]:
        limits, ratio = self._metrics_limits, self._metrics_limits.max_ratio_to_stable
        errors = [m.total(names.CONNECTION_ERRORS) for m in (candidate, stable)]
        pairs = pairs_of(candidate, stable, names.STATUS_5XX)
        found = [
            judged_share("5xx", pairs, limits.max_5xx_percent, ratio, is_alone=is_alone),
            judged_latency(pairs, limits.max_latency_ms, ratio, is_alone=is_alone),
            judged_connection_errors(errors[0], errors[1], limits.max_connection_errors),
        ]
        if limits.max_4xx_percent is not None:
            others = pairs_of(candidate, stable, names.STATUS_4XX)
            found.append(
                judged_share("4xx", others, limits.max_4xx_percent, ratio, is_alone=is_alone)
            )
        return found

    def _balancer(self, found: StackMetrics) -> Judged:
        """Responses of the load balancer itself: they name no slot, so that they can only hold."""
        requests = int(found.balancer.total(names.REQUESTS))
        bad = min(int(found.balancer.total(names.BALANCER_5XX)), requests)
        minutes = [Pair(Minute(Counts(bad, requests)), Minute(Counts()))]
        limit_percent = self._metrics_limits.max_5xx_percent
        if judged_share("5xx", minutes, limit_percent, 1.0, is_alone=True) is None:
            return Outcome.PASS, ""
        share = Counts(bad, requests).rate * 100
        return Outcome.INCONCLUSIVE, (
            f"the load balancer itself answers {share:.3g} % ({bad:,} of {requests:,}) with 5xx, "
            "and the metric does not name the slot"
        )

    def _numbers(self, found: StackMetrics, stage: StageMark) -> dict[str, Number]:
        numbers: dict[str, Number] = {"minutes": int((found.end - found.start) / MINUTE)}
        for (name, slot), measured in found.slots.items():
            if name in stage.services:
                prefix = f"{name}.{slot}"
                numbers[f"{prefix}.requests"] = int(measured.total(names.REQUESTS))
                numbers[f"{prefix}.5xx"] = int(measured.total(names.STATUS_5XX))
                numbers[f"{prefix}.4xx"] = int(measured.total(names.STATUS_4XX))
        return numbers


def opened(limits: MetricsLimits, context: GateContext) -> MetricsGate:
    """The gate of a stack."""
    stack, cloudwatch = context.stack, context.session.client("cloudwatch")
    percentile = limits.latency_percentile
    metrics = Metrics(cloudwatch, stack.listener_arn, stack.addresses, percentile)
    return MetricsGate(limits, metrics.read, context.now)


def pairs_of(candidate: Measured, stable: Measured, metric: str) -> Sequence[Pair]:
    """The minutes in which either slot had requests, oldest first."""
    minutes = sorted({*candidate.minutes, *stable.minutes})
    return [Pair(_minute(candidate, metric, at), _minute(stable, metric, at)) for at in minutes]


def first_whole_minute(at: datetime) -> datetime:
    """The beginning of the first minute that lies wholly after `at`: a part of one is dropped."""
    floor = _floor(at)
    return floor if floor == at else floor + MINUTE


def _minute(measured: Measured, metric: str, at: datetime) -> Minute:
    total = int(measured.at(names.REQUESTS, at) or 0)
    bad = min(int(measured.at(metric, at) or 0), total)
    return Minute(Counts(bad, total), measured.at(names.LATENCY, at))


def _floor(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def _window(start: datetime, end: datetime) -> EvidenceWindow:
    return EvidenceWindow(start.astimezone(UTC), max(start, end).astimezone(UTC))
