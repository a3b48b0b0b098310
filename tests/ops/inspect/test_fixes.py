"""Every command that an inspection prints, run as it is printed: who answers whom then?"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.adopt.adoption import putting_back, read_rules
from ops.inspect.calls import Calls
from ops.inspect.document import Inspection
from ops.inspect.obstacle import Obstacle
from ops.inspect.obstacles import obstacles
from ops.inspect.reader import Wanted, inspect
from rehearsal.account import self_signed_certificate
from settings.conditions import PREVIEW_HEADER
from tests.ops.inspect import printed
from tests.ops.inspect.answering import Answer, Request, answers, requests_of, rules_of
from tests.ops.inspect.local import Local
from tests.ops.inspect.test_obstacles import SPOILED

IMAGE = "ami-0fa11000000000001"
_names = (f"case-{n}" for n in itertools.count())


@dataclass(frozen=True)
class Case:
    """A load balancer of a test's own."""

    local: Local
    name: str
    arn: str
    http: str
    https: str
    vpc: str

    @property
    def elb(self) -> Any:
        return self.local.client("elbv2")

    def group(self, name: str) -> str:
        return self.local.group(f"{self.name}-{name}", self.vpc)

    def rule(self, priority: int, action: dict[str, Any], *paths: str, **more: Any) -> str:
        conditions = [{"Field": "path-pattern", "PathPatternConfig": {"Values": list(paths)}}]
        listener = more.pop("listener", self.https)
        made = self.elb.create_rule(
            ListenerArn=listener,
            Priority=priority,
            Conditions=[*conditions, *more.pop("conditions", [])],
            Actions=[action],
        )
        return made["Rules"][0]["RuleArn"]

    def fleet(self, name: str, size: int, group: str) -> None:
        self.local.client("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=f"{self.name}-{name}",
            MinSize=0,
            MaxSize=4,
            DesiredCapacity=size,
            VPCZoneIdentifier=self._subnet(),
            TargetGroupARNs=[group],
            LaunchConfigurationName=self._configuration(),
        )

    def _subnet(self) -> str:
        filters = [{"Name": "vpc-id", "Values": [self.vpc]}]
        found = self.local.client("ec2").describe_subnets(Filters=filters)["Subnets"]
        return found[0]["SubnetId"]

    def _configuration(self) -> str:
        autoscaling = self.local.client("autoscaling")
        found = autoscaling.describe_launch_configurations(LaunchConfigurationNames=["cases"])
        if not found["LaunchConfigurations"]:
            autoscaling.create_launch_configuration(
                LaunchConfigurationName="cases", ImageId=IMAGE, InstanceType="m5.large"
            )
        return "cases"

    def inspected(self) -> Inspection:
        return inspect(Calls(), self.arn, Wanted(is_everything=True))

    def offered(self, kind: str) -> Obstacle:
        (found,) = [o for o in obstacles(self.inspected()) if o.kind == kind and o.fix.command]
        return found

    def follow(self, found: Obstacle) -> tuple[dict[Request, Answer], dict[Request, Answer]]:
        """Run what is printed; gives who answers each request before and after."""
        command = found.fix.command
        assert command is not None
        before = rules_of(self.elb, self.arn)
        printed.run(self.local, command)
        after = rules_of(self.elb, self.arn)
        requests = [*requests_of(before), *requests_of(after)]
        left = [(o.kind, o.arns) for o in obstacles(self.inspected())]
        assert (found.kind, found.arns) not in left, "the obstacle is still there"
        return answers(before, requests), answers(after, requests)


def forward(*groups: tuple[str, int], sticky: int | None = None) -> dict[str, Any]:
    weighted = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups]
    config: dict[str, Any] = {"TargetGroups": weighted}
    if sticky is not None:
        config["TargetGroupStickinessConfig"] = {"Enabled": True, "DurationSeconds": sticky}
    return {"Type": "forward", "ForwardConfig": config}


@pytest.fixture
def case(shell: Local) -> Case:
    """A load balancer with :8080 for HTTP and :443 for HTTPS, which answer 404."""
    name = next(_names)
    arn, http, vpc = shell.balancer(name)
    certificate, key = self_signed_certificate(["*.example"])
    certificate_arn = shell.client("acm").import_certificate(
        Certificate=certificate, PrivateKey=key
    )["CertificateArn"]
    https = shell.client("elbv2").create_listener(
        LoadBalancerArn=arn,
        Port=443,
        Protocol="HTTPS",
        Certificates=[{"CertificateArn": certificate_arn}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Listeners"][0]["ListenerArn"]
    return Case(shell, name, arn, http, https, vpc)


@pytest.mark.parametrize("weights", [(0, 100), (80, 20), (1, 999)])
def test_stickiness_goes_and_the_weights_stay(case: Case, weights: tuple[int, int]) -> None:
    blue, green = case.group("blue"), case.group("green")
    case.rule(200, forward((blue, weights[0]), (green, weights[1]), sticky=3600), "/*")

    before, after = case.follow(case.offered("rule-stickiness"))

    assert {request: each.by for request, each in before.items()} == {
        request: each.by for request, each in after.items()
    }
    assert {each.sticks for each in before.values()} == {3600, None}
    assert {each.sticks for each in after.values()} == {None}


def test_a_rule_above_the_default_one_answers_as_it_does(case: Case) -> None:
    shop, other = case.group("shop"), case.group("other")
    case.elb.modify_listener(
        ListenerArn=case.https, DefaultActions=[forward((shop, 3), (other, 1), sticky=60)]
    )
    case.rule(
        10, {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}, "/.git/*"
    )

    before, after = case.follow(case.offered("rule-default"))

    assert before == after


@pytest.mark.parametrize("is_default", [False, True])
def test_a_redirect_goes_where_the_same_group_answers(case: Case, is_default: bool) -> None:
    orders = case.group("orders")
    if is_default:
        for arn in (case.http, case.https):
            case.elb.modify_listener(ListenerArn=arn, DefaultActions=[forward((orders, 1))])
    else:
        case.rule(10, forward((orders, 1)), "/orders/*", listener=case.http)
        case.rule(20, forward((orders, 1)), "/orders/*")
        case.rule(10, forward((case.group("static"), 1)), "/static/*")

    before, after = case.follow(case.offered("rule-without-tls"))

    assert {r: (a.by, a.before) for r, a in before.items()} == {
        r: (a.by, a.before) for r, a in after.items()
    }
    redirected = {r for r, a in after.items() if a.redirects}
    assert redirected == {r for r, a in before.items() if r.protocol == "HTTP" and orders in str(a)}
    assert redirected


def test_without_an_https_listener_nothing_is_offered(shell: Local) -> None:
    name = next(_names)
    arn, http, vpc = shell.balancer(name)
    case = Case(shell, name, arn, http, http, vpc)
    case.rule(10, forward((case.group("orders"), 1)), "/orders/*")

    (found,) = [o for o in obstacles(case.inspected()) if o.kind == "rule-without-tls"]

    assert found.fix.command is None
    assert "leave it as it is" in found.fix.sentence


def test_a_group_that_gets_no_request_is_taken_out(case: Case) -> None:
    groups = [(case.group(str(n)), weight) for n, weight in enumerate((0, 60, 40))]
    case.rule(10, forward(*groups), "/*")

    before, after = case.follow(case.offered("rule-too-many-groups"))

    assert before == after


def test_the_nearest_shares_move_what_the_sentence_says(case: Case) -> None:
    one, two = case.group("one"), case.group("two")
    case.rule(10, forward((one, 1), (two, 2)), "/*")
    found = case.offered("rule-odd-weights")

    before, after = case.follow(found)

    assert "from 33.33/66.67 to 33/67, so 0.33 of 100 requests move" in found.fix.sentence
    shares = {arn: float(share) for arn, share in _forwarded(before)}
    moved = {arn: float(share) - shares[arn] for arn, share in _forwarded(after)}
    assert [round(100 * moved[arn], 2) for arn in (one, two)] == [-0.33, 0.33]


def _forwarded(found: dict[Request, Answer]) -> set[tuple[str, Any]]:
    return {pair for each in found.values() if isinstance(each.by, tuple) for pair in each.by}


def test_making_room_moves_nobodys_requests_and_no_rule_of_a_stack(case: Case) -> None:
    api, batch, tenant = (case.group(name) for name in ("api", "batch", "tenant"))
    for place in (198, 199):
        header = {"HttpHeaderName": PREVIEW_HEADER, "Values": [f"0{place - 197}-secret"]}
        case.rule(
            place,
            forward((api, 1)),
            "/api/*",
            conditions=[{"Field": "http-header", "HttpHeaderConfig": header}],
        )
    case.rule(200, forward((api, 1)), "/api/*")
    host = {"Field": "host-header", "HostHeaderConfig": {"Values": ["batch.example"]}}
    moved = case.rule(201, forward((batch, 1)), "/*", conditions=[host])
    case.rule(300, forward((tenant, 1)), "/*")
    places = _places(case)

    before, after = case.follow(case.offered("rule-priority-taken"))

    assert before == after
    assert _places(case) == {**places, moved: "203"}
    rules = [rule for each in case.inspected().listeners for rule in each.rules]
    assert [rule.priority for rule in rules if rule.arn == moved] == [203]


def _places(case: Case) -> dict[str, str]:
    rules = rules_of(case.elb, case.arn)
    return {rule["RuleArn"]: rule["Priority"] for found in rules.values() for rule in found}


def test_stickiness_of_a_target_group_goes_and_nothing_else(case: Case) -> None:
    web = case.group("web")
    case.rule(10, forward((web, 1)), "/*")
    on = [
        {"Key": "stickiness.enabled", "Value": "true"},
        {"Key": "stickiness.type", "Value": "lb_cookie"},
    ]
    case.elb.modify_target_group_attributes(TargetGroupArn=web, Attributes=on)
    attributes = _attributes(case, web)

    before, after = case.follow(case.offered("group-stickiness"))

    assert before == after
    assert _attributes(case, web) == {**attributes, "stickiness.enabled": "false"}


def _attributes(case: Case, arn: str) -> dict[str, str]:
    found = case.elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    return {each["Key"]: each["Value"] for each in found}


def test_an_auto_scaling_group_without_instances_is_detached_and_the_live_one_serves_on(
    case: Case,
) -> None:
    orders = case.group("orders")
    case.rule(10, forward((orders, 1)), "/*")
    case.fleet("v001", 0, orders)
    case.fleet("v002", 2, orders)
    targets = _targets(case, orders, 2)

    before, after = case.follow(case.offered("group-several-fleets"))

    assert before == after
    assert _targets(case, orders, 2) == targets
    assert [f.name for f in case.inspected().auto_scaling_groups_of(orders)] == [
        f"{case.name}-v002"
    ]


def _targets(case: Case, arn: str, count: int) -> set[str]:
    found = case.elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    assert len(found) == count
    assert all(each["TargetHealth"]["State"] != "draining" for each in found)
    return {each["Target"]["Id"] for each in found}


def test_a_group_that_nobody_has_anything_in_can_be_deleted(case: Case) -> None:
    case.rule(10, forward((case.group("web"), 1)), "/*")
    spare = case.group("spare")
    filled = case.group("filled")
    case.fleet("next", 0, filled)

    found = case.offered("group-unused")
    before, after = case.follow(found)

    assert found.arns == (spare,)
    assert before == after
    assert spare not in [group.arn for group in case.inspected().target_groups]


@pytest.mark.parametrize("weights", [(100,), (0, 100), (3, 1)])
def test_the_command_that_puts_an_adopted_rule_back_does_that(
    case: Case, weights: tuple[int, ...]
) -> None:
    groups = [(case.group(str(n)), weight) for n, weight in enumerate(weights)]
    arn = case.rule(10, forward(*groups), "/*")
    calls = Calls()
    held = read_rules(calls, [arn])
    before = rules_of(case.elb, case.arn)
    other = forward((groups[0][0], 50), (case.group("new"), 50))
    case.elb.modify_rule(RuleArn=arn, Actions=[other])

    printed.run(case.local, putting_back(calls, held[arn]))

    assert read_rules(calls, [arn]) == held
    requests = list(requests_of(before))
    assert answers(rules_of(case.elb, case.arn), requests) == answers(before, requests)


def test_every_kind_that_has_a_command_is_run_here() -> None:
    run = set(re.findall(r'offered\("([a-z-]+)"\)', Path(__file__).read_text()))
    with_command = {
        kind
        for kind, (spoiled, _, _) in SPOILED.items()
        for each in obstacles(spoiled)
        if each.kind == kind and each.fix.command is not None
    }

    # These have one in a state that is spoiled further than the other tests do.
    assert with_command | {"rule-without-tls", "group-unused", "rule-priority-taken"} == run
