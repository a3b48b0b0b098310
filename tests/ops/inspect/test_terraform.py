from __future__ import annotations

from ops.inspect.terraform import terraform_obstacles
from ops.terraform.state import read_state
from tests.ops.balancers import inspection, rule_arn
from tests.ops.terraform.states import resource, rule_of, state_file


def test_each_rule_that_terraform_declares_is_a_note_with_its_address() -> None:
    state = read_state(
        state_file(
            resource("aws_lb_listener_rule.this", rule_of(rule_arn(20), "web")),
            resource("aws_lb_listener_rule.other", rule_of("elsewhere")),
        ),
        "state.json",
    )

    (found,) = terraform_obstacles(inspection(), [state])

    assert (found.kind, found.stops, found.arns) == ("rule-of-terraform", False, (rule_arn(20),))
    assert str(found.subject) == "rule 20 on :443"
    assert found.what == (
        'aws_lb_listener_rule.this["web"] declares it (state.json, Terraform 1.11.4)'
    )
    assert "failover adopt" in found.fix.sentence


def test_without_a_state_nothing_is_noted() -> None:
    assert list(terraform_obstacles(inspection(), [])) == []
