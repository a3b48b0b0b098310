"""Rules that get no request as a listener is now, since an earlier one takes all of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rollout.command import UP, Command, config_set
from rollout.conditions import covers, may_overlap
from rollout.rule_places import PLACES, ListenerRule, hiding_pairs


@dataclass(frozen=True, slots=True)
class HiddenRule:
    """A rule that gets no request."""

    rule: ListenerRule
    by: ListenerRule
    """The first one that takes all of its requests."""

    @property
    def why(self) -> str:
        """What is so, in words."""
        return self.rule.hidden_by(self.by)


@dataclass(frozen=True, slots=True)
class HiddenService:
    """A service of the stack that gets no request, and what to do about it."""

    service: str
    why: str
    before: Command | None
    """Puts its rules before those that hide it; `None` where that would move requests that
    another rule shares with it, or leave another rule without any."""
    otherwise: str
    """What helps without a command of this stack."""


def hidden_rules(rules: Sequence[ListenerRule]) -> list[HiddenRule]:
    """The rules that get no request, in their order, each with the first that takes them all."""
    first: dict[str, HiddenRule] = {}
    for by, rule in hiding_pairs(rules):
        first.setdefault(rule.key, HiddenRule(rule, by))
    return sorted(first.values(), key=lambda each: each.rule.priority)


def hidden_services(live: Sequence[ListenerRule]) -> list[HiddenService]:
    """The services of the stack that get no request, in the order of their rules.

    `live`: every rule of the listener, the stack's and others'.
    """
    return [_hidden_service(live, each) for each in hidden_rules(live) if each.rule.service]


def _hidden_service(live: Sequence[ListenerRule], hidden: HiddenRule) -> HiddenService:
    service, by = hidden.rule.service, hidden.by
    place = _place_before(live, hidden.rule)
    before = None
    if place is not None:
        up = Command(
            UP.steps, f"gives {service} the requests that rule {by.priority} takes from it"
        )
        before = config_set(f"failover:services.{service}.priority", str(place)).then(up)
    return HiddenService(service, hidden.why, before, by.narrowing)


def _place_before(live: Sequence[ListenerRule], rule: ListenerRule) -> int | None:
    """The nearest priority before all rules that hide `rule`, if no other request moves with it."""
    sharing = [
        each
        for each in live
        if each.service != rule.service
        and not each.is_preview
        and each.priority < rule.priority
        and may_overlap(each.conditions, rule.conditions)
    ]
    hiding = [each for each in sharing if covers(each.conditions, rule.conditions)]
    if any(covers(rule.conditions, each.conditions) for each in hiding):
        return None  # Both take the same requests, so that the other one would get none.
    first = min(each.priority for each in hiding)
    kept = max((each.priority for each in sharing if each not in hiding), default=0)
    taken = {each.priority for each in live if each.service != rule.service}
    return next(
        (
            place
            for place in range(first - 1, kept + PLACES - 1, -1)
            if taken.isdisjoint(range(place - PLACES + 1, place + 1))
        ),
        None,
    )
