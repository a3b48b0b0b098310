"""The gate `smoke`: does the candidate answer as it should, before it has any weight?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from ops.gates.context import GateContext, StackFacts, connections
from ops.gates.gate import StageMark
from ops.gates.repeated import Look, LookLimits, Repeated, RepeatedGate
from ops.gates.smoke_round import Pairs, Round, SmokeRound
from ops.traffic.page import PageAnswer, fetched
from ops.traffic.plan import ConnectionRoute, place_of
from rollout.split import Slot
from rollout.verdict import EvidenceWindow, Number, ServiceFinding, Verdict, worst
from settings.gates.smoke import SmokeLimits

NAME = SmokeLimits.name
REPEAT_SECONDS = 10.0
REQUEST_TIMEOUT_SECONDS = 10.0
LOOKS = LookLimits(
    stale_seconds=180.0,  # a round of slow answers takes a minute or two
    nothing_yet="the first round is not over",
    stale="the newest round ended {age} s ago, and the next one is not over",
)

Fetch = Callable[[str, str, Slot], PageAnswer]
"""Gets a URL of a service from a slot, by the slot's preview rule.

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
    has_login: bool = False
    """Whether the load balancer answers a request without a session itself."""


class SmokeGate(RepeatedGate[list[Round]]):
    """A round of requests at each stage and every few seconds after; judges the newest round."""

    def __init__(
        self, limits: SmokeLimits, sites: Sequence[Site], fetch: Fetch, now: Callable[[], datetime]
    ) -> None:
        super().__init__(NAME, Repeated(self._round, REPEAT_SECONDS, (), now, NAME), LOOKS, now)
        self._smoke_limits = limits
        self._sites = sites
        self._fetch = fetch
        self._pairs = {site.service: Pairs() for site in sites}

    def _window(
        self, stage: StageMark, looks: list[Look[list[Round]]], now: datetime
    ) -> EvidenceWindow:
        newest = looks[-1]
        return EvidenceWindow(newest.began_at.astimezone(UTC), newest.ended_at.astimezone(UTC))

    def _judged(self, value: list[Round], stage: StageMark, window: EvidenceWindow) -> Verdict:
        outcome = worst(each.outcome for each in value)
        reasons = [each.reason for each in value if each.outcome is outcome]
        numbers: dict[str, Number] = {}
        for each in value:
            numbers |= each.numbers
        services = tuple(ServiceFinding(each.service, each.outcome, each.reason) for each in value)
        return Verdict(NAME, outcome, "; ".join(reasons), numbers, window, services)

    def _round(self) -> list[Round]:
        stage = self._stage
        assert stage is not None, "a round begins with a stage"
        sites = [site for site in self._sites if site.service in stage.services]
        return [
            SmokeRound(
                self._smoke_limits,
                site.service,
                site.url,
                site.images,
                partial(self._fetch, site.service),
                self._pairs[site.service],
                has_login=site.has_login,
            ).judged(stage.candidate)
            for site in sites
        ]


def opened(limits: SmokeLimits, context: GateContext) -> SmokeGate:
    """The gate of a stack."""
    stack = context.stack
    sites = [
        Site(name, url, stack.images[name], name in stack.behind_a_login)
        for name, url in sorted(stack.urls.items())
    ]
    return SmokeGate(limits, sites, _fetch(stack, context.places.way), context.now)


def _fetch(stack: StackFacts, way: ConnectionRoute) -> Fetch:
    own = {place_of(stack.urls[name]): route for name, route in connections(stack, way).items()}

    def fetch(service: str, url: str, slot: Slot) -> PageAnswer:
        name, _, value = stack.preview_headers[slot].partition(":")
        to = own.get(place_of(url), way)
        asked = stack.request_headers.get(service, {})
        return fetched(url, to, {**asked, name.strip(): value.strip()}, REQUEST_TIMEOUT_SECONDS)

    return fetch
