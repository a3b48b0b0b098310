"""The gate `smoke`: does the candidate answer as it should, before it has any weight?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ops.gates.gate import StageMark
from ops.gates.repeated import Repeated
from ops.gates.smoke_pairs import Pairs
from ops.gates.smoke_round import Round, SmokeRound
from ops.traffic.page import PageAnswer
from rollout.split import Slot
from rollout.verdict import EvidenceWindow, Number, Outcome, ServiceFinding, Verdict, worst
from settings.gates import SmokeLimits

NAME = "smoke"
REPEAT_SECONDS = 10.0

STALE_SECONDS = 180.0
"""A round that is older tells nothing any more; one of slow answers takes a minute or two."""

Fetch = Callable[[str, Slot], PageAnswer]
"""Gets a URL from a slot, by the slot's preview rule.

Raises:
    PageError: no whole answer came; `ops.traffic.page` has it.
"""


@dataclass(frozen=True, slots=True)
class Site:
    """One service, as far as the gate asks about it."""

    service: str
    url: str
    images: Mapping[Slot, str]
    """The image of each slot, as the stack's outputs have it; none where it launches none."""


class SmokeGate:
    """A round of requests at each stage and every few seconds after; judges the newest round."""

    name = NAME

    def __init__(
        self, limits: SmokeLimits, sites: Sequence[Site], fetch: Fetch, now: Callable[[], datetime]
    ) -> None:
        self._limits = limits
        self._sites = sites
        self._fetch = fetch
        self._now = now
        self._stage: StageMark | None = None
        self._pairs = {site.service: Pairs() for site in sites}
        self._rounds = Repeated(self._round, REPEAT_SECONDS, (), now, NAME)

    def begin(self, stage: StageMark) -> None:
        """Ask anew."""
        self._stage = stage
        self._rounds.restart()

    def judge(self) -> Verdict:
        """By the newest round that began after the stage was verified."""
        newest = self._rounds.newest
        if newest is None:
            return Verdict(NAME, Outcome.INCONCLUSIVE, "the first round is not over")
        window = EvidenceWindow(newest.began_at.astimezone(UTC), newest.ended_at.astimezone(UTC))
        assert newest.value is not None, "a round tells whatever it meets"
        age_s = newest.age_seconds(self._now())
        if age_s > STALE_SECONDS:
            reason = f"the newest round ended {age_s:.0f} s ago, and the next one is not over"
            return Verdict(NAME, Outcome.INCONCLUSIVE, reason, window=window)
        outcome = worst(each.outcome for each in newest.value)
        reasons = [each.reason for each in newest.value if each.outcome is outcome]
        numbers: dict[str, Number] = {}
        for each in newest.value:
            numbers |= each.numbers
        services = tuple(
            ServiceFinding(each.service, each.outcome, each.reason) for each in newest.value
        )
        return Verdict(NAME, outcome, "; ".join(reasons), numbers, window, services)

    def close(self) -> None:
        """Ask no more."""
        self._rounds.close()

    def _round(self) -> list[Round]:
        stage = self._stage
        assert stage is not None, "a round begins with a stage"
        sites = [site for site in self._sites if site.service in stage.services]
        return [
            SmokeRound(
                self._limits,
                site.service,
                site.url,
                site.images,
                self._fetch,
                self._pairs[site.service],
            ).judged(stage.candidate)
            for site in sites
        ]
