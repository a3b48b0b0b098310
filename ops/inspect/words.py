"""Rules, conditions and actions in plain words."""

from __future__ import annotations

from collections.abc import Iterable

from ops.inspect.document import Action, Inspection, RuleConditionReport, RuleReport

_SUBJECTS = {
    "host-header": "host",
    "path-pattern": "path",
    "query-string": "query string",
    "http-request-method": "method",
    "source-ip": "source address",
}


def conditions_in_words(rule: RuleReport) -> str:
    """`host is www.example.com, and path is /portal or /portal/*`."""
    if rule.priority is None:
        return "every other request"
    return ", and ".join(_condition(condition) for condition in rule.conditions) or "every request"


def _condition(condition: RuleConditionReport) -> str:
    subject = _SUBJECTS.get(condition.field, condition.field)
    if condition.header is not None:
        subject = f"header {condition.header}"
    verb = "matches" if condition.is_pattern else "is"
    return f"{subject} {verb} {' or '.join(condition.values)}"


def actions_in_words(rule: RuleReport, inspection: Inspection) -> str:
    """`forwards 75/25 to web-01-tg and web-02-tg`; several actions in their order."""
    said = ", then ".join(_action(action, inspection) for action in rule.actions)
    return f"rewrites the request, {said}" if rule.has_transforms else said


def _action(action: Action, inspection: Inspection) -> str:
    if action.kind != "forward":
        return action.answer or action.kind
    # AWS lists them in no order.
    groups = sorted(action.groups, key=lambda group: inspection.name_of(group.arn))
    names = [inspection.name_of(group.arn) for group in groups]
    weights = "/".join(str(group.weight) for group in groups)
    said = (
        f"forwards to {names[0]}" if len(names) == 1 else f"forwards {weights} to {listed(names)}"
    )
    if action.stickiness_seconds is not None:
        said += f", a client sticking to its group for {action.stickiness_seconds} s"
    return said


def listed(names: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
