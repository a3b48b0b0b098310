"""Rules, conditions, actions and target groups in words."""

from __future__ import annotations

from collections import Counter

from ops.inspect.document import (
    Action,
    AutoScalingGroup,
    Details,
    Inspection,
    RuleConditionReport,
    RuleReport,
    TargetGroupReport,
)
from ops.words import joined_words

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
    actions = ", then ".join(_action(action, inspection) for action in rule.actions)
    return f"rewrites the request, {actions}" if rule.has_transforms else actions


def _action(action: Action, inspection: Inspection) -> str:
    if action.kind != "forward":
        return action.answer or action.kind
    # AWS lists them in no order.
    groups = sorted(action.groups, key=lambda group: inspection.name_of(group.arn))
    names = [inspection.name_of(group.arn) for group in groups]
    weights = "/".join(str(group.weight) for group in groups)
    text = (
        f"forwards to {names[0]}"
        if len(names) == 1
        else f"forwards {weights} to {joined_words(names)}"
    )
    if action.stickiness_seconds is not None:
        text += f", a client sticking to its group for {action.stickiness_seconds} s"
    return text


NOT_READ = "not read"


def health(group: TargetGroupReport, inspection: Inspection) -> str:
    """`2 healthy, 1 initial`; of a group that was not read, what its Auto Scaling group thinks."""
    if group.details is not None:
        return health_of(group.details)
    fleet = inspection.auto_scaling_groups_of(group.arn)
    if not fleet:
        return NOT_READ
    serving = sum(i.health == "Healthy" for each in fleet for i in each.in_service)
    desired = sum(each.desired for each in fleet)
    return f"{NOT_READ}; {serving} of {desired} in service by Auto Scaling"


def health_of(details: Details) -> str:
    """The targets by their states."""
    counted = Counter(target.state for target in details.targets)
    return ", ".join(f"{count} {state}" for state, count in sorted(counted.items())) or "no target"


def stickiness(group: TargetGroupReport) -> str:
    """`on`, `off`, or that it was not read."""
    if group.details is None:
        return NOT_READ
    return "on" if group.details.has_stickiness else "off"


def checks(group: TargetGroupReport) -> str:
    """`GET /healthz every 10 s, 200`."""
    check = group.check
    return f"{check.path or check.protocol} every {check.interval_seconds} s, {check.matcher}"


def fleet(group: AutoScalingGroup) -> str:
    """`web-asg, 2 of 1 to 4`."""
    return f"{group.name}, {group.desired} of {group.min_size} to {group.max_size}"


def template(group: AutoScalingGroup) -> str:
    """`launch template web, version 3`."""
    found = group.template
    version = f", version {found.version}" if found.version else ""
    gone = ", which is gone: nothing can be launched" if found.is_gone else ""
    return f"{found.kind} {found.name}{version}{gone}".strip()


def images(group: AutoScalingGroup) -> str:
    """The images that its instances run."""
    return ", ".join(group.image_ids) or NOT_READ


def calls(inspection: Inspection) -> str:
    """How much was asked, and of how many groups all is known."""
    full = sum(group.details is not None for group in inspection.target_groups)
    total = len(inspection.target_groups)
    text = f"{inspection.calls} API calls; health and attributes of {full} of {total} target groups"
    return text if full == total else f"{text} (--all reads the rest, two calls each)"
