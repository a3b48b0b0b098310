"""What prevents two weighted slots in a rule."""

from __future__ import annotations

from collections.abc import Iterator

from ops.inspect import document, rule_fixes
from ops.inspect.document import Inspection, ListenerReport, RuleReport
from ops.inspect.obstacle import LEAVE_RULE, Fix, Obstacle, Weight
from ops.inspect.rule_fixes import NEEDED_PRIORITIES, has_room, taken_before
from ops.inspect.words import actions_in_words
from ops.words import joined_words
from rollout.conditions import Condition, Field
from rollout.hidden_rules import hidden_rules
from rollout.rule_places import ListenerRule
from rollout.split import Slot
from settings.rule import MOST_CONDITION_VALUES, MOST_RULES, MOST_WILDCARDS

MOST_GROUPS = 5
"""Target groups of one forward action. Source: ELB user guide, "Quotas"."""


def candidates(inspection: Inspection) -> Iterator[tuple[ListenerReport, RuleReport]]:
    """Every rule that might become a service: those that forward requests, but no preview rules."""
    for listener in inspection.listeners:
        for rule in listener.reached:
            if rule.groups and not rule.is_preview:
                yield listener, rule


def subject_of(listener: ListenerReport, rule: RuleReport) -> str:
    """`rule 100 on :443`."""
    name = "default rule" if rule.priority is None else f"rule {rule.priority}"
    return f"{name} on :{listener.port}"


def rule_obstacles(inspection: Inspection) -> Iterator[Obstacle]:
    """The obstacles of every rule that forwards, rule by rule."""
    for listener, rule in candidates(inspection):
        subject = subject_of(listener, rule)
        yield from _listener(subject, listener, rule, inspection)
        yield from _actions(subject, listener, rule)
        if rule.priority is None:
            yield _default_action(subject, listener, rule, inspection)
            continue
        yield from _stickiness(subject, rule, inspection)
        yield from _conditions(subject, rule)
        yield from _values(subject, rule)
        yield from _groups(subject, rule, inspection)
        yield from _priorities(subject, listener, rule, inspection)


def _default_action(
    subject: str, listener: ListenerReport, rule: RuleReport, inspection: Inspection
) -> Obstacle:
    names = joined_words([inspection.name_of(group.arn) for group in rule.groups])
    return Obstacle(
        "rule-default",
        Weight.STOPS,
        subject,
        f"the listener's default action forwards to {names}",
        "weights are kept in a rule of their own, which a default action is not",
        rule_fixes.rule_above(inspection, listener, rule),
        (rule.arn,),
    )


def _listener(
    subject: str, listener: ListenerReport, rule: RuleReport, inspection: Inspection
) -> Iterator[Obstacle]:
    if listener.protocol != "HTTPS":
        yield Obstacle(
            "rule-without-tls",
            Weight.STOPS,
            subject,
            f"it forwards what comes over {listener.protocol}",
            "a service has one rule, on an HTTPS listener; this traffic would keep its own way",
            rule_fixes.redirect(inspection, listener, rule),
            (rule.arn,),
        )


def _actions(subject: str, listener: ListenerReport, rule: RuleReport) -> Iterator[Obstacle]:
    is_secure = listener.protocol == "HTTPS"
    if rule.only_forwards or (is_secure and rule.is_adoptable):
        return
    others = [each.answer or each.kind for each in rule.actions if each.kind != "forward"]
    yield Obstacle(
        "rule-other-action",
        Weight.STOPS,
        subject,
        f"before it forwards it {joined_words(others or ['rewrites the request'])}",
        "a service's rule forwards, after a login or not, and does nothing else: this would be "
        "gone, for every request",
        LEAVE_RULE,
        (rule.arn,),
    )


def _stickiness(subject: str, rule: RuleReport, inspection: Inspection) -> Iterator[Obstacle]:
    sticky = [a.stickiness_seconds for a in rule.actions if a.stickiness_seconds is not None]
    if sticky:
        yield Obstacle(
            "rule-stickiness",
            Weight.STOPS,
            subject,
            f"clients stick to a target group for {sticky[0]} s",
            "a client that sticks outlives the weight: a rollback would not reach it",
            rule_fixes.without_stickiness(inspection, rule),
            (rule.arn,),
        )


def _conditions(subject: str, rule: RuleReport) -> Iterator[Obstacle]:
    names = list(_kept_by_no_config(rule))
    if names:
        yield Obstacle(
            "rule-other-condition",
            Weight.STOPS,
            subject,
            f"it also looks at {joined_words(names)}",
            "a service has one list of values for each header, and one each of hosts, paths, "
            "methods, query strings and source addresses, with * and ? but no regular expressions; "
            "the program would drop the other conditions",
            LEAVE_RULE,
            (rule.arn,),
        )


def _kept_by_no_config(rule: RuleReport) -> Iterator[str]:
    """The conditions of a rule that no config of a service can have, in words."""
    known: set[tuple[str, str]] = set()
    for condition in rule.conditions:
        name = f"{condition.field} {condition.header or ''}".strip()
        of = condition.field, (condition.header or "").lower()
        if condition.field not in set(Field):
            yield name
        elif condition.is_pattern:
            yield f"{name} by a regular expression"
        elif of in known:
            yield f"{name} twice"
        known.add(of)


def _values(subject: str, rule: RuleReport) -> Iterator[Obstacle]:
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
            Fix(
                f"leave the rule as it is, or bring it to {most} first: by a wildcard in place of "
                "several values, or by a second rule with a target group of its own"
            ),
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
            Fix("leave the rule as it is, or use fewer first"),
            (rule.arn,),
        )


def _groups(subject: str, rule: RuleReport, inspection: Inspection) -> Iterator[Obstacle]:
    count = len(rule.groups)
    if count > len(Slot):
        yield Obstacle(
            "rule-too-many-groups",
            Weight.STOPS,
            subject,
            f"it forwards to {count} target groups",
            f"a service has two slots, and an action takes {MOST_GROUPS} groups at most: a third "
            "group would lose its traffic",
            rule_fixes.two_groups(inspection, rule),
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
            rule_fixes.whole_shares(inspection, rule),
            (rule.arn,),
        )


def _priorities(
    subject: str, listener: ListenerReport, rule: RuleReport, inspection: Inspection
) -> Iterator[Obstacle]:
    if has_room(listener, rule):
        return
    yield Obstacle(
        "rule-priority-taken",
        Weight.STOPS,
        subject,
        f"the two priorities before it are not free: {_places_before(listener, rule)}",
        "the preview rules of both slots come right before the service's rule",
        rule_fixes.room(inspection, listener, rule),
        (rule.arn,),
    )


def _places_before(listener: ListenerReport, rule: RuleReport) -> str:
    assert rule.priority is not None
    places = range(rule.priority - NEEDED_PRIORITIES, rule.priority)
    held = [f"rule {each.priority}" for each in taken_before(listener, rule)]
    missing = [f"there is no priority {place}" for place in places if place < 1]
    return joined_words([*held, *missing])


def balancer_obstacles(inspection: Inspection, services: int) -> Iterator[Obstacle]:
    """What the load balancer as a whole has no room for.

    `services`: how many are to be adopted; each adds a preview rule a slot.
    """
    count = inspection.rule_count
    added = services * len(Slot)
    if count + added > MOST_RULES:
        yield Obstacle(
            "balancer-too-many-rules",
            Weight.STOPS,
            f"load balancer {inspection.load_balancer.name}",
            f"it has {count} rules, and {services} services add {added} preview rules",
            f"a load balancer takes {MOST_RULES}, unless AWS has raised the quota",
            Fix(
                "remove rules that nothing needs, adopt fewer services, or ask AWS for more "
                '(Service Quotas: "Rules per Application Load Balancer")'
            ),
        )


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
