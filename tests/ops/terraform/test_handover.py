from __future__ import annotations

from typing import Any

import pytest

from ops.terraform.handover import (
    AdoptedParts,
    Handover,
    RuleHandover,
    TerraformReport,
    terraform_report,
)
from ops.terraform.output import as_document, report_lines
from ops.terraform.state import ResourceKind, read_state
from tests.ops.balancers import BALANCER_ARN
from tests.ops.terraform.states import (
    GROUP_ARN,
    OTHER_RULE,
    RULE,
    TOFU,
    instance,
    resource,
    rule_of,
    state_file,
)

PARTS = AdoptedParts(
    rules={RULE: "web"},
    named={
        ResourceKind.TARGET_GROUP: frozenset({GROUP_ARN}),
        ResourceKind.ATTACHMENT: frozenset({GROUP_ARN}),
        ResourceKind.LOAD_BALANCER: frozenset({BALANCER_ARN}),
        ResourceKind.AUTO_SCALING_GROUP: frozenset({"web"}),
    },
    region="us-east-1",
    account="123456789012",
)
BOTH = AdoptedParts({RULE: "web", OTHER_RULE: "portal"}, PARTS.named, "us-east-1", "123456789012")
BLOCK = """\
removed {
  from = aws_lb_listener_rule.web

  lifecycle {
    destroy = false
  }
}"""


def report(
    *resources: Any,
    parts: AdoptedParts = PARTS,
    keeps: tuple[str, ...] = (),
    version: str = "1.7.0",
) -> TerraformReport:
    return terraform_report(read_state(state_file(*resources, version=version), "s"), parts, keeps)


def only(*resources: Any, **given: Any) -> RuleHandover:
    (found,) = report(*resources, **given).handovers
    return found


def commands(handover: RuleHandover) -> list[str]:
    return [str(command) for command in handover.commands]


def test_terraform_forgets_a_rule_by_a_removed_block() -> None:
    found = only(resource("aws_lb_listener_rule.web", rule_of(RULE)))

    assert (found.kind, found.services) == (Handover.REMOVED, ("web",))
    assert found.block == BLOCK


def test_a_rule_of_a_module_is_removed_by_its_address_there() -> None:
    found = only(resource("module.shop.aws_alb_listener_rule.web", rule_of(RULE)))

    assert "from = module.shop.aws_alb_listener_rule.web\n" in found.block


@pytest.mark.parametrize("version", ["0.12.31", "1.6.6"])
def test_an_older_terraform_forgets_it_by_the_command(version: str) -> None:
    found = only(resource("aws_lb_listener_rule.web", rule_of(RULE)), version=version)

    assert (found.kind, found.block) == (Handover.STATE_RM, "")
    assert commands(found) == ["terraform state rm aws_lb_listener_rule.web"]


def test_opentofu_forgets_it_by_its_own_command() -> None:
    found = only(resource("aws_lb_listener_rule.web", rule_of(RULE), provider=TOFU))

    assert commands(found) == ["tofu state rm aws_lb_listener_rule.web"]


def test_an_instance_of_for_each_is_forgotten_by_its_quoted_address() -> None:
    found = only(
        resource("aws_lb_listener_rule.this", rule_of(RULE, "web"), rule_of(OTHER_RULE, "it's"))
    )

    assert commands(found) == ["""terraform state rm 'aws_lb_listener_rule.this["web"]'"""]
    assert found.others == ("""aws_lb_listener_rule.this["it's"]""",)


def test_a_resource_of_a_module_with_for_each_is_forgotten_by_the_command() -> None:
    found = only(resource('module.svc["web"].aws_lb_listener_rule.this', rule_of(RULE)))

    assert commands(found) == [
        """terraform state rm 'module.svc["web"].aws_lb_listener_rule.this'"""
    ]


def test_the_instances_of_count_behind_a_forgotten_one_move_up() -> None:
    found = only(
        resource(
            "aws_lb_listener_rule.this",
            *(rule_of(f"other-{n}" if n != 1 else RULE, n) for n in range(4)),
        )
    )

    assert commands(found) == [
        "terraform state rm 'aws_lb_listener_rule.this[1]'",
        "terraform state mv 'aws_lb_listener_rule.this[2]' 'aws_lb_listener_rule.this[1]'",
        "terraform state mv 'aws_lb_listener_rule.this[3]' 'aws_lb_listener_rule.this[2]'",
    ]


def test_two_services_of_one_resource_are_one_change() -> None:
    found = only(
        resource("aws_lb_listener_rule.this", rule_of(RULE, "w"), rule_of(OTHER_RULE, "p")),
        parts=BOTH,
    )

    assert found.services == ("portal", "web")
    assert len(found.commands) == 2
    assert found.others == ()


def test_a_rule_that_is_to_stay_gets_ignore_changes() -> None:
    found = only(resource("aws_lb_listener_rule.web", rule_of(RULE)), keeps=("web",))

    assert found.kind is Handover.IGNORED
    assert found.block.split() == ["lifecycle", "{", "ignore_changes", "=", "[action]", "}"]


def test_a_rule_that_others_refer_to_stays() -> None:
    service = instance({"id": "x"}, dependencies=["aws_lb.a", "aws_lb_listener_rule.web"])

    found = report(
        resource("aws_lb_listener_rule.web", rule_of(RULE)),
        resource("aws_ecs_service.web", service),
    )

    (handover,) = found.handovers
    assert handover.kind is Handover.IGNORED
    assert handover.dependents == ("aws_ecs_service.web",)
    lines = " ".join(" ".join(report_lines(found, ())).split())
    assert "which aws_ecs_service.web refers to" in lines
    assert "--apply --keep-in-terraform web" in lines


def test_what_the_stack_only_names_stays_without_a_change() -> None:
    found = report(
        resource("aws_lb.shop", instance({"id": BALANCER_ARN, "arn": BALANCER_ARN})),
        resource("aws_lb.other", instance({"id": "other"})),
        resource("aws_lb_target_group.web", instance({"id": GROUP_ARN}, "web")),
        resource(
            "aws_lb_target_group_attachment.web",
            instance({"id": "1", "target_group_arn": GROUP_ARN}),
        ),
        resource("aws_security_group.web", instance({"id": "web", "name": "web"})),
    )

    assert found.handovers == ()
    assert [each.address for each in found.kept] == [
        "aws_lb.shop",
        'aws_lb_target_group.web["web"]',
        "aws_lb_target_group_attachment.web",
    ]


@pytest.mark.parametrize(
    ("place", "count"),
    [("us-east-1:123456789012", 1), ("eu-west-1:123456789012", 0), ("us-east-1:2", 0)],
)
def test_a_group_of_the_same_name_elsewhere_is_another_one(place: str, count: int) -> None:
    arn = f"arn:aws:autoscaling:{place}:autoScalingGroup:1:autoScalingGroupName/web"

    found = report(resource("aws_autoscaling_group.web", instance({"id": "web", "arn": arn})))

    assert len(found.kept) == count


def test_a_state_without_the_rule_shows_that_the_change_is_made() -> None:
    found = report(resource("aws_lb_listener_rule.web", rule_of("another")))

    assert report_lines(found, ()) == [
        "Terraform (s, Terraform 1.7.0) declares none of the adopted rules."
    ]
    assert found.undone(()) == ()


def test_a_rule_in_the_state_is_undone_until_a_person_states_that_it_stays() -> None:
    found = report(resource("aws_lb_listener_rule.web", rule_of(RULE)))

    assert found.undone(()) == found.handovers
    assert found.undone(("web",)) == ()


def test_the_steps_are_in_the_order_in_which_a_person_does_them() -> None:
    lines = report_lines(report(resource("aws_lb_listener_rule.web", rule_of(RULE))), ())

    text = "\n".join(lines)
    steps = ["delete the resource", BLOCK, "terraform apply", "-detailed-exitcode", "--apply"]
    places = [text.index(step, text.index("  1.")) for step in steps]
    assert places == sorted(places)
    assert "the next `terraform apply` resets the rules of web" in " ".join(text.split())


def test_a_forgotten_instance_is_forgotten_before_the_configuration_changes() -> None:
    lines = report_lines(
        report(resource("aws_lb_listener_rule.t", rule_of(RULE, "w"), rule_of(OTHER_RULE, "p"))), ()
    )

    text = " ".join(" ".join(lines).split())
    assert "run this in the folder of the configuration, then take its entry out of" in text


def test_the_document_has_the_block_the_commands_and_what_stays() -> None:
    found = report(
        resource("aws_lb_listener_rule.web", rule_of(RULE)),
        resource("aws_lb.shop", instance({"id": BALANCER_ARN})),
    )

    assert as_document(found) == {
        "source": "s",
        "program": "terraform",
        "version": "1.7.0",
        "rules": [
            {
                "services": ["web"],
                "addresses": ["aws_lb_listener_rule.web"],
                "resource": "aws_lb_listener_rule.web",
                "handover": "removed block",
                "block": BLOCK,
                "commands": [],
                "otherInstances": [],
                "referredToBy": [],
            }
        ],
        "kept": [{"address": "aws_lb.shop", "kind": "load balancer"}],
        "held": [],
    }
