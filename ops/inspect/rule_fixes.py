"""What to do about a rule that prevents weighted slots: the command, or why there is none. Pure."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ops.inspect.document import (
    Inspection,
    ListenerReport,
    RuleConditionReport,
    RuleReport,
    WeightedGroup,
)
from ops.inspect.obstacle import LEAVE_RULE, Fix
from ops.words import joined_words
from rollout.command import Command
from rollout.split import TOTAL_WEIGHT, Slot
from settings.rule import MOST_RULES

_COMPARED = ("host-header", "path-pattern")


def can_meet(one: str, other: str) -> bool:
    """Whether some text matches both; `*` is any number of characters, `?` exactly one.

    A backslash, which takes a wildcard literally, counts as a wildcard here: rather yes than no.
    """
    one, other = one.replace("\\", "*"), other.replace("\\", "*")

    @functools.cache
    def meet(i: int, j: int) -> bool:
        if i == len(one) or j == len(other):
            return set(one[i:] + other[j:]) <= {"*"}
        if one[i] == "*":
            return meet(i + 1, j) or meet(i, j + 1)
        if other[j] == "*":
            return meet(i, j + 1) or meet(i + 1, j)
        return ("?" in (one[i], other[j]) or one[i] == other[j]) and meet(i + 1, j + 1)

    return meet(0, 0)


def may_share_requests(one: RuleReport, other: RuleReport) -> bool:
    """Whether a request can meet both; only hosts and paths can rule that out."""
    return not any(
        _are_apart(a, b) for a in one.conditions for b in other.conditions if a.field == b.field
    )


def _are_apart(one: RuleConditionReport, other: RuleConditionReport) -> bool:
    if one.field not in _COMPARED or one.is_pattern or other.is_pattern:
        return False
    ones, others = (_spelled(c.field, c.values) for c in (one, other))
    return not any(can_meet(a, b) for a in ones for b in others)


def _spelled(field: str, values: Iterable[str]) -> list[str]:
    """Hosts in any letter case are one. Source: ELB user guide, "Host conditions"."""
    return [value.lower() if field == "host-header" else value for value in values]


def https_twin(
    listeners: Sequence[ListenerReport], listener: ListenerReport, rule: RuleReport
) -> tuple[ListenerReport, RuleReport] | None:
    """The rule that answers the same requests in the same way, with the listener that has it.

    None of its listener's rules may take any of these requests before it, unless a rule for the
    same requests takes them on `listener` too.
    """
    at = listener.rules.index(rule)
    taken = {_conditions(each) for each in listener.rules[:at]}
    for other in listeners:
        if other.protocol != "HTTPS" or not other.certificate_arns:
            continue
        for each in (rule for rule in other.rules if not rule.is_preview):
            if _conditions(each) == _conditions(rule):
                if each.only_forwards and each.actions == rule.actions:
                    return other, each
                break
            if may_share_requests(each, rule) and _conditions(each) not in taken:
                break
    return None


def _conditions(rule: RuleReport) -> frozenset[object]:
    """What makes a rule true, however it is written down."""
    return frozenset(
        (c.field, frozenset(c.values), c.header, c.is_pattern) for c in rule.conditions
    )


def forward_action(
    groups: Iterable[WeightedGroup], stickiness_seconds: int | None
) -> dict[str, Any]:
    """The action of a ModifyRule or ModifyListener. Source: ELBv2 API, ForwardActionConfig."""
    stickiness: dict[str, Any] = {"Enabled": stickiness_seconds is not None}
    if stickiness_seconds is not None:
        stickiness["DurationSeconds"] = stickiness_seconds
    weighted = [{"TargetGroupArn": group.arn, "Weight": group.weight} for group in groups]
    config = {"TargetGroups": weighted, "TargetGroupStickinessConfig": stickiness}
    return {"Type": "forward", "ForwardConfig": config}


NEEDED_PRIORITIES = len(Slot)
"""A service's preview rules come right before its own."""
LAST_PRIORITY = 50_000
"""Source: ELBv2 API, CreateRule, Priority."""
_STEP = NEEDED_PRIORITIES + 1


def taken_before(listener: ListenerReport, rule: RuleReport) -> list[RuleReport]:
    """The rules at the priorities that the preview rules of `rule` need."""
    assert rule.priority is not None
    needed = range(rule.priority - NEEDED_PRIORITIES, rule.priority)
    return [each for each in listener.rules if each.priority in needed and not each.is_preview]


def has_room(listener: ListenerReport, rule: RuleReport) -> bool:
    """Whether the two priorities before it are there and free."""
    assert rule.priority is not None
    return rule.priority > NEEDED_PRIORITIES and not taken_before(listener, rule)


def place_with_room(listener: ListenerReport, rule: RuleReport) -> int | None:
    """A priority with room before it that `rule` can have without passing another rule.

    It is the nearest one, but for the room that rules right before it need as well: of several in
    a row the last one moves first, and far enough for all of them.
    """
    placed = [each for each in listener.rules if each.priority is not None]
    at = placed.index(rule)
    start = at
    while start > 0 and _wants_room(listener, placed[start - 1]):
        start -= 1
    least = _priority(placed, at - 1) + _STEP
    wanted = _priority(placed, start - 1) + _STEP * (at - start + 1)
    most = LAST_PRIORITY
    if at + 1 < len(placed):
        following = placed[at + 1]
        most = _priority(placed, at + 1) - 1
        spared = most - NEEDED_PRIORITIES
        if following.groups and has_room(listener, following) and spared >= least:
            most = spared
    return min(max(wanted, least), most) if least <= most else None


def _wants_room(listener: ListenerReport, rule: RuleReport) -> bool:
    return (
        bool(rule.groups)
        and not rule.is_preview
        and not listener.is_of_a_stack(rule)
        and not has_room(listener, rule)
    )


def _priority(placed: list[RuleReport], at: int) -> int:
    return (placed[at].priority or 0) if at >= 0 else 0


FOR_ALL = [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}]
"""The conditions of a rule for every request: AWS takes no rule without one."""
_FIRST_PLACE = 1000
"""Of a rule for all that no other rule takes, where the others leave it free."""
_ROOM_TO_GROW = 10
_STICKINESS_FIRST = Fix(
    "turn its stickiness off first, then inspect again: both at once would undo each other"
)
"""Each command sets the whole action as it was read: after one, the other is out of date."""


def place_behind(inspection: Inspection, listener: ListenerReport) -> int | None:
    """The priority of a rule behind all others, with two free ones before it; `None` for none."""
    priorities = [each.priority or 0 for each in listener.rules]
    place = max(_FIRST_PLACE, max(priorities, default=0) + _ROOM_TO_GROW)
    is_free = place <= LAST_PRIORITY and inspection.rule_count < MOST_RULES
    return place if is_free else None


def rule_above(inspection: Inspection, listener: ListenerReport, rule: RuleReport) -> Fix:
    """A rule right before the default one that answers as it does."""
    if not rule.is_adoptable:
        return Fix(
            "leave it as it is: it does more than forward, and a rule above it that only forwards "
            "would take that away from every request"
        )
    if listener.protocol != "HTTPS":
        return Fix("leave it as it is: a rule above it would be on this listener too")
    place = place_behind(inspection, listener)
    if place is None:
        return Fix("leave it as it is: there is no place for a rule of its own behind the others")
    sentence = (
        f"give these requests rule {place}, behind all others and with the same actions; "
        "`failover adopt` adds it, with --apply, for a service that --service names"
    )
    if not rule.only_forwards:
        return Fix(f"{sentence}, the login included")
    return Fix(
        f"{sentence}, and this command does too",
        _elbv2(
            inspection,
            "create-rule",
            {
                "listener-arn": listener.arn,
                "priority": str(place),
                "conditions": FOR_ALL,
                "actions": _same_forward(rule),
            },
        ),
    )


def redirect(inspection: Inspection, listener: ListenerReport, rule: RuleReport) -> Fix:
    """A redirect, where the same requests are answered in the same way over HTTPS."""
    twin = https_twin(inspection.listeners, listener, rule) if rule.only_forwards else None
    if twin is None:
        return Fix(
            "leave it as it is, until an HTTPS listener with a certificate answers the same "
            "requests in the same way; then it can redirect there"
        )
    secure, same = twin
    place = f"rule {same.place}" if same.priority is not None else "default rule"
    moves = (
        f"its clients are sent to https on port {secure.port}, where the {place} answers as this "
        "one does; they must follow redirects, trust the certificate there, and send a POST again "
        "as GET"
    )
    config = {"Protocol": "HTTPS", "Port": str(secure.port), "StatusCode": "HTTP_302"}
    actions = [{"Type": "redirect", "RedirectConfig": config}]
    return Fix(f"redirect it: {moves}", _modified(inspection, listener, rule, actions, moves))


def without_stickiness(inspection: Inspection, rule: RuleReport) -> Fix:
    """The same forward, without stickiness."""
    if not rule.only_forwards:
        return LEAVE_RULE
    weights = "/".join(str(group.weight) for group in rule.groups)
    moves = "the next request of each client chooses its group again"
    if len(rule.groups) > 1:
        moves += f", by the current weights {weights}"
    return Fix(
        f"turn it off: {moves}",
        _forwarding(inspection, rule, rule.groups, moves),
    )


def two_groups(inspection: Inspection, rule: RuleReport) -> Fix:
    """The same forward, without groups that get no request."""
    live = [group for group in rule.groups if group.weight]
    if not rule.only_forwards or not live or len(live) > len(Slot):
        return LEAVE_RULE
    if rule.actions[0].stickiness_seconds is not None:
        return _STICKINESS_FIRST
    spare = [group for group in rule.groups if not group.weight][: len(Slot) - len(live)]
    kept = [group for group in rule.groups if group in (*live, *spare)]
    out = joined_words(
        [inspection.name_of(group.arn) for group in rule.groups if group not in kept]
    )
    return Fix(
        f"take {out} out, which has weight 0 and so gets no request; nothing checks the health of "
        "its targets then",
        _forwarding(inspection, rule, kept, ""),
    )


def whole_shares(inspection: Inspection, rule: RuleReport) -> Fix:
    """The nearest shares of 100."""
    total = sum(group.weight for group in rule.groups)
    if not rule.only_forwards or not total:
        return LEAVE_RULE
    if rule.actions[0].stickiness_seconds is not None:
        return _STICKINESS_FIRST
    share = rule.groups[0].weight * TOTAL_WEIGHT / total
    first = round(share)
    if all(group.weight for group in rule.groups):
        # Who has some keeps some: to round a share away would take a group out of service.
        first = min(max(first, 1), TOTAL_WEIGHT - 1)
    shares = (first, TOTAL_WEIGHT - first)
    moves = (
        f"the shares go from {share:.2f}/{TOTAL_WEIGHT - share:.2f} to {first}/{shares[1]}, so "
        f"{abs(share - first):.2f} of 100 requests move"
    )
    kept = [replace(g, weight=share) for g, share in zip(rule.groups, shares, strict=True)]
    return Fix(f"set the nearest whole shares: {moves}", _forwarding(inspection, rule, kept, moves))


def room(inspection: Inspection, listener: ListenerReport, rule: RuleReport) -> Fix:
    """Another priority for this one rule, in the same order."""
    if listener.is_of_a_stack(rule):
        return Fix("leave it as it is: a stack has this rule, and its config has the priority")
    place = place_with_room(listener, rule)
    if place is None:
        return Fix(
            "leave the rule as it is: no priority up to the next rule has two free ones before it, "
            "and to move other rules is for those who have them"
        )
    command = _elbv2(
        inspection,
        "set-rule-priorities",
        {"rule-priorities": [{"RuleArn": rule.arn, "Priority": place}]},
    )
    return Fix(
        f"move this one rule to {place}, which passes no other rule; if a tool manages the rule, "
        "change its priority there too",
        command,
    )


def _forwarding(
    inspection: Inspection, rule: RuleReport, groups: Sequence[WeightedGroup], moves: str
) -> Command:
    """The forward to these groups, without stickiness."""
    options = {"rule-arn": rule.arn, "actions": [forward_action(groups, None)]}
    return _elbv2(inspection, "modify-rule", options, moves)


def _modified(
    inspection: Inspection,
    listener: ListenerReport,
    rule: RuleReport,
    actions: list[dict[str, Any]],
    moves: str,
) -> Command:
    """Other actions; a default rule's are its listener's. Source: ELBv2 API, ModifyRule."""
    if rule.priority is None:
        options = {"listener-arn": listener.arn, "default-actions": actions}
        return _elbv2(inspection, "modify-listener", options, moves)
    return _elbv2(inspection, "modify-rule", {"rule-arn": rule.arn, "actions": actions}, moves)


def _same_forward(rule: RuleReport) -> list[dict[str, Any]]:
    return [forward_action(rule.groups, rule.actions[0].stickiness_seconds)]


def _elbv2(
    inspection: Inspection, operation: str, options: Mapping[str, Any], moves: str = ""
) -> Command:
    return Command.of_aws(
        "elbv2",
        operation,
        options,
        region=inspection.region,
        profile=inspection.profile,
        moves=moves,
    )
