from __future__ import annotations

import pytest

from ops.adopt.proposal import FoundService, found_services
from ops.adopt.terraform import (
    adopted_parts,
    hints,
    refuse_undone,
    terraform_hints,
    terraform_reports,
)
from ops.errors import InputError, RefusedError
from ops.inspect.calls import Calls
from ops.inspect.reader import Wanted, inspect
from ops.terraform.output import report_lines
from ops.terraform.state import ResourceKind, TerraformState, read_state
from tests.ops.adopt.test_proposal import ANSWERS
from tests.ops.balancers import (
    BALANCER_ARN,
    LISTENER_ARN,
    PORTAL,
    WEB,
    group_arn,
    inspection,
    rule_arn,
)
from tests.ops.inspect.local import Local
from tests.ops.terraform.states import instance, resource, rule_of, state_file

FOUND = found_services(inspection(), ANSWERS)


def state() -> TerraformState:
    return read_state(state_file(resource("aws_lb_listener_rule.web", rule_of(rule_arn(20)))), "s")


def test_the_stack_takes_over_the_rules_and_names_the_rest() -> None:
    parts = adopted_parts(inspection(), FOUND, {})

    assert parts.rules == {rule_arn(10): "portal", rule_arn(20): "web"}
    assert (parts.region, parts.account) == ("us-east-1", "123456789012")
    assert parts.named == {
        ResourceKind.TARGET_GROUP: {group_arn(WEB), group_arn(PORTAL)},
        ResourceKind.ATTACHMENT: {group_arn(WEB), group_arn(PORTAL)},
        ResourceKind.LOAD_BALANCER: {BALANCER_ARN},
        ResourceKind.LISTENER: {LISTENER_ARN},
        ResourceKind.AUTO_SCALING_GROUP: {fleet.name for fleet in inspection().auto_scaling_groups},
        ResourceKind.LAUNCH_CONFIGURATION: frozenset(),
        ResourceKind.LAUNCH_TEMPLATE: {
            fleet.template.name for fleet in inspection().auto_scaling_groups
        },
    }


def test_a_rule_that_terraform_would_put_back_is_not_converted() -> None:
    reports = terraform_reports([state()], (), inspection(), FOUND, {})

    with pytest.raises(RefusedError, match=r"no rule was changed\.") as raised:
        refuse_undone(reports, ())

    assert "from = aws_lb_listener_rule.web" in str(raised.value)


def test_a_rule_that_stays_in_terraform_by_the_word_of_a_person_is_converted() -> None:
    reports = terraform_reports([state()], ("web",), inspection(), FOUND, {})

    refuse_undone(reports, ("web",))


def test_a_rule_that_terraform_has_forgotten_is_converted() -> None:
    forgotten = read_state(state_file(), "s")

    refuse_undone(terraform_reports([forgotten], (), inspection(), FOUND, {}), ())


def test_a_service_that_is_not_adopted_cannot_stay_in_terraform() -> None:
    with pytest.raises(InputError, match="--keep-in-terraform shop: no such service; expected one"):
        terraform_reports([state()], ("shop",), inspection(), FOUND, {})


def test_a_rule_stays_in_terraform_only_where_a_state_is_named() -> None:
    with pytest.raises(InputError, match="--keep-in-terraform needs --terraform"):
        terraform_reports([], ("web",), inspection(), FOUND, {})


def test_a_group_that_a_ramp_may_raise_is_named_with_what_terraform_has_to_ignore() -> None:
    (fleet, *_) = inspection().auto_scaling_groups
    slot = {"autoScalingGroup": {"existing": fleet.name, "floor": "write"}}
    config = {"failover:services": {"web": {"slots": {"01": slot, "02": {}}}}}
    group = resource("aws_autoscaling_group.own", instance({"id": fleet.name}))
    held = read_state(state_file(group), "s")

    (report,) = terraform_reports([held], (), inspection(), FOUND, config)
    (waits,) = terraform_reports([held], (), inspection(), FOUND, {})

    lines = "\n".join(report_lines(report, ()))
    assert "    ignore_changes = [desired_capacity, min_size, tag]\n" in lines
    assert "A ramp raises the min of aws_autoscaling_group.own" in lines
    assert "ignore_changes" not in "\n".join(report_lines(waits, ()))


@pytest.mark.parametrize(
    ("key", "value"),
    [("ManagedBy", "terraform"), ("Terraform", "true"), ("tf:stack", "shop"), ("by", "Terragrunt")],
)
def test_a_tag_like_terraforms_is_a_hint_and_no_more(key: str, value: str) -> None:
    (text,) = [" ".join(hints({"rule of web": {key: value}, "rule of portal": {"Owner": "shop"}}))]

    assert text.startswith(f"note: the tags of rule of web ({key}={value}) look like Terraform's.")
    assert "--terraform DIR|STATE_FILE" in text


@pytest.mark.parametrize(
    "tags", [{}, {"Owner": "shop"}, {"Terraform": "false"}, {"platform": "x"}, {"Name": "shop-tf"}]
)
def test_other_tags_are_no_hint(tags: dict[str, str]) -> None:
    assert hints({"rule of web": tags}) == ()


def test_the_tags_of_what_is_adopted_are_read(shell: Local) -> None:
    _, listener_arn, vpc = shell.balancer("declared")
    elb = shell.client("elbv2")
    made = elb.create_target_group(Name="declared", Protocol="HTTP", Port=8080, VpcId=vpc)
    elb.create_rule(
        ListenerArn=listener_arn,
        Priority=7,
        Conditions=[{"Field": "path-pattern", "Values": ["/a"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": made["TargetGroups"][0]["TargetGroupArn"]}],
        Tags=[{"Key": "managed-by", "Value": "terraform"}],
    )
    calls = Calls()
    seen = inspect(calls, "declared", Wanted())
    (listener,) = seen.listeners
    found = FoundService(
        "web", listener, listener.rules[0], seen.target_groups[0], None, None, None
    )

    text = " ".join(terraform_hints(calls, seen, [found]))

    assert "the tags of rule of web (managed-by=terraform) look like" in text
