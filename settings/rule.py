"""The listener rules of a service: their conditions, their priorities and what AWS allows of both.

Every service has three rules: its own, and before it one preview rule per slot, which takes the
requests that carry that slot's header. Source of the limits: ELB user guide, "Quotas for your
Application Load Balancers", and "Condition types for listener rules".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rollout.command import Command
from rollout.conditions import Condition, Conditions, Field
from rollout.split import Slot
from settings.conditions import LONGEST_CONDITION, RuleConditions
from settings.declaration import command
from settings.declaration.key import ConfigMap, Key, KeyGroup, key, required
from settings.declaration.kind import Flag, ListOf, Text, WholeNumber
from settings.declaration.landing import OF_SERVICE, RULE, Landing
from settings.declaration.section import ConfigProblems, Section

MOST_CONDITION_VALUES = 5
MOST_WILDCARDS = 6
MOST_RULES = 100
"""Rules per load balancer, default rules not counted."""
RULES_PER_SERVICE = 1 + len(Slot)
HIGHEST_PRIORITY = 50_000

_PREVIEW_VALUES = 1
"""A preview rule has the service's condition values and its header's."""


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
    conditions: KeyGroup[RuleConditions] = KeyGroup(
        "What else its requests have in common. A request must meet every condition, by one value "
        "of each.",
        RuleConditions,
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
        if not _is_comparable(section):
            return
        if not self.listed():
            section.reject(
                RuleSettings.hosts,
                "at least one host, path or other condition, or the rule would take every request",
            )
            return
        held = list(_held(self, section))
        _reject_too_many_values(held)
        _reject_too_many_wildcards(held)

    def listed(self) -> Conditions:
        """All conditions of the rule: hosts and paths, where it has some, and the others."""
        hosts = [Condition(Field.HOST, self.hosts)] if self.hosts else []
        paths = [Condition(Field.PATH, self.paths)] if self.paths else []
        return (*hosts, *paths, *self.conditions.listed())

    def taken(self) -> set[tuple[str, str, frozenset[Condition]]]:
        """Every pair of host and path it takes, `*` where any, beside its other conditions."""
        hosts = [host.lower() for host in self.hosts] or ["*"]
        others = frozenset(each.canonical() for each in self.conditions.listed())
        return set(itertools.product(hosts, self.paths or ["*"], [others]))


def _is_comparable(section: Section) -> bool:
    others = section.section(RuleSettings.conditions)
    return section.is_sound(
        RuleSettings.hosts, RuleSettings.paths, RuleSettings.conditions
    ) and others.is_sound(*RuleConditions.members())


@dataclass(frozen=True, slots=True)
class _Held:
    """The values of one condition, with where they stand."""

    section: Section
    key: Key[Any]
    path: str
    """Of the list of the values."""
    values: tuple[str, ...]
    """Of a query string its key and value in one."""
    entry: str = ""
    """What leads from an entry of the list to the text with the wildcards."""
    has_wildcards: bool = True

    @property
    def is_other(self) -> bool:
        """Whether it is about something else than hosts and paths."""
        return self.key not in (RuleSettings.hosts, RuleSettings.paths)


def _held(rule: RuleSettings, section: Section) -> Iterator[_Held]:
    """The conditions that have values, in the order in which they are cut."""
    others = section.section(RuleSettings.conditions)
    own = rule.conditions
    pairs = tuple(f"{pair.get('key', '')}={pair['value']}" for pair in own.query_strings)
    lists = [
        _at(section, RuleSettings.paths, rule.paths),
        _at(section, RuleSettings.hosts, rule.hosts),
        _at(others, RuleConditions.source_ips, own.source_ips, has_wildcards=False),
        _at(others, RuleConditions.methods, own.methods, has_wildcards=False),
        replace(_at(others, RuleConditions.query_strings, pairs), entry=".value"),
    ]
    for name, values in own.headers.items():
        held = _at(others, RuleConditions.headers, values)
        lists.append(replace(held, path=command.joined(held.path, name)))
    yield from (held for held in lists if held.values)


def _at(
    section: Section, of: Key[Any], values: tuple[str, ...], *, has_wildcards: bool = True
) -> _Held:
    path = command.joined(section.path, of.name)
    return _Held(section, of, path, values, has_wildcards=has_wildcards)


def _named(held: Iterable[_Held]) -> str:
    """What the values are, in words."""
    is_plain = not any(each.is_other for each in held)
    return "hosts and paths" if is_plain else "values of hosts, paths and conditions"


def _reject_too_many_wildcards(held: Sequence[_Held]) -> None:
    values = [
        (each, place, value)
        for each in held
        if each.has_wildcards
        for place, value in enumerate(each.values)
    ]
    count = sum(_wildcards(value) for _, _, value in values)
    if count <= MOST_WILDCARDS:
        return
    most, place, value = max(values, key=lambda each: _wildcards(each[2]))
    expected = (
        f"at most {MOST_WILDCARDS} of * and ? in the {_named(held)} together, the limit of a "
        f"rule; there are {count}"
    )
    if not most.is_other:
        instead = _with_one_wildcard(value, at_start=most.key is RuleSettings.hosts)
        most.section.reject_entry(most.key, place, expected, instead)
        return
    text = value.partition("=")[2] if most.entry else value
    fix = command.setting(
        f"{most.path}[{place}]{most.entry}", _with_one_wildcard(text, at_start=False)
    )
    most.section.reject(most.key, expected, fix)


def _wildcards(value: str) -> int:
    return value.count("*") + value.count("?")


def _with_one_wildcard(value: str, *, at_start: bool) -> str:
    """The part of `value` before its wildcards, or after them, with one `*` for the rest."""
    parts = re.split(r"[*?]", value)
    return f"*{parts[-1]}" if at_start else f"{parts[0]}*"


def _reject_too_many_values(held: Sequence[_Held]) -> None:
    count = sum(len(each.values) for each in held)
    most = MOST_CONDITION_VALUES - _PREVIEW_VALUES
    if count <= most:
        return
    long = next((each for each in held if len(each.values) > 1), held[-1])
    length = len(long.values)
    spare = range(length - 1, max(0, length - 1 - (count - most)), -1)
    # Where no list has an entry to spare, a whole condition is one too many.
    paths = [f"{long.path}[{place}]" for place in spare] or [long.path]
    fix = Command(()).then(*(command.removing(path) for path in paths))
    long.section.reject(
        long.key,
        f"at most {most} {_named(held)} together; there are {count}. A rule takes "
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
    _reject_shared_conditions([each for each in rules if _is_comparable(each.section)])


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
    owners: dict[tuple[str, str, frozenset[Condition]], str] = {}
    for each in rules:
        shared = [taken for taken in each.rule.taken() if taken in owners]
        if shared:
            first = min(shared, key=lambda taken: taken[:2])
            host, path, others = first
            place = each.rule.paths.index(path) if path in each.rule.paths else 0
            fixed = f"{command.joined(each.section.path, RuleSettings.paths.name)}[{place}]"
            beside = " beside the same other conditions" if others else ""
            each.section.reject(
                RuleSettings.paths if each.rule.paths else RuleSettings.hosts,
                f"a host and path of its own; {host} with {path}{beside} is {owners[first]}'s "
                "already, and only the rule that comes first would ever match",
                command.setting(fixed, f"/{each.service}/*"),
            )
        for taken in each.rule.taken():
            owners.setdefault(taken, each.service)
