"""The order of a listener's rules: what an update would do to it.

A listener asks its rules in the order of their priorities, and the first that takes a request
answers it. Two rules cannot have one priority, not even for a moment.
Source: ELB user guide, "Listener rules for your Application Load Balancer"; ELBv2 API, CreateRule
and SetRulePriorities (`PriorityInUse`).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rollout.command import UP, Command, config_remove, config_set
from rollout.conditions import Condition, Conditions, Field, covers, may_overlap, shown
from rollout.split import Slot

_SHOWN = frozenset({Field.HOST.value, Field.PATH.value})
PLACES = 1 + len(Slot)
"""A service takes three: its priority, and before it one for the preview rule of each slot."""
HIGHEST_PRIORITY = 50_000


@dataclass(frozen=True, slots=True)
class ListenerRule:
    """A rule of the listener."""

    key: str
    """Of a rule of the stack its name there, such as `web` or `web-01`; else the ARN."""
    priority: int
    conditions: Conditions
    service: str = ""
    """The service of the stack whose rule it is; empty where it is not the stack's."""
    does: str = ""
    """What a rule that is not the stack's does, such as `forwards to batch-tg`."""

    @property
    def is_preview(self) -> bool:
        """Whether it is a preview rule of the stack's, which only takes what has its header."""
        return bool(self.service) and self.key != self.service

    def hidden_by(self, first: ListenerRule) -> str:
        """That it gets no request, since `first` takes all of them, in words."""
        return f"{self} {first.taking_all}"

    @property
    def taking_all(self) -> str:
        """The predicate of a later rule whose requests this rule takes."""
        return f"gets no request: {self} comes first and takes them all"

    @property
    def narrowing(self) -> str:
        """What gives that later rule requests, without a change of its own."""
        if self.service:
            return f"narrow the hosts, paths or conditions of {self.service}"
        return f"have rule {self.priority} narrowed or deleted by whoever made it"

    def __str__(self) -> str:
        if self.is_preview:
            return f"the preview rule {self.key} at {self.priority}"
        if self.service:
            return f"the rule of {self.service} at {self.priority} ({shown(self.conditions)})"
        return f"rule {self.priority} ({shown(self.conditions)}; {self.does}; {self.key})"


@dataclass(frozen=True, slots=True)
class WantedRules:
    """The three rules of a service as the config has them, and as the stack made them."""

    service: str
    priority: int
    """Of its own rule; the preview rules take the places before."""
    conditions: Conditions
    """Of its own rule."""
    known_priorities: Mapping[str, int] = field(default_factory=dict[str, int])
    """What the stack has of the three, by key; those that it lacks this update would make."""
    known_conditions: Conditions | None = None
    """Of its own rule, as the stack has it; None where this update would make it."""

    @property
    def places(self) -> dict[str, int]:
        """The priority of each rule, by key."""
        return self.places_at(self.priority)

    def places_at(self, priority: int) -> dict[str, int]:
        """The same, if its own rule were at `priority`."""
        previews = {
            f"{self.service}-{slot}": priority - len(Slot) + place
            for place, slot in enumerate(Slot)
        }
        return {self.service: priority, **previews}

    def is_moved(self, key: str) -> bool:
        """Whether this update makes the rule, or gives it another priority."""
        return self.known_priorities.get(key) != self.places[key]

    @property
    def has_other_conditions(self) -> bool:
        """Whether this update changes what its own rule takes."""
        known = self.known_conditions
        return known is not None and _canonical(known) != _canonical(self.conditions)

    @property
    def is_changed(self) -> bool:
        """Whether this update changes its place or what it takes, or makes it."""
        return self.has_other_conditions or any(map(self.is_moved, self.places))

    @property
    def known_priority(self) -> int | None:
        """The priority of its own rule in the stack."""
        return self.known_priorities.get(self.service)

    @property
    def change(self) -> str:
        """What the update does to its rules, in a few words."""
        if self.known_priority is None:
            return f"new at priority {self.priority}"
        if self.known_priority != self.priority:
            return f"priority {self.known_priority} -> {self.priority}"
        if not self.has_other_conditions:
            return "its preview rules"
        others = [
            frozenset(each.canonical() for each in listed if each.field not in _SHOWN)
            for listed in (self.known_conditions or (), self.conditions)
        ]
        return "its hosts and paths" if others[0] == others[1] else "its conditions"


@dataclass(frozen=True, slots=True)
class PlaceConflict:
    """A conflict in the order of the rules."""

    service: str
    change: str
    why: str
    fixes: tuple[str, ...] = ()
    """What to type, the best first; what is meant by each stands behind it."""
    is_caused: bool = True
    """Whether this update brings it about; else it is so already, and stops nothing."""
    is_impossible: bool = False
    """Whether AWS would refuse the update in the middle, so that no override helps."""

    @property
    def text(self) -> str:
        """Why, and what to type on lines of its own."""
        return self.why + ("\n  fix: " + "\n  or: ".join(self.fixes) if self.fixes else "")


def place_conflicts(
    live: Sequence[ListenerRule], wanted: Sequence[WantedRules]
) -> list[PlaceConflict]:
    """What is wrong with the rules of a listener after an update, and what was so before.

    Args:
        live: Every rule of the listener as it is, the stack's and others'.
        wanted: The services of the config.
    """
    order = _Order(live, wanted)
    return [*order.taken(), *order.exchanged(), *order.hidden()]


class _Order:
    """The rules before and after an update."""

    def __init__(self, live: Sequence[ListenerRule], wanted: Sequence[WantedRules]) -> None:
        self._before = list(live)
        self._wanted = {each.service: each for each in wanted}
        self._after = list(self._moved(live))
        self._holders = {rule.priority: rule for rule in live}

    def _moved(self, live: Sequence[ListenerRule]) -> Iterator[ListenerRule]:
        there = {rule.key for rule in live}
        for rule in live:
            if not rule.service:
                yield rule
            elif (wanted := self._wanted.get(rule.service)) is not None:
                yield _as_wanted(rule, wanted)
        for wanted in self._wanted.values():
            if wanted.service not in there:
                yield _made(wanted)

    def taken(self) -> Iterator[PlaceConflict]:
        """Places that a rule holds which this update does not move away."""
        for wanted in self._wanted.values():
            for key, place in sorted(wanted.places.items(), key=lambda each: each[1]):
                holder = self._holders.get(place)
                if holder is None or holder.key == key or self._goes_away(holder):
                    continue
                found = self._taken(wanted, key, place, holder)
                if found is not None:
                    yield found
                    break

    def _goes_away(self, holder: ListenerRule) -> bool:
        """Whether the holder is a rule of the config that this update moves."""
        mover = self._wanted.get(holder.service)
        return mover is not None and mover.places[holder.key] != holder.priority

    def _taken(
        self, wanted: WantedRules, key: str, place: int, holder: ListenerRule
    ) -> PlaceConflict | None:
        own = "its rule" if key == wanted.service else f"its preview rule {key}"
        if not wanted.is_moved(key):
            # Somebody has moved ours away and put another there; an `up` touches neither.
            why = f"priority {place}, where the stack left {own}, is held by {holder}"
            return PlaceConflict(wanted.service, wanted.change, why, is_caused=False)
        last = ", which this update deletes only afterwards" if holder.service else ""
        why = f"priority {place}, for {own}, is taken by {holder}{last}"
        free = self._place_for(wanted, wanted.priority)
        fixes = [str(_placing(wanted, free).then(UP))] if free is not None else []
        return PlaceConflict(
            wanted.service,
            wanted.change,
            why,
            (*fixes, *self._put_back(wanted.service)),
            is_impossible=True,
        )

    def exchanged(self) -> Iterator[PlaceConflict]:
        """Places that rules of the stack hold until this same update moves them."""
        clashing = {
            wanted.service: (key, place, holder)
            for wanted in self._wanted.values()
            for key, place in wanted.places.items()
            if (holder := self._holders.get(place)) is not None
            and wanted.is_moved(key)
            and holder.key != key
            and self._goes_away(holder)
        }
        fixes = self._in_two_updates([self._wanted[service] for service in clashing])
        for service, (key, place, holder) in clashing.items():
            wanted = self._wanted[service]
            own = "its rule" if key == service else f"its preview rule {key}"
            why = (
                f"priority {place}, for {own}, is still held by {holder}: one update cannot move a "
                "rule to a place that another one leaves"
            )
            yield PlaceConflict(
                service,
                wanted.change,
                why,
                (*fixes, *self._put_back(service)),
                is_impossible=True,
            )

    def hidden(self) -> Iterator[PlaceConflict]:
        """Rules that get no request, since an earlier one takes all of theirs."""
        before = {(a.key, b.key) for a, b in _hidden(self._before)}
        for first, second in _hidden(self._after):
            is_caused = (first.key, second.key) not in before
            changed = self._changed_one(first, second)
            wanted = self._wanted[changed.service]
            if not is_caused:
                why = second.hidden_by(first)
                yield PlaceConflict(wanted.service, "order of rules", why, is_caused=False)
                continue
            why = f"{second} would get no request: {first} comes first and would take them all"
            fixes = self._put_back(*{first.service, second.service} - {""})
            free = None
            if not fixes or wanted.has_other_conditions:
                free = self._place_for(wanted, wanted.priority)
            if free is not None and free != wanted.priority:
                fixes = (str(_placing(wanted, free).then(UP)), *fixes)
            if not fixes:
                fixes = (f"give {wanted.service} hosts, paths or conditions of its own",)
            yield PlaceConflict(wanted.service, wanted.change, why, fixes)

    def _changed_one(self, first: ListenerRule, second: ListenerRule) -> ListenerRule:
        """Of two rules the one of the stack that this update changes, else the hidden one."""
        ours = [rule for rule in (second, first) if rule.service]
        changed = [rule for rule in ours if self._wanted[rule.service].is_changed]
        return (changed or ours)[0]

    def _put_back(self, *services: str) -> tuple[str, ...]:
        """The command that restores the recorded priorities and conditions of these services.

        It includes the services that would then have the same priorities; none if one is new.
        """
        back: dict[str, WantedRules] = {}
        waiting = [self._wanted[name] for name in services if name in self._wanted]
        while waiting:
            wanted = waiting.pop()
            if wanted.service in back or not wanted.is_changed:
                continue
            if wanted.known_priority is None:
                return ()
            back[wanted.service] = wanted
            places = set(wanted.places_at(wanted.known_priority).values())
            waiting += [
                other
                for other in self._wanted.values()
                if other is not wanted and places & set(other.places.values())
            ]
        steps: list[Command] = []
        for _, wanted in sorted(back.items()):
            if wanted.known_priority is not None and wanted.known_priority != wanted.priority:
                steps.append(_placing(wanted, wanted.known_priority))
            if wanted.has_other_conditions and wanted.known_conditions is not None:
                steps += _conditions_again(wanted)
        return (f"{steps[0].then(*steps[1:])}   # as it is",) if steps else ()

    def _place_for(self, wanted: WantedRules, reference: int) -> int | None:
        """The free priority nearest to `reference`, upwards first, that hides nothing.

        Rules that take some of the same requests keep the order that they have at `reference`.
        """
        others = [rule for rule in self._after if rule.service != wanted.service]
        taken = {rule.priority for rule in (*self._before, *others)}
        for other in self._wanted.values():
            if other is not wanted:
                taken |= set(other.places.values())
        limits = list(self._limits(wanted, others, reference))
        lowest = max([PLACES, *(low for low, _ in limits)])
        highest = min([HIGHEST_PRIORITY, *(high for _, high in limits)])
        above = range(max(reference, lowest), highest + 1)
        below = range(min(reference - 1, highest), lowest - 1, -1)
        return next(
            (
                priority
                for priority in itertools.chain(above, below)
                if taken.isdisjoint(range(priority - PLACES + 1, priority + 1))
            ),
            None,
        )

    def _limits(
        self, wanted: WantedRules, others: Sequence[ListenerRule], reference: int
    ) -> Iterator[tuple[int, int]]:
        """The lowest and the highest priority that each other rule leaves it."""
        before = {(a.key, b.key) for a, b in _hidden(self._before)}
        for rule in others:
            if rule.is_preview or not may_overlap(wanted.conditions, rule.conditions):
                continue
            is_wide = covers(wanted.conditions, rule.conditions)
            is_narrow = covers(rule.conditions, wanted.conditions)
            hides, is_hidden = (wanted.service, rule.key), (rule.key, wanted.service)
            if is_wide and is_narrow and not {hides, is_hidden} & before:
                yield HIGHEST_PRIORITY + 1, 0  # Whichever comes first hides the other.
                continue
            is_first = reference < rule.priority
            if is_wide and is_narrow:
                is_first = hides in before
            elif is_wide and hides not in before:
                is_first = False
            elif is_narrow and is_hidden not in before:
                is_first = True
            is_asked = is_first is (reference < rule.priority)
            if not is_asked and is_first is not self._was_first(wanted, rule, is_first):
                yield HIGHEST_PRIORITY + 1, 0  # Requests that it shares with the other would move.
                continue
            yield (1, rule.priority - 1) if is_first else (rule.priority + PLACES, HIGHEST_PRIORITY)

    def _was_first(self, wanted: WantedRules, rule: ListenerRule, otherwise: bool) -> bool:
        """Whether its own rule stands before `rule` today; `otherwise` where they share nothing."""
        known, priority = wanted.known_conditions, wanted.known_priority
        today = next((each for each in self._before if each.key == rule.key), None)
        if known is None or priority is None or today is None:
            return otherwise
        if not may_overlap(known, today.conditions):
            return otherwise
        return priority < today.priority

    def _in_two_updates(self, clashing: Sequence[WantedRules]) -> tuple[str, ...]:
        """The commands that move `clashing` by places that are free in the meantime.

        None where that would change for a moment which of two rules takes a request, or hide one.
        """
        before = {(a.key, b.key) for a, b in _hidden(self._before)}
        if not clashing or any((a.key, b.key) not in before for a, b in _hidden(self._after)):
            return ()  # The second of the two updates would be refused.
        now = {rule.key: rule.priority for rule in self._before}
        then = {rule.key: rule.priority for rule in self._after}
        for order in (now, then):
            waypoints = self._waypoints(clashing, order)
            if waypoints is None:
                continue
            first = [_placing(each, waypoints[each.service]) for each in clashing]
            second = [_placing(each, each.priority) for each in clashing]
            through = first[0].then(*first[1:], UP, *second, UP)
            return (f"{through}   # in two updates, through a free place",)
        return ()

    def _waypoints(
        self, clashing: Sequence[WantedRules], order: Mapping[str, int]
    ) -> dict[str, int] | None:
        """A free priority for each, at which all rules that share requests have this order."""
        layout = {r.key: r for r in self._after if not r.is_preview}
        moving = [layout.pop(each.service) for each in clashing]
        taken = {rule.priority for rule in (*self._before, *self._after)}
        for other in self._wanted.values():
            taken |= set(other.places.values())
        for rule in sorted(moving, key=lambda each: order.get(each.key, 0)):
            place = _waypoint(rule, list(layout.values()), order, taken)
            if place is None:
                return None
            layout[rule.key] = replace(rule, priority=place)
            taken |= set(range(place - PLACES + 1, place + 1))
        if not _has_order(list(layout.values()), order):
            return None
        return {each.service: layout[each.service].priority for each in clashing}


def _waypoint(
    rule: ListenerRule,
    others: Sequence[ListenerRule],
    order: Mapping[str, int],
    taken: set[int],
) -> int | None:
    """The free priority nearest above the one that `rule` has in `order`, or below it."""
    if rule.key not in order:
        return None
    start = order[rule.key]
    apart = [r for r in others if r.key in order and may_overlap(rule.conditions, r.conditions)]
    low = max((r.priority for r in apart if order[r.key] < start), default=0)
    high = min((r.priority for r in apart if order[r.key] > start), default=HIGHEST_PRIORITY + 1)
    above = range(max(start, low + PLACES), high)
    below = range(min(start, high) - 1, low + PLACES - 1, -1)
    return next(
        (
            priority
            for priority in itertools.chain(above, below)
            if taken.isdisjoint(range(priority - PLACES + 1, priority + 1))
        ),
        None,
    )


def _has_order(rules: Sequence[ListenerRule], order: Mapping[str, int]) -> bool:
    """Whether all rules that share requests stand as in `order`."""
    return all(
        one.key in order
        and other.key in order
        and (one.priority < other.priority) is (order[one.key] < order[other.key])
        for one, other in itertools.combinations(rules, 2)
        if may_overlap(one.conditions, other.conditions)
    )


def _as_wanted(rule: ListenerRule, wanted: WantedRules) -> ListenerRule:
    """A rule of the stack after the update; one that it does not touch stays as it is."""
    if rule.key not in wanted.places:
        return rule
    moved = rule
    if wanted.is_moved(rule.key):
        moved = replace(moved, priority=wanted.places[rule.key])
    if not rule.is_preview and wanted.has_other_conditions:
        moved = replace(moved, conditions=wanted.conditions)
    return moved


def _made(wanted: WantedRules) -> ListenerRule:
    return ListenerRule(wanted.service, wanted.priority, wanted.conditions, wanted.service)


def hiding_pairs(rules: Sequence[ListenerRule]) -> Iterator[tuple[ListenerRule, ListenerRule]]:
    """Each rule with every later one that gets no request because of it, in their order.

    A preview rule takes what has its header and nothing else, so it neither hides nor is hidden.
    """
    ordered = sorted((r for r in rules if not r.is_preview), key=lambda rule: rule.priority)
    for first, second in itertools.combinations(ordered, 2):
        if covers(first.conditions, second.conditions):
            yield first, second


def _hidden(rules: Sequence[ListenerRule]) -> list[tuple[ListenerRule, ListenerRule]]:
    """Those of the pairs of which one rule is ours."""
    return [pair for pair in hiding_pairs(rules) if pair[0].service or pair[1].service]


def _canonical(conditions: Conditions) -> frozenset[Condition]:
    """Conditions without the order of their values, which means nothing."""
    return frozenset(each.canonical() for each in conditions)


def _placing(wanted: WantedRules, priority: int) -> Command:
    return Command.of(
        "pulumi",
        "config",
        "set",
        "--path",
        f"failover:services.{wanted.service}.priority",
        str(priority),
    )


_KEYS = {
    Field.HOST: "hosts",
    Field.PATH: "paths",
    Field.METHOD: "conditions.methods",
    Field.SOURCE: "conditions.sourceIps",
    Field.QUERY: "conditions.queryStrings",
    Field.HEADER: "conditions.headers",
}
"""Where the config of a service has the values of a condition; a header's under its name."""


def _conditions_again(wanted: WantedRules) -> Iterator[Command]:
    """The commands that give a service the conditions that its rule has."""
    known, now = _by_key(wanted.known_conditions or ()), _by_key(wanted.conditions)
    for key in dict.fromkeys([*known, *now]):
        was, becomes = known.get(key), now.get(key)
        if was and becomes and was.canonical() == becomes.canonical():
            continue
        path = f"failover:services.{wanted.service}.{key}"
        if becomes:
            yield config_remove(path)
        if was is None:
            continue
        for place, value in enumerate(was.values):
            yield from _entry(f"{path}[{place}]", value, was.keys[place] if was.keys else None)


def _by_key(conditions: Conditions) -> dict[str, Condition]:
    """Each condition by the key of the config that has it; what the config cannot have left out."""
    ordered = sorted(
        (each for each in conditions if each.field in set(Field)),
        key=lambda each: (list(_KEYS).index(Field(each.field)), each.name),
    )
    return {
        _KEYS[Field(each.field)] + (f"[{json.dumps(each.name)}]" if each.name else ""): each
        for each in ordered
    }


def _entry(path: str, value: str, key: str | None) -> Iterator[Command]:
    """The commands that set one entry of a list: a text, or the pair of a query string."""
    if key is None:
        yield config_set(path, value)
        return
    if key != "*":
        yield config_set(f"{path}.key", key)
    yield config_set(f"{path}.value", value)
