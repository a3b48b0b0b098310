from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops.inspect.document import Action, Condition, Inspection, Rule
from ops.inspect.obstacle import MOST_TOLD, alike
from ops.inspect.obstacles import obstacles
from settings.rule import PREVIEW_HEADER
from tests.ops.balancers import (
    CHECK,
    PORTAL,
    WEB,
    fleet,
    forward,
    group,
    inspection,
    listener,
    rule,
    rule_arn,
)

SOURCES = Path(__file__).parents[3] / "ops" / "inspect"


def with_rule(**changed: Any) -> Inspection:
    spoiled = rule(20, WEB, "/*", **changed)
    return inspection(listeners=(listener(rule(10, PORTAL, "/portal"), spoiled),))


def with_group(**changed: Any) -> Inspection:
    return inspection(target_groups=(group(PORTAL), group(WEB, **changed)))


def with_named(name: str) -> Inspection:
    return inspection(
        listeners=(listener(rule(20, name, "/*")),),
        target_groups=(group(name),),
        auto_scaling_groups=(fleet("web", name),),
    )


def five_values() -> Rule:
    return rule(20, WEB, *(f"/{n}" for n in range(4)))


def details_of(found: Any, **changed: Any) -> Any:
    return replace(found.details, **changed)


SPOILED: dict[str, tuple[Inspection, str, str]] = {
    "rule-default": (
        inspection(listeners=(listener(replace(rule(None, WEB), conditions=())),)),
        "default rule on :443: the listener's default action forwards to acme-us-prd-web-tg",
        "aws elbv2 create-rule",
    ),
    "rule-without-tls": (
        inspection(listeners=(listener(rule(20, WEB, "/*"), port=80, protocol="HTTP"),)),
        "rule 20 on :80: it forwards what comes over HTTP",
        "Type=redirect",
    ),
    "rule-other-action": (
        with_rule(actions=(Action("authenticate-oidc"), forward((WEB, 1)))),
        "rule 20 on :443: beside forwarding it does authenticate-oidc",
        "do not name it as a service",
    ),
    "rule-stickiness": (
        with_rule(actions=(forward((WEB, 1), stickiness_seconds=600),)),
        "rule 20 on :443: clients stick to a target group for 600 s",
        f"aws elbv2 modify-rule --rule-arn {rule_arn(20)} --actions Type=forward,TargetGroupArn=",
    ),
    "rule-other-condition": (
        with_rule(conditions=(Condition("http-header", ("yes",), "X-Beta"),)),
        "rule 20 on :443: it also looks at http-header X-Beta",
        "do not name it as a service",
    ),
    "rule-too-many-values": (
        inspection(listeners=(listener(five_values()),)),
        "rule 20 on :443: it has 5 condition values",
        "bring it to 4",
    ),
    "rule-too-many-wildcards": (
        with_rule(conditions=(Condition("path-pattern", ("/*/*/*/*", "/?/?/?")),)),
        "rule 20 on :443: it has 7 wildcards",
        "--conditions",
    ),
    "rule-too-many-groups": (
        with_rule(actions=(forward((WEB, 1), ("b", 1), ("c", 1)),)),
        "rule 20 on :443: it forwards to 3 target groups",
        "take all but two out",
    ),
    "rule-odd-weights": (
        with_rule(actions=(forward((WEB, 1), ("b", 2)),)),
        "rule 20 on :443: its weights are 1/2",
        "aws elbv2 modify-rule",
    ),
    "rule-priority-taken": (
        inspection(listeners=(listener(rule(19, PORTAL, "/portal"), rule(20, WEB, "/*")),)),
        "rule 20 on :443: the two priorities before it are not free: rule 19",
        "aws elbv2 set-rule-priorities",
    ),
    "balancer-too-many-rules": (
        inspection(listeners=(listener(*(rule(10 * n, f"g{n}", f"/{n}") for n in range(1, 41))),)),
        "load balancer shop: it has 40 rules, and 40 services add 80 preview rules",
        "adopt fewer services",
    ),
    "group-unused": (
        inspection(target_groups=(group(PORTAL), group(WEB), group("spare"))),
        "target group spare: no rule forwards to it",
        "--second-group SERVICE=spare",
    ),
    "group-stickiness": (
        with_group(details=details_of(group(WEB), has_stickiness=True)),
        "target group acme-us-prd-web-tg: stickiness is on",
        "Key=stickiness.enabled,Value=false",
    ),
    "group-shared": (
        inspection(listeners=(listener(rule(10, WEB, "/a"), rule(20, WEB, "/*")),)),
        "target group acme-us-prd-web-tg: 2 rules forward to it: rule 10 on :443 and rule 20",
        "a target group of its own",
    ),
    "group-without-second": (
        inspection(),
        "target group acme-us-prd-portal-tg: there is no second group beside it",
        "failover adopt makes slot 02",
    ),
    "group-name": (
        with_named("Web"),
        "target group Web: its name is not {org}-{region}-{environment}-{service}-{slot}-tg",
        "failover adopt names it in the stack config as it is",
    ),
    "group-name-too-long": (
        with_named("hankooktire-useast1-prod-web-tg"),
        "a second group of that name, hankooktire-useast1-prod-web-02-tg, has 34 characters",
        "--second-name SERVICE=nkooktire-useast1-prod-web-02-tg",
    ),
    "group-kind": (
        with_group(check=replace(CHECK, port="9000")),
        "target group acme-us-prd-web-tg: its health checks go to HTTP port 9000",
        "leave the rule as it is",
    ),
    "group-instances-by-hand": (
        inspection(auto_scaling_groups=(fleet("portal", PORTAL), fleet("web", WEB, instances=()))),
        "2 of its targets are in no Auto Scaling group: i-acme-us-prd-web-tg-0 and",
        "aws autoscaling attach-instances --auto-scaling-group-name web",
    ),
    "group-several-fleets": (
        inspection(auto_scaling_groups=(fleet("a", WEB), fleet("b", WEB), fleet("c", PORTAL))),
        "several Auto Scaling groups fill it: a and b",
        "aws autoscaling detach-traffic-sources --auto-scaling-group-name b",
    ),
    "group-without-fleet": (
        inspection(auto_scaling_groups=(fleet("portal", PORTAL),)),
        "no Auto Scaling group fills it; it has i-acme-us-prd-web-tg-0 and i-acme-us-prd-web-tg-1",
        "aws autoscaling create-auto-scaling-group",
    ),
}


@pytest.mark.parametrize("kind", sorted(SPOILED))
def test_each_obstacle_is_told_with_its_reason_and_its_way_out(kind: str) -> None:
    spoiled, what, way_out = SPOILED[kind]

    found = next(each for each in obstacles(spoiled) if each.kind == kind)

    assert what in f"{found.subject}: {found.what}"
    assert way_out in found.way_out
    assert found.why


def test_there_is_a_test_of_every_obstacle() -> None:
    told = {
        kind
        for path in SOURCES.glob("*_obstacles.py")
        for kind in re.findall(r'^ +"((?:rule|group|balancer)-[a-z-]+)",$', path.read_text(), re.M)
    }

    assert told == set(SPOILED)


def test_nothing_stops_where_nothing_is_wrong() -> None:
    stopping = [each for each in obstacles(inspection()) if each.stops]

    assert stopping == []


def test_only_what_concerns_the_chosen_rules_is_told_of_them() -> None:
    spoiled = with_group(details=details_of(group(WEB), has_stickiness=True))

    of_portal = [each for each in obstacles(spoiled, {rule_arn(10)}) if each.stops]
    of_web = [each.kind for each in obstacles(spoiled, {rule_arn(20)}) if each.stops]

    assert of_portal == []
    assert of_web == ["group-stickiness"]


def test_the_way_out_of_taken_priorities_makes_room_and_keeps_the_order() -> None:
    crowded = [rule(n, f"g{n}", f"/{n}") for n in range(1, 8)]
    taken = inspection(listeners=(listener(*crowded),))
    command = next(o for o in obstacles(taken) if o.kind == "rule-priority-taken").way_out

    places = {arn: int(p) for arn, p in re.findall(r"RuleArn=(\S+),Priority=(\d+)", command)}
    spread = [replace(each, priority=places[each.arn]) for each in crowded]

    assert [each.priority for each in spread] == sorted(places.values())
    mended = inspection(listeners=(listener(*spread),))
    assert [o for o in obstacles(mended) if o.kind == "rule-priority-taken"] == []


def test_the_preview_rules_of_a_stack_stand_in_nobodys_way() -> None:
    header = Condition("http-header", ("01-[secret]",), PREVIEW_HEADER)
    previews = [rule(n, WEB, "/*", conditions=(header,)) for n in (18, 19)]
    adopted = inspection(listeners=(listener(*previews, rule(20, WEB, "/*")),))

    stopping = [each for each in obstacles(adopted) if each.stops]

    assert stopping == []


def test_obstacles_with_one_way_out_are_told_together_and_those_that_stop_come_first() -> None:
    crowded = [rule(n, f"g{n}", f"/{n}") for n in range(1, 10)]

    told = alike(obstacles(inspection(listeners=(listener(*crowded),))))

    assert [each.weight for each in told] == sorted((e.weight for e in told), reverse=True)
    (taken,) = [each for each in told if "set-rule-priorities" in each.way_out]
    assert (len(taken.told), taken.more) == (MOST_TOLD, 9 - MOST_TOLD)
