"""A rule of its own for a service that the default action of a listener forwards to.

Weights are kept in a rule. The new one is behind all others and has the default's own actions, so
that every request goes where it went before; the default action stays as it is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ops.adopt.adoption import actions_of, read_rules
from ops.adopt.answers import Answers, rule_of
from ops.errors import InputError, RefusedError, UnsureError
from ops.inspect.calls import Calls, reported
from ops.inspect.document import Inspection, ListenerReport, RuleReport
from ops.inspect.obstacles import obstacles
from ops.inspect.rule_fixes import FOR_ALL, place_behind


@dataclass(frozen=True, slots=True)
class DefaultService:
    """A service whose requests come by the default action of a listener."""

    service: str
    listener: ListenerReport
    rule: RuleReport
    """The default one."""
    place: int
    """The priority of the rule that is to be added."""

    def __str__(self) -> str:
        login = ", its login included" if self.rule.login is not None else ""
        return (
            f"rule {self.place} on :{self.listener.port} for {self.service}: path is /*, behind "
            f"all others, with the actions of the default one{login}; the default action stays"
        )


def of_defaults(inspection: Inspection, answers: Answers) -> list[DefaultService]:
    """The services that only a default action forwards to.

    Raises:
        RefusedError: a rule with the same actions could not be adopted.
    """
    found = [
        _placed(service, listener, rule, inspection)
        for service, group in answers.services.items()
        if rule_of(inspection, group) is None
        for listener in inspection.listeners
        for rule in listener.reached
        if rule.priority is None
        and listener.protocol == "HTTPS"
        and group in [inspection.name_of(each.arn) for each in rule.groups]
    ]
    places = [each.listener.arn for each in found]
    if len(set(places)) < len(places):
        names = " and ".join(each.service for each in found)
        raise InputError(f"{names}: one default action forwards to both; name one of them")
    return found


def _placed(
    service: str, listener: ListenerReport, rule: RuleReport, inspection: Inspection
) -> DefaultService:
    place = place_behind(inspection, listener)
    if place is None or not rule.is_adoptable:
        why = "it does more" if place is not None else "no priority behind all rules is free"
        raise RefusedError(
            f"the default action of :{listener.port} forwards to {service}, and no rule of its own "
            f"can take its place: {why}"
        )
    made = replace(rule, arn=f"{rule.arn}/new", priority=place)
    rules = (*(each for each in listener.rules if each is not rule), made)
    listeners = tuple(
        replace(each, rules=rules) if each is listener else each for each in inspection.listeners
    )
    found = obstacles(replace(inspection, listeners=listeners), {made.arn})
    stopping = [f"{each.subject}: {each.what}" for each in found if each.stops]
    if stopping:
        raise RefusedError(
            f"the default action of :{listener.port} forwards to {service}, and a rule with the "
            f"same actions could not be adopted; nothing was changed: {'; '.join(stopping)}"
        )
    return DefaultService(service, listener, rule, place)


def add_rules(
    wanted: list[DefaultService], client_secrets: Mapping[str, str], calls: Calls
) -> None:
    """Make the rules, and read each back.

    Args:
        wanted: What to make.
        client_secrets: Service to the secret of its login's client, which a new rule needs.
        calls: Makes the clients.

    Raises:
        UnsureError: AWS gave no answer, or a rule is not as it should be.
    """
    for each in wanted:
        actions = actions_of(each.rule, client_secrets.get(each.service))
        with contextlib.closing(calls.client("elbv2")) as elb, reported():
            made = elb.create_rule(
                ListenerArn=each.listener.arn,
                Priority=each.place,
                Conditions=FOR_ALL,
                Actions=actions,
            )
        arn = made["Rules"][0]["RuleArn"]
        found = read_rules(calls, [arn])[arn]
        if (found.groups, found.login) != (each.rule.groups, each.rule.login):
            raise UnsureError(f"{each} was added and is not as it should be: {found}")
