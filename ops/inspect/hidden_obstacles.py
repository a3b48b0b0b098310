"""Rules that get no request, since an earlier rule of the listener takes all of theirs."""

from __future__ import annotations

from collections.abc import Iterator

from ops.inspect import document
from ops.inspect.document import Inspection, ListenerReport, RuleReport
from ops.inspect.obstacle import Fix, Obstacle, Weight
from ops.inspect.rule_obstacles import candidates, subject_of
from ops.inspect.words import actions_in_words
from rollout.conditions import Condition
from rollout.hidden_rules import hidden_rules
from rollout.rule_places import ListenerRule

_QUERY = "query-string"


def hidden_obstacles(inspection: Inspection) -> Iterator[Obstacle]:
    """Every rule that forwards and gets no request."""
    by_listener = {each.arn: _hiding(each, inspection) for each in inspection.listeners}
    for listener, rule in candidates(inspection):
        hiding = by_listener[listener.arn].get(rule.arn)
        if hiding is None:
            continue
        helps = hiding.narrowing
        if listener.is_of_a_stack(rule):
            helps += ", or look at `failover status` of its stack for the place before that rule"
        else:
            helps += ", or do not name this one as a service"
        yield Obstacle(
            "rule-hidden",
            Weight.NOTE,
            subject_of(listener, rule),
            f"it {hiding.taking_all}",
            "no weight of it moves anything, and `failover ramp` refuses what no gate can judge",
            Fix(helps),
            (rule.arn,),
        )


def _hiding(listener: ListenerReport, inspection: Inspection) -> dict[str, ListenerRule]:
    """The ARN of each rule that gets no request, with the rule that takes all of them."""
    listed = [
        _listed(each, inspection)
        for each in listener.rules
        if each.priority is not None and not each.is_preview
    ]
    return {each.rule.key: each.by for each in hidden_rules(listed)}


def _listed(rule: RuleReport, inspection: Inspection) -> ListenerRule:
    assert rule.priority is not None
    conditions = tuple(map(_condition, rule.conditions))
    return ListenerRule(
        rule.arn, rule.priority, conditions, does=actions_in_words(rule, inspection)
    )


def _condition(condition: document.RuleConditionReport) -> Condition:
    """As it is compared; a pattern or a pair only with one that is written alike."""
    field = condition.field
    if condition.is_pattern or field == _QUERY:
        field = f"{field}.as-written"
    return Condition(field, condition.values, condition.header or "")
