"""The traffic of one stage: pure folds over its answers.

When the answers began to follow the new split is found from the answers alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from rehearsal.traffic.run import ObservedAnswer
from rollout.binomial import Bound, binomial_bound
from rollout.split import TOTAL_WEIGHT, Slot, Split

_SEEN = 12.0
"""A change is seen when it makes the answers e to the power of this likelier than none does: of a
million series of answers that keep to one split, six at most look like one."""
_SURE = 3.0
"""Moments at which the answers are e to the power of this less likely than at the best one are
ruled out."""
_NEVER = 1e-6
"""The share of a slot without weight, so that one request beside the order rules nothing out."""
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


@dataclass(frozen=True, slots=True)
class ChangeInterval:
    """The change came between these times; Unix seconds."""

    earliest_s: float
    latest_s: float


def moment_of_change(
    answers: Sequence[tuple[float, bool]], before: float, after: float
) -> ChangeInterval | None:
    """Between which requests a slot's share went from `before` to `after`.

    Each request is drawn independently, so each moment has a likelihood of what was seen; a change
    such as 25/75 to 0/100 is found to the request, 50/50 to 75/25 to a few dozen requests.

    Args:
        answers: when a request was made and whether the slot answered it, in order of time.
        before: the slot's share until then, 0..1.
        after: its share from then on, another one.

    Returns:
        None where the answers speak against a change, or for one before the first of them.
    """
    if not answers or before == after:
        return None
    # The gain of each answer if it came after the change instead of before it.
    on_it = math.log(_open(after) / _open(before))
    not_on_it = math.log(_open(1 - after) / _open(1 - before))
    gains = [on_it if is_on_it else not_on_it for _, is_on_it in answers]
    # Likelihood, up to a constant, of a change just before answer k; the last: of none so far.
    total = sum(gains)
    likelihoods = [total - gained for gained in accumulate(gains, initial=0.0)]
    best = max(likelihoods)
    if best - max(likelihoods[0], likelihoods[-1]) < _SEEN:
        return None
    likely = [k for k, likelihood in enumerate(likelihoods) if likelihood >= best - _SURE]
    return ChangeInterval(answers[likely[0] - 1][0], answers[likely[-1]][0])


def _open(share: float) -> float:
    return min(max(share, _NEVER), 1 - _NEVER)
