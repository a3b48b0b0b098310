from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.inspect.document import (
    Action,
    Details,
    Inspection,
    InstanceReport,
    ListenerReport,
    RuleConditionReport,
    RuleReport,
)
from ops.inspect.obstacle import MOST_SHOWN, Fix, alike
from ops.inspect.obstacles import obstacles
from rollout.command import Command
from settings.conditions import PREVIEW_HEADER
from tests.ops.balancers import (
    CHECK,
    PORTAL,
    WEB,
    fleet,
    forward,
    group,
    group_arn,
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


def five_values() -> RuleReport:
    return rule(20, WEB, *(f"/{n}" for n in range(4)))


def details_of(found: Any, **changed: Any) -> Any:
    return replace(found.details, **changed)


LOGIN = Action("authenticate-oidc", answer="authenticates the user (oidc)")
IDLE = fleet("a", WEB, instances=(), desired=0)

SPOILED: dict[str, tuple[Inspection, str, str]] = {
    "rule-default": (
        inspection(listeners=(listener(replace(rule(None, WEB), conditions=())),)),
        "default rule on :443: the listener's default action forwards to acme-us-prd-web-tg",
        "aws elbv2 create-rule --listener-arn arn:",
    ),
    "rule-without-tls": (
        inspection(listeners=(listener(rule(20, WEB, "/*"), port=80, protocol="HTTP"),)),
        "rule 20 on :80: it forwards what comes over HTTP",
        "leave it as it is, until an HTTPS listener with a certificate answers",
    ),
    "rule-other-action": (
        with_rule(has_transforms=True),
        "rule 20 on :443: before it forwards it rewrites the request",
        "do not name it as a service",
    ),
    "rule-stickiness": (
        with_rule(actions=(forward((WEB, 1), stickiness_seconds=600),)),
        "rule 20 on :443: clients stick to a target group for 600 s",
        f"aws elbv2 modify-rule --rule-arn {rule_arn(20)} --actions ",
    ),
    "rule-other-condition": (
        with_rule(
            conditions=(
                RuleConditionReport("http-header", ("yes",), "X-Beta"),
                RuleConditionReport("http-header", ("no",), "x-beta"),
                RuleConditionReport("path-pattern", ("^/a$",), is_pattern=True),
            )
        ),
        "rule 20 on :443: it also looks at http-header x-beta twice and path-pattern by a regular "
        "expression",
        "do not name it as a service",
    ),
    "rule-too-many-values": (
        inspection(listeners=(listener(five_values()),)),
        "rule 20 on :443: it has 5 condition values",
        "bring it to 4",
    ),
    "rule-too-many-wildcards": (
        with_rule(conditions=(RuleConditionReport("path-pattern", ("/*/*/*/*", "/?/?/?")),)),
        "rule 20 on :443: it has 7 wildcards",
        "use fewer first",
    ),
    "rule-too-many-groups": (
        with_rule(actions=(forward((WEB, 9), ("b", 0), ("c", 1)),)),
        "rule 20 on :443: it forwards to 3 target groups",
        "take b out, which has weight 0 and so gets no request",
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
    "rule-hidden": (
        inspection(listeners=(listener(rule(10, PORTAL, "/*"), rule(20, WEB, "/web*")),)),
        "rule 20 on :443: it gets no request: rule 10 (host ",
        "have rule 10 narrowed or deleted by whoever made it, or do not name this one",
    ),
    "balancer-too-many-rules": (
        inspection(listeners=(listener(*(rule(10 * n, f"g{n}", f"/{n}") for n in range(1, 41))),)),
        "load balancer shop: it has 40 rules, and 40 services add 80 preview rules",
        "adopt fewer services",
    ),
    "group-unused": (
        inspection(target_groups=(group(PORTAL), group(WEB), group("spare"))),
        "target group spare: no rule sends requests to it",
        "by --second-group",
    ),
    "group-stickiness": (
        with_group(details=details_of(group(WEB), has_stickiness=True)),
        "target group acme-us-prd-web-tg: stickiness is on",
        '--attributes \'[{"Key":"stickiness.enabled","Value":"false"}]\'',
    ),
    "group-shared": (
        inspection(listeners=(listener(rule(10, WEB, "/a"), rule(20, WEB, "/*")),)),
        "target group acme-us-prd-web-tg: 2 rules forward to it: rule 10 on :443 and rule 20",
        "a target group of its own",
    ),
    "group-without-second": (
        inspection(),
        "target group acme-us-prd-portal-tg: there is no second group beside it",
        "`failover adopt` makes slot 02",
    ),
    "group-name": (
        with_named("Web"),
        "target group Web: its name is not {org}-{region}-{environment}-{service}-{slot}-tg",
        "`failover adopt` names it in the stack config as it is",
    ),
    "group-name-too-long": (
        with_named("hankooktire-useast1-prod-web-tg"),
        "a second group of that name, hankooktire-useast1-prod-web-02-tg, has 34 characters",
        "for example nkooktire-useast1-prod-web-02-tg",
    ),
    "group-kind": (
        with_group(check=replace(CHECK, port="9000")),
        "target group acme-us-prd-web-tg: its health checks go to HTTP port 9000",
        "`failover adopt` takes it where both target groups exist: --second-group SERVICE=NAME",
    ),
    "group-type": (
        with_group(target_type="lambda"),
        "target group acme-us-prd-web-tg: its targets are of type lambda",
        "leave the rule as it is",
    ),
    "group-instances-by-hand": (
        inspection(auto_scaling_groups=(fleet("portal", PORTAL), fleet("web", WEB, instances=()))),
        "2 of its targets are in no Auto Scaling group: i-acme-us-prd-web-tg-0 and",
        "leave them while the group cannot carry their share",
    ),
    "group-several-fleets": (
        inspection(auto_scaling_groups=(IDLE, fleet("b", WEB), fleet("c", PORTAL))),
        "several Auto Scaling groups fill it: a and b",
        "aws autoscaling detach-traffic-sources --auto-scaling-group-name a",
    ),
    "group-without-fleet": (
        inspection(auto_scaling_groups=(fleet("portal", PORTAL),)),
        "no Auto Scaling group fills it; it has i-acme-us-prd-web-tg-0 and i-acme-us-prd-web-tg-1",
        "`failover adopt` takes the slot with its registered targets",
    ),
    "group-without-targets": (
        inspection(
            auto_scaling_groups=(fleet("portal", PORTAL),),
            target_groups=(group(PORTAL), group(WEB, details=Details((), False, 30))),
        ),
        "no Auto Scaling group fills it, and it has no target",
        "register targets that serve",
    ),
    "group-with-second": (
        inspection(target_groups=(group(PORTAL), group(WEB), group("acme-us-prd-portal-02-tg"))),
        "its rule forwards to it alone; acme-us-prd-portal-02-tg is called alike",
        "suggests acme-us-prd-portal-tg as slot 01 and acme-us-prd-portal-02-tg as slot 02",
    ),
}


@pytest.mark.parametrize("kind", sorted(SPOILED))
def test_each_obstacle_is_told_with_its_reason_and_its_way_out(kind: str) -> None:
    spoiled, what, way_out = SPOILED[kind]

    found = next(each for each in obstacles(spoiled) if each.kind == kind)

    assert what in f"{found.subject}: {found.what}"
    assert way_out in str(found.fix)
    assert found.why
    assert "..." not in str(found.fix)


def test_there_is_a_test_of_every_obstacle() -> None:
    told = {
        kind
        for path in SOURCES.glob("*obstacles.py")
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


def fixes(found: Inspection, kind: str) -> list[Fix]:
    return [each.fix for each in obstacles(found) if each.kind == kind]


def default(*actions: Action) -> RuleReport:
    return replace(rule(None, WEB), conditions=(), actions=actions)


def test_a_default_rule_that_logs_users_in_over_http_is_left_alone() -> None:
    intranet = replace(listener(), rules=(default(LOGIN, forward((WEB, 1))),), protocol="HTTP")

    found = [o for o in obstacles(inspection(listeners=(intranet,))) if rule_arn(None) in o.arns]

    told = {each.kind: each.what for each in found}
    assert told["rule-other-action"] == "before it forwards it authenticates the user (oidc)"
    assert "rule-default" in told
    assert [each.fix.command for each in found] == [None] * len(found)
    assert all("leave" in each.fix.sentence for each in found)


def test_a_default_rule_with_a_login_is_for_an_adoption_to_answer_with_a_rule_of_its_own() -> None:
    last = default(LOGIN, forward((WEB, 1)))
    found = obstacles(inspection(listeners=(replace(listener(), rules=(last,)),)))

    (fix,) = (each.fix for each in found if rule_arn(None) in each.arns)

    assert fix.command is None
    assert "rule 1000, behind all others" in fix.sentence
    assert "the login included" in fix.sentence


@pytest.mark.parametrize("kind", ["authenticate-oidc", "authenticate-cognito"])
def test_a_login_before_the_forward_of_a_rule_stops_nothing(kind: str) -> None:
    found = with_rule(actions=(replace(LOGIN, kind=kind), forward((WEB, 1))))

    assert [each.kind for each in obstacles(found) if each.stops] == []


def test_a_rule_above_the_default_one_keeps_its_weights_and_stickiness_and_is_the_last() -> None:
    last = default(forward((WEB, 3), ("b", 1), stickiness_seconds=60))
    far = rule(4000, PORTAL, "/portal")
    (fix,) = fixes(inspection(listeners=(replace(listener(), rules=(far, last)),)), "rule-default")

    assert fix.command is not None
    options = options_of(fix.command)
    assert int(options["--priority"]) > 4000 + 2
    (action,) = json.loads(options["--actions"])
    assert [g["Weight"] for g in action["ForwardConfig"]["TargetGroups"]] == [3, 1]
    assert action["ForwardConfig"]["TargetGroupStickinessConfig"] == {
        "Enabled": True,
        "DurationSeconds": 60,
    }


def test_no_rule_is_offered_where_none_can_follow_the_others() -> None:
    last_place = rule(49_995, PORTAL, "/portal")
    full = [rule(n, PORTAL, f"/{n}") for n in range(1, 101)]
    for rules in ([last_place], full):
        crowded = replace(listener(), rules=(*rules, default(forward((WEB, 1)))))

        (fix,) = fixes(inspection(listeners=(crowded,)), "rule-default")

        assert fix.command is None


def test_a_default_rule_that_no_request_reaches_is_in_nobodys_way() -> None:
    everything = RuleConditionReport("path-pattern", ("/*",))
    own = rule(100, WEB, conditions=(everything,))
    taken = replace(listener(), rules=(own, default(forward((WEB, 1)))))

    kinds = {o.kind for o in obstacles(inspection(listeners=(taken,))) if o.stops}

    assert kinds == set()


def options_of(command: Command) -> dict[str, str]:
    (words,) = command.steps
    return dict(zip(words[3::2], words[4::2], strict=True))


@st.composite
def crowded(draw: st.DrawFn) -> Inspection:
    """Rules anywhere, some of them a stack's with its preview rules, some that do not forward."""
    priorities = draw(
        st.lists(st.integers(1, 30), min_size=1, max_size=10, unique=True).map(sorted)
    )
    made: dict[int, RuleReport] = {}
    for n, priority in enumerate(priorities):
        kind = draw(st.sampled_from(["forward", "forward", "stack", "redirect"]))
        previews = (priority - 2, priority - 1)
        if kind == "stack" and previews[0] >= 1 and not {*previews} & {*priorities, *made}:
            header = RuleConditionReport("http-header", ("01-[secret]",), PREVIEW_HEADER)
            for place in previews:
                made[place] = rule(place, f"g{n}", conditions=(header,))
        action = Action("redirect") if kind == "redirect" else forward((f"g{n}", 1))
        made[priority] = rule(priority, f"g{n}", f"/{n}", actions=(action,))
    return inspection(listeners=(listener(*(made[p] for p in sorted(made))),))


def moved(found: Inspection, command: Command) -> Inspection:
    """The rules after SetRulePriorities, in their new order."""
    (entry,) = json.loads(options_of(command)["--rule-priorities"])
    (old,) = found.listeners
    rules = [
        replace(each, priority=entry["Priority"]) if each.arn == entry["RuleArn"] else each
        for each in old.rules
        if each.priority is not None
    ]
    rules.sort(key=lambda each: each.priority or 0)
    return replace(found, listeners=(replace(old, rules=(*rules, old.rules[-1])),))


@given(crowded())
def test_making_room_moves_one_rule_past_no_other_and_ends(found: Inspection) -> None:
    for _ in range(200):
        offered = [o for o in obstacles(found) if o.kind == "rule-priority-taken"]
        told = next((o for o in offered if o.fix.command is not None), None)
        if told is None:
            return
        assert told.fix.command is not None
        before = found.listeners[0]
        found = moved(found, told.fix.command)
        after = found.listeners[0]

        assert [each.arn for each in after.rules] == [each.arn for each in before.rules]
        assert len({each.priority for each in after.rules}) == len(after.rules)
        changed = [a for a, b in zip(after.rules, before.rules, strict=True) if a != b]
        assert [each.arn for each in changed] == list(told.arns)
        assert not before.is_of_a_stack(next(r for r in before.rules if r.arn in told.arns))
        assert not any(
            o.arns == told.arns for o in obstacles(found) if o.kind == "rule-priority-taken"
        )
    raise AssertionError("there is always one more command")


def test_one_rule_right_behind_a_stacks_moves_into_the_next_gap() -> None:
    header = RuleConditionReport("http-header", ("01-[secret]",), PREVIEW_HEADER)
    api = [rule(n, "api", conditions=(header,)) for n in (198, 199)]
    rules = (*api, rule(200, "api", "/api/*"), rule(201, WEB, "/*"), rule(300, PORTAL, "/portal"))

    (fix,) = fixes(inspection(listeners=(listener(*rules),)), "rule-priority-taken")

    assert fix.command is not None
    assert json.loads(options_of(fix.command)["--rule-priorities"]) == [
        {"RuleArn": rule_arn(201), "Priority": 203}
    ]


def test_a_row_of_rules_finds_room_for_all_from_the_last_to_the_first() -> None:
    found = inspection(listeners=(listener(*(rule(n, f"g{n}", f"/{n}") for n in range(1, 8))),))

    commands = 0
    while offered := [f for f in fixes(found, "rule-priority-taken") if f.command is not None]:
        assert offered[0].command is not None
        found = moved(found, offered[0].command)
        commands += 1

    assert fixes(found, "rule-priority-taken") == []
    assert commands == 7


@pytest.mark.parametrize(
    ("weights", "kept"),
    [
        ((0, 9, 0, 1), [(1, 9), (3, 1)]),
        ((0, 0, 5), [(0, 0), (2, 5)]),
        ((1, 1, 1), None),
        ((0, 0, 0), None),
    ],
)
def test_only_groups_without_weight_are_taken_out(
    weights: tuple[int, ...], kept: list[tuple[int, int]] | None
) -> None:
    groups = [(f"g{n}", weight) for n, weight in enumerate(weights)]

    (fix,) = fixes(with_rule(actions=(forward(*groups),)), "rule-too-many-groups")

    if kept is None:
        assert fix.command is None
        return
    assert fix.command is not None
    (action,) = json.loads(options_of(fix.command)["--actions"])
    assert [
        (g["TargetGroupArn"], g["Weight"]) for g in action["ForwardConfig"]["TargetGroups"]
    ] == [(group_arn(f"g{n}"), weight) for n, weight in kept]


@given(st.integers(0, 999), st.integers(0, 999))
def test_the_nearest_shares_are_near_and_leave_nobody_without_requests(a: int, b: int) -> None:
    found = with_rule(actions=(forward((WEB, a), ("b", b)),))
    fix = next(iter(fixes(found, "rule-odd-weights")), None)

    if fix is None or fix.command is None:
        assert a + b == 0 or not (a * 100) % (a + b)
        return
    (action,) = json.loads(options_of(fix.command)["--actions"])
    config = action["ForwardConfig"]
    shares = [g["Weight"] for g in config["TargetGroups"]]
    assert sum(shares) == 100
    assert abs(shares[0] - a * 100 / (a + b)) < 1
    assert [share > 0 for share in shares] == [a > 0, b > 0]
    assert f"{shares[0]}/{shares[1]}" in fix.command.moves


@pytest.mark.parametrize(
    ("kind", "groups"),
    [
        ("rule-odd-weights", ((WEB, 1), ("b", 2))),
        ("rule-too-many-groups", ((WEB, 1), ("b", 1), ("c", 0))),
    ],
)
def test_no_two_commands_for_one_rules_action_are_printed_at_once(
    kind: str, groups: tuple[tuple[str, int], ...]
) -> None:
    sticky = with_rule(actions=(forward(*groups, stickiness_seconds=60),))

    (fix,) = fixes(sticky, kind)
    (first,) = fixes(sticky, "rule-stickiness")

    assert fix.command is None
    assert "turn its stickiness off first" in fix.sentence
    assert first.command is not None


@given(st.lists(st.sampled_from(["idle", "booting", "serving"]), min_size=2, max_size=5))
def test_an_auto_scaling_group_that_serves_is_never_detached(states: list[str]) -> None:
    made = {
        "idle": {"instances": (), "desired": 0},
        "booting": {"instances": (InstanceReport("i-1", "Pending", "Healthy"),), "desired": 1},
        "serving": {},
    }
    fleets = tuple(fleet(f"{state}-{n}", WEB, **made[state]) for n, state in enumerate(states))

    (fix,) = fixes(
        inspection(auto_scaling_groups=(*fleets, fleet("p", PORTAL))), "group-several-fleets"
    )

    idle = [f"{state}-{n}" for n, state in enumerate(states) if state == "idle"]
    detached = [step[4] for step in fix.command.steps] if fix.command else []
    assert detached == (idle if len(states) - len(idle) == 1 else [])


HTTP_RULE = rule(10, WEB, "/orders/*")


@pytest.mark.parametrize(
    ("secure", "is_offered"),
    [
        (None, False),
        (listener(rule(20, WEB, "/orders/*"), certificate_arns=()), False),
        (listener(rule(20, WEB, "/orders/*")), True),
        (listener(rule(20, WEB, "/orders/*"), port=8443), True),
        (listener(rule(20, PORTAL, "/orders/*")), False),
        (listener(rule(20, WEB, "/other/*")), False),
        (listener(rule(20, WEB, "/orders/*", actions=(LOGIN, forward((WEB, 1))))), False),
        (listener(rule(15, PORTAL, "/*"), rule(20, WEB, "/orders/*")), False),
        (listener(rule(15, PORTAL, "/static/*"), rule(20, WEB, "/orders/*")), True),
        (listener(rule(15, PORTAL, "/*/7"), rule(20, WEB, "/orders/*")), False),
        (listener(rule(20, WEB, "/orders/*"), rule(25, PORTAL, "/*")), True),
    ],
)
def test_a_redirect_is_offered_only_where_https_answers_as_this_rule_does(
    secure: ListenerReport | None, is_offered: bool
) -> None:
    plain = listener(HTTP_RULE, port=80, protocol="HTTP", certificate_arns=())
    listeners = (plain,) if secure is None else (plain, secure)

    (fix,) = fixes(inspection(listeners=listeners), "rule-without-tls")

    assert (fix.command is not None) is is_offered
    if fix.command is not None and secure is not None:
        (action,) = json.loads(options_of(fix.command)["--actions"])
        assert action["RedirectConfig"]["Port"] == str(secure.port)
        assert fix.command.moves in fix.sentence


def test_every_command_that_moves_requests_says_so_in_its_sentence() -> None:
    for kind, (spoiled, _, _) in SPOILED.items():
        for fix in fixes(spoiled, kind):
            if fix.command is not None:
                assert fix.command.moves in fix.sentence


def test_a_profile_that_was_asked_for_is_in_every_command() -> None:
    spoiled, _, _ = SPOILED["rule-stickiness"]

    (fix,) = fixes(replace(spoiled, profile="prod"), "rule-stickiness")

    assert fix.command is not None
    assert options_of(fix.command)["--region"] == "us-east-1"
    assert options_of(fix.command)["--profile"] == "prod"


def test_the_preview_rules_of_a_stack_stand_in_nobodys_way() -> None:
    header = RuleConditionReport("http-header", ("01-[secret]",), PREVIEW_HEADER)
    previews = [rule(n, WEB, "/*", conditions=(header,)) for n in (18, 19)]
    adopted = inspection(listeners=(listener(*previews, rule(20, WEB, "/*")),))

    stopping = [each for each in obstacles(adopted) if each.stops]

    assert stopping == []


def test_obstacles_with_one_way_out_are_told_together_and_those_that_stop_come_first() -> None:
    crowded = [rule(n, f"g{n}", f"/{n}") for n in range(1, 10)]

    told = alike(obstacles(inspection(listeners=(listener(*crowded),))))

    assert [each.weight for each in told] == sorted((e.weight for e in told), reverse=True)
    (taken,) = [each for each in told if "no priority up to the next rule" in str(each.fix)]
    assert (len(taken.shown), taken.more) == (MOST_SHOWN, 8 - MOST_SHOWN)
