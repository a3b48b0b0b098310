"""What to do about a rule that stands in the way: a command where one is known to be safe.

ModifyRule and ModifyListener replace all actions at once, so each command says every group, weight
and setting that is to stay. A rule that does more than forward gets no command: what it does
before, such as a log-in, has secrets that no reading gives back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ops.inspect.document import Inspection, ListenerReport, RuleReport, WeightedGroup
from ops.inspect.forward import forward_action
from ops.inspect.https_twin import https_twin
from ops.inspect.obstacle import LEAVE_RULE, Fix
from ops.inspect.room import LAST_PRIORITY, place_with_room
from ops.inspect.words import listed
from rollout.command import Command
from rollout.split import TOTAL_WEIGHT, Slot
from settings.rule import MOST_RULES

_FIRST_PLACE = 1000
"""Of a rule for all that no other rule takes, where the others leave it free."""
_ROOM_TO_GROW = 10
_STICKINESS_FIRST = Fix(
    "turn its stickiness off first, then inspect again: both at once would undo each other"
)
"""Each command says all of the action, as it was found: after one, the other is out of date."""


def rule_above(inspection: Inspection, listener: ListenerReport, rule: RuleReport) -> Fix:
    """A rule right before the default one that answers as it does."""
    if not rule.only_forwards:
        return Fix(
            "leave it as it is: it does more than forward, and a rule above it that only forwards "
            "would take that away from every request"
        )
    if listener.protocol != "HTTPS":
        return Fix("leave it as it is: a rule above it would be on this listener too")
    priorities = [each.priority or 0 for each in listener.rules]
    place = max(_FIRST_PLACE, max(priorities, default=0) + _ROOM_TO_GROW)
    if place > LAST_PRIORITY or inspection.rule_count >= MOST_RULES:
        return Fix("leave it as it is: there is no place for a rule of its own behind the others")
    command = _elbv2(
        inspection,
        "create-rule",
        {
            "listener-arn": listener.arn,
            "priority": str(place),
            "conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}],
            "actions": _same_forward(rule),
        },
    )
    return Fix(
        f"give these requests rule {place}, behind all others and with the same action, then adopt "
        "that",
        command,
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
    told = (
        f"its clients are sent to https on port {secure.port}, where the {place} answers as this "
        "one does; they must follow redirects, trust the certificate there, and send a POST again "
        "as GET"
    )
    config = {"Protocol": "HTTPS", "Port": str(secure.port), "StatusCode": "HTTP_302"}
    actions = [{"Type": "redirect", "RedirectConfig": config}]
    return Fix(f"redirect it: {told}", _modified(inspection, listener, rule, actions, told))


def without_stickiness(inspection: Inspection, rule: RuleReport) -> Fix:
    """The same forward, without stickiness."""
    if not rule.only_forwards:
        return LEAVE_RULE
    weights = "/".join(str(group.weight) for group in rule.groups)
    told = "each client's next request chooses anew"
    if len(rule.groups) > 1:
        told += f", by the weights as they are, {weights}"
    return Fix(
        f"turn it off: {told}",
        _forwarding(inspection, rule, rule.groups, told),
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
    out = listed([inspection.name_of(group.arn) for group in rule.groups if group not in kept])
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
    told = (
        f"the shares go from {share:.2f}/{TOTAL_WEIGHT - share:.2f} to {first}/{shares[1]}, so "
        f"{abs(share - first):.2f} of 100 requests move"
    )
    kept = [replace(g, weight=share) for g, share in zip(rule.groups, shares, strict=True)]
    return Fix(f"set the nearest whole shares: {told}", _forwarding(inspection, rule, kept, told))


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
        f"move this one rule to {place}, which passes no other rule; where a tool has made it, say "
        "so there too",
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
