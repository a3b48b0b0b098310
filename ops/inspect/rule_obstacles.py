"""What stands in the way of giving a rule two weighted slots: the rule's own part."""

from __future__ import annotations

from collections.abc import Iterator

from ops.inspect.document import Inspection, Listener, Rule
from ops.inspect.obstacle import Obstacle, Weight
from ops.inspect.words import listed
from rollout.split import Slot
from settings.rule import MOST_CONDITION_VALUES, MOST_RULES, MOST_WILDCARDS

MOST_GROUPS = 5
"""Target groups of one forward action. Source: ELB user guide, "Quotas"."""

_SERVICE_FIELDS = ("host-header", "path-pattern")
_NEEDED_PRIORITIES = len(Slot)
_STEP = 10


def candidates(inspection: Inspection) -> Iterator[tuple[Listener, Rule]]:
    """Every rule that might become a service: those that forward, but no preview rules."""
    for listener in inspection.listeners:
        for rule in listener.rules:
            if rule.groups and not rule.is_preview:
                yield listener, rule


def subject_of(listener: Listener, rule: Rule) -> str:
    """`rule 100 on :443`."""
    name = "default rule" if rule.priority is None else f"rule {rule.priority}"
    return f"{name} on :{listener.port}"


def rule_obstacles(inspection: Inspection) -> Iterator[Obstacle]:
    """The obstacles of every rule that forwards, rule by rule."""
    for listener, rule in candidates(inspection):
        subject = subject_of(listener, rule)
        if rule.priority is None:
            yield _default_action(subject, rule, inspection)
            continue
        yield from _listener(subject, listener, rule)
        yield from _actions(subject, rule)
        yield from _conditions(subject, rule)
        yield from _values(subject, rule)
        yield from _groups(subject, rule)
        yield from _priorities(subject, listener, rule)


def _default_action(subject: str, rule: Rule, inspection: Inspection) -> Obstacle:
    names = listed([inspection.name_of(group.arn) for group in rule.groups])
    return Obstacle(
        "rule-default",
        Weight.STOPS,
        subject,
        f"the listener's default action forwards to {names}",
        "weights are kept in a rule of their own, which a default action is not",
        "give these requests a rule above it, then adopt that: aws elbv2 create-rule "
        f"--listener-arn LISTENER --priority 1000 --conditions Field=path-pattern,Values='/*' "
        f"--actions Type=forward,TargetGroupArn={rule.groups[0].arn}",
        (rule.arn,),
    )


def _listener(subject: str, listener: Listener, rule: Rule) -> Iterator[Obstacle]:
    if listener.protocol != "HTTPS":
        yield Obstacle(
            "rule-without-tls",
            Weight.STOPS,
            subject,
            f"it forwards what comes over {listener.protocol}",
            "a service has one rule, on an HTTPS listener; this traffic would keep its own way",
            "redirect it to HTTPS: aws elbv2 modify-rule --rule-arn "
            f"{rule.arn} --actions 'Type=redirect,RedirectConfig={{Protocol=HTTPS,Port=443,"
            "StatusCode=HTTP_301}'",
            (rule.arn,),
        )


def _actions(subject: str, rule: Rule) -> Iterator[Obstacle]:
    if len(rule.actions) > 1 or rule.has_transforms:
        others = [action.kind for action in rule.actions if action.kind != "forward"]
        yield Obstacle(
            "rule-other-action",
            Weight.STOPS,
            subject,
            f"beside forwarding it does {listed(others or ['a rewrite of the request'])}",
            "a service's rule forwards and does nothing else, so the program would take that away",
            "leave the rule as it is: do not name it as a service",
            (rule.arn,),
        )
    sticky = [a.stickiness_seconds for a in rule.actions if a.stickiness_seconds is not None]
    if sticky:
        actions = f"Type=forward,TargetGroupArn={rule.groups[0].arn}"
        yield Obstacle(
            "rule-stickiness",
            Weight.STOPS,
            subject,
            f"clients stick to a target group for {sticky[0]} s",
            "a client that sticks outlives the weight: a rollback would not reach it",
            "turn it off, which lets each client's next request choose anew: aws elbv2 "
            f"modify-rule --rule-arn {rule.arn} --actions {actions}",
            (rule.arn,),
        )


def _conditions(subject: str, rule: Rule) -> Iterator[Obstacle]:
    other = [c for c in rule.conditions if c.field not in _SERVICE_FIELDS or c.is_pattern]
    fields = [c.field for c in rule.conditions]
    twice = sorted({field for field in fields if fields.count(field) > 1} & set(_SERVICE_FIELDS))
    if not other and not twice:
        return
    names = [f"{c.field} {c.header or ''}".strip() for c in other] + [f"{f} twice" for f in twice]
    yield Obstacle(
        "rule-other-condition",
        Weight.STOPS,
        subject,
        f"it also looks at {listed(names)}",
        "a service is told by hosts and paths; the program would drop the rest of the conditions",
        "leave the rule as it is: do not name it as a service",
        (rule.arn,),
    )


def _values(subject: str, rule: Rule) -> Iterator[Obstacle]:
    values = [value for c in rule.conditions for value in c.values]
    most = MOST_CONDITION_VALUES - 1
    if len(values) > most:
        yield Obstacle(
            "rule-too-many-values",
            Weight.STOPS,
            subject,
            f"it has {len(values)} condition values",
            f"a rule takes {MOST_CONDITION_VALUES}, and each preview rule needs one of them for "
            "its header",
            f"bring it to {most}, by a wildcard or by a second rule with a target group of its "
            f"own: aws elbv2 modify-rule --rule-arn {rule.arn} --conditions ...",
            (rule.arn,),
        )
    wildcards = sum(value.count("*") + value.count("?") for value in values)
    if wildcards > MOST_WILDCARDS:
        yield Obstacle(
            "rule-too-many-wildcards",
            Weight.STOPS,
            subject,
            f"it has {wildcards} wildcards",
            f"a rule takes {MOST_WILDCARDS} of * and ? together",
            f"use fewer: aws elbv2 modify-rule --rule-arn {rule.arn} --conditions ...",
            (rule.arn,),
        )


def _groups(subject: str, rule: Rule) -> Iterator[Obstacle]:
    count = len(rule.groups)
    if count > len(Slot):
        yield Obstacle(
            "rule-too-many-groups",
            Weight.STOPS,
            subject,
            f"it forwards to {count} target groups",
            f"a service has two slots, and an action takes {MOST_GROUPS} groups at most: a third "
            "group would lose its traffic",
            f"take all but two out: aws elbv2 modify-rule --rule-arn {rule.arn} --actions ...",
            (rule.arn,),
        )
    elif not rule.split:
        weights = "/".join(str(group.weight) for group in rule.groups)
        yield Obstacle(
            "rule-odd-weights",
            Weight.STOPS,
            subject,
            f"its weights are {weights}",
            "a split is two whole numbers that sum to 100, and these shares are none",
            f"set such weights first: aws elbv2 modify-rule --rule-arn {rule.arn} --actions ...",
            (rule.arn,),
        )


def _priorities(subject: str, listener: Listener, rule: Rule) -> Iterator[Obstacle]:
    assert rule.priority is not None
    needed = range(rule.priority - _NEEDED_PRIORITIES, rule.priority)
    taken = [r for r in listener.rules if r.priority in needed and not r.is_preview]
    if not taken and needed.start >= 1:
        return
    held = [f"rule {r.priority}" for r in taken]
    missing = [f"there is no priority {place}" for place in needed if place < 1]
    yield Obstacle(
        "rule-priority-taken",
        Weight.STOPS,
        subject,
        f"the two priorities before it are not free: {listed([*held, *missing])}",
        "the preview rules of both slots come right before the service's rule",
        f"make room, in one step that keeps the order: {_spread_out(listener)}",
        (rule.arn,),
    )


def _spread_out(listener: Listener) -> str:
    """The command that gives every rule of the listener a place with room before it."""
    ordered = [rule for rule in listener.rules if rule.priority is not None]
    places = " ".join(
        f"RuleArn={rule.arn},Priority={_STEP * number}"
        for number, rule in enumerate(ordered, start=1)
    )
    return f"aws elbv2 set-rule-priorities --rule-priorities {places}"


def balancer_obstacles(inspection: Inspection, services: int) -> Iterator[Obstacle]:
    """What the load balancer as a whole has no room for.

    `services`: how many are to be adopted; each adds a preview rule a slot.
    """
    count = sum(r.priority is not None for each in inspection.listeners for r in each.rules)
    added = services * len(Slot)
    if count + added > MOST_RULES:
        yield Obstacle(
            "balancer-too-many-rules",
            Weight.STOPS,
            f"load balancer {inspection.load_balancer.name}",
            f"it has {count} rules, and {services} services add {added} preview rules",
            f"a load balancer takes {MOST_RULES}, unless AWS has raised the quota",
            "remove rules that nothing needs or adopt fewer services; what the account has: aws "
            "service-quotas list-service-quotas --service-code elasticloadbalancing",
        )
