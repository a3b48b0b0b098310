"""The traffic of one stage: pure folds over its answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rehearsal.traffic.answer import ObservedAnswer
from rehearsal.traffic.change import ChangeInterval, moment_of_change
from rollout.binomial import Bound, binomial_bound
from rollout.split import TOTAL_WEIGHT, Slot, Split

CONFIDENCE = 0.9999
"""Of a whole ramp, one in several hundred is called wrong though its splits were right."""


@dataclass(frozen=True, slots=True)
class ServiceTraffic:
    """One service's requests in one stage."""

    service: str
    split: Split
    """As configured."""
    requests: int
    """Answered under the new split."""
    on_second: int
    """Of those, by slot 02."""
    moved: ChangeInterval | None
    """When the answers began to follow; None where the split did not change, or it was not seen."""

    @property
    def share(self) -> float:
        """What slot 02 answered, 0..1; 0 of nothing."""
        return self.on_second / self.requests if self.requests else 0.0

    @property
    def bound(self) -> Bound:
        """The shares of slot 02 that fit what was seen."""
        return binomial_bound(self.on_second, self.requests, CONFIDENCE)

    @property
    def problem(self) -> str | None:
        """Why the split that was seen is not the one that was set; None if it may be."""
        configured = self.split.weight_of(Slot.SECOND) / TOTAL_WEIGHT
        if self.requests == 0:
            return f"{self.service} answered nothing"
        if configured in self.bound:
            return None
        return (
            f"{self.service} answered {self.share:.1%} of {self.requests:,} requests on slot 02, "
            f"configured {configured:.0%}"
        )


@dataclass(frozen=True, slots=True)
class StageTraffic:
    """All requests of one stage, from its `up` to the end of its watch."""

    services: tuple[ServiceTraffic, ...]
    requests: int
    failed: int
    began_s: float
    """When `pulumi up` was typed; Unix seconds."""

    @property
    def problems(self) -> list[str]:
        """Everything that was not as it should be."""
        wrong = [problem for s in self.services if (problem := s.problem) is not None]
        return [f"{self.failed:,} requests failed", *wrong] if self.failed else wrong

    @property
    def moved_seconds(self) -> tuple[float, float] | None:
        """From the `up`'s start to the first and the last request that marks the change."""
        moments = [service.moved for service in self.services if service.moved is not None]
        if not moments:
            return None
        earliest = min(moment.earliest_s for moment in moments)
        latest = max(moment.latest_s for moment in moments)
        return earliest - self.began_s, latest - self.began_s


def stage_traffic(
    answers: Sequence[ObservedAnswer],
    services: Iterable[str],
    splits: tuple[Split, Split],
    began_s: float,
    settled_s: float,
) -> StageTraffic:
    """The result of a stage from its answers.

    Args:
        answers: Those that were asked for since `began_s`, in any order.
        services: The names of the services.
        splits: Before the stage, and in it.
        began_s: When the `up` began; Unix seconds.
        settled_s: When it had ended. Requests count for the new split from here, or from when they
            were seen to follow it, whatever is later.
    """
    counted = [answer for answer in answers if answer.verdict != "excluded"]
    return StageTraffic(
        services=tuple(
            _service_traffic(service, answers, splits, settled_s) for service in services
        ),
        requests=len(counted),
        failed=sum(answer.verdict == "failed" for answer in counted),
        began_s=began_s,
    )


def _service_traffic(
    service: str, answers: Sequence[ObservedAnswer], splits: tuple[Split, Split], settled_s: float
) -> ServiceTraffic:
    before, split = splits
    drawn = sorted(
        (answer.asked_s, answer.slot == Slot.SECOND)
        for answer in answers
        if answer.service == service and answer.is_drawn
    )
    shares = [each.weight_of(Slot.SECOND) / TOTAL_WEIGHT for each in splits]
    moved = moment_of_change(drawn, *shares)
    since_s = settled_s if moved is None else max(settled_s, moved.latest_s)
    followed = [is_second for asked_s, is_second in drawn if asked_s >= since_s]
    return ServiceTraffic(
        service, split, len(followed), sum(followed), moved if before != split else None
    )
