"""The listener rules of a service: their conditions, their priorities and what AWS allows of both.

Every service has three rules: its own, and before it one preview rule per slot, which takes the
requests that carry that slot's header. Source of the limits: ELB user guide, "Quotas for your
Application Load Balancers", and "Condition types for listener rules".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from rollout.command import Command
from rollout.split import Slot
from settings.declaration import command
from settings.declaration.key import ConfigMap, Key, key, required
from settings.declaration.kind import Flag, ListOf, Text, WholeNumber
from settings.declaration.landing import OF_SERVICE, RULE, Landing
from settings.declaration.section import ConfigProblems, Section

MOST_CONDITION_VALUES = 5
MOST_WILDCARDS = 6
MOST_RULES = 100
"""Rules per load balancer, default rules not counted."""
RULES_PER_SERVICE = 1 + len(Slot)
HIGHEST_PRIORITY = 50_000
LONGEST_CONDITION = 128

_PREVIEW_VALUES = 1
"""A preview rule has the service's condition values and its header's."""

PREVIEW_HEADER = "x-failover-slot"
"""The header by which a request reaches a slot whatever its weight."""


def preview_header_value(slot: Slot, token: str) -> str:
    """What the preview header of a slot holds: the slot, and the secret that opens it."""
    return f"{slot}-{token}"


def _of_rule(path: str) -> Landing:
    return Landing(RULE, path, "its preview rules too", name=OF_SERVICE)


@dataclass(frozen=True, kw_only=True)
class RuleSettings(ConfigMap):
    """What the requests of a service have in common, and its place among the rules."""

    hosts: Key[tuple[str, ...]] = key(
        (),
        ListOf(
            Text(
                rf"(?=.{{1,{LONGEST_CONDITION}}}$)[A-Za-z0-9*?-]+(\.[A-Za-z0-9*?-]+)*\.[A-Za-z]+",
                "a host name of at most 128 letters, digits, - . * and ? that ends in letters, "
                "such as www.hankooktire.example",
            ),
            1,
            100,
        ),
        "Host names of its requests, with * and ? as wildcards.",
        example=("www.hankooktire.example",),
        lands=_of_rule("conditions[*].hostHeader.values[*]"),
    )
    paths: Key[tuple[str, ...]] = key(
        (),
        ListOf(
            Text(
                rf"(?=.{{1,{LONGEST_CONDITION}}}$)[/*][A-Za-z0-9_.$/~\x22'@:+&*?-]*",
                "a path of at most 128 characters that starts with / or *, such as /portal/*",
            ),
            1,
            100,
        ),
        "Paths of its requests, with * and ? as wildcards.",
        example=("/*",),
        lands=_of_rule("conditions[*].pathPattern.values[*]"),
    )
    priority: Key[int] = required(
        200,
        WholeNumber(1 + len(Slot), HIGHEST_PRIORITY),
        "Priority of its rule. Its two preview rules have the two priorities before.",
        lands=_of_rule("priority"),
    )
    is_adopted: Key[bool] = key(
        False,
        Flag(),
        "Whether `failover adopt` imported its rule. The rule then keeps its own tags.",
        example=True,
        name="adoptedRule",
    )

    def preview_priority(self, slot: Slot) -> int:
        """The place of a slot's preview rule, right before the service's own."""
        return self.priority - len(Slot) + list(Slot).index(slot)

    def places(self) -> dict[int, str]:
        """Every place that the service takes, with what takes it."""
        previews = {self.preview_priority(slot): f"preview rule of slot {slot}" for slot in Slot}
        return {self.priority: "rule", **previews}

    def reject_inconsistent(self, section: Section) -> None:
        """Record conditions that AWS would not take."""
        if not section.is_sound(RuleSettings.hosts, RuleSettings.paths):
            return
        if not self.hosts and not self.paths:
            section.reject(
                RuleSettings.hosts,
                "at least one host or path, or the rule would take every request",
            )
            return
        _reject_too_many_values(self, section)
        _reject_too_many_wildcards(self, section)

    def conditions(self) -> set[tuple[str, str]]:
        """Every pair of host and path it takes; `*` where it takes any."""
        hosts = [host.lower() for host in self.hosts] or ["*"]
        return set(itertools.product(hosts, self.paths or ["*"]))


def _reject_too_many_wildcards(rule: RuleSettings, section: Section) -> None:
    values = [
        (condition, place, value)
        for condition, held in ((RuleSettings.hosts, rule.hosts), (RuleSettings.paths, rule.paths))
        for place, value in enumerate(held)
    ]
    count = sum(_wildcards(value) for _, _, value in values)
    if count <= MOST_WILDCARDS:
        return
    condition, place, value = max(values, key=lambda each: _wildcards(each[2]))
    section.reject_entry(
        condition,
        place,
        f"at most {MOST_WILDCARDS} of * and ? in the hosts and paths together, the limit of a "
        f"rule; there are {count}",
        _with_one_wildcard(value, at_start=condition is RuleSettings.hosts),
    )


def _wildcards(value: str) -> int:
    return value.count("*") + value.count("?")


def _with_one_wildcard(value: str, *, at_start: bool) -> str:
    """The part of `value` before its wildcards, or after them, with one `*` for the rest."""
    parts = re.split(r"[*?]", value)
    return f"*{parts[-1]}" if at_start else f"{parts[0]}*"


def _reject_too_many_values(rule: RuleSettings, section: Section) -> None:
    count = len(rule.hosts) + len(rule.paths)
    most = MOST_CONDITION_VALUES - _PREVIEW_VALUES
    if count <= most:
        return
    condition, values = (
        (RuleSettings.paths, rule.paths)
        if len(rule.paths) > 1
        else (RuleSettings.hosts, rule.hosts)
    )
    spare = range(len(values) - 1, max(0, len(values) - 1 - (count - most)), -1)
    address = command.joined(section.path, condition.name)
    fix = Command(()).then(*(command.removing(f"{address}[{place}]") for place in spare))
    section.reject(
        condition,
        f"at most {most} hosts and paths together; there are {count}. A rule takes "
        f"{MOST_CONDITION_VALUES} condition values, and a preview rule needs one for its header",
        fix,
    )


@dataclass(frozen=True, slots=True)
class PlacedRule:
    """A rule with where it was read."""

    service: str
    rule: RuleSettings
    section: Section


def reject_clashes(placed: Iterable[PlacedRule], problems: ConfigProblems, path: str) -> None:
    """Record priorities and conditions that services share, and more rules than AWS takes."""
    rules = list(placed)
    if len(rules) * RULES_PER_SERVICE > MOST_RULES:
        most = MOST_RULES // RULES_PER_SERVICE
        problems.add(
            path,
            f"{len(rules)} services",
            f"at most {most} services: each has {RULES_PER_SERVICE} rules, and a load balancer "
            f"takes {MOST_RULES}",
            command.removing(rules[-1].section.path),
        )
    _reject_shared_places([each for each in rules if each.section.is_sound(RuleSettings.priority)])
    _reject_shared_conditions(
        [each for each in rules if each.section.is_sound(RuleSettings.hosts, RuleSettings.paths)]
    )


def _reject_shared_places(rules: list[PlacedRule]) -> None:
    taken: dict[int, str] = {}
    for each in rules:
        clashes = sorted(set(each.rule.places()) & set(taken))
        if clashes:
            place = clashes[0]
            each.section.reject_value(
                RuleSettings.priority,
                each.rule.priority,
                f"three free places, the priority and the two before it; {place} is taken by "
                f"{taken[place]}",
                _free_priority(each, rules),
            )
            continue
        for place, what in each.rule.places().items():
            taken[place] = f"{each.service} ({what})"


def _free_priority(clashing: PlacedRule, rules: list[PlacedRule]) -> int:
    """The next priority from the one wanted on whose three places no other service takes.

    Not the nearest: a lower one could overtake a rule that has come first so far.
    """
    wanted = clashing.rule.priority
    taken = {p for each in rules if each is not clashing for p in each.rule.places()}

    def is_free(priority: int) -> bool:
        return taken.isdisjoint(range(priority - len(Slot), priority + 1))

    above = range(wanted, HIGHEST_PRIORITY + 1)
    below = range(wanted, len(Slot), -1)
    return next((priority for priority in (*above, *below) if is_free(priority)), wanted)


def _reject_shared_conditions(rules: list[PlacedRule]) -> None:
    owners: dict[tuple[str, str], str] = {}
    for each in rules:
        shared = sorted(each.rule.conditions() & set(owners))
        if shared:
            host, path = shared[0]
            place = each.rule.paths.index(path) if path in each.rule.paths else 0
            fixed = f"{command.joined(each.section.path, RuleSettings.paths.name)}[{place}]"
            each.section.reject(
                RuleSettings.paths if each.rule.paths else RuleSettings.hosts,
                f"a host and path of its own; {host} with {path} is {owners[shared[0]]}'s already, "
                "and only the rule that comes first would ever match",
                command.setting(fixed, f"/{each.service}/*"),
            )
        for pair in each.rule.conditions():
            owners.setdefault(pair, each.service)
