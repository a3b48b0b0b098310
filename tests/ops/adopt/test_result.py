from __future__ import annotations

from ops.adopt.plan import AdoptionPlan, AdoptionStep, AdoptionStepKind
from ops.adopt.result import AdoptionOutcome, AdoptionResult, as_document
from ops.terraform.handover import AdoptedParts, terraform_report
from ops.terraform.state import read_state
from tests.ops.terraform.states import RULE, resource, rule_of, state_file


def test_the_document_has_the_steps_the_notes_and_the_change_of_terraform() -> None:
    state = read_state(state_file(resource("aws_lb_listener_rule.web", rule_of(RULE))), "s")
    parts = AdoptedParts({RULE: "web"}, {}, "us-east-1", "123456789012")
    plan = AdoptionPlan(
        (
            AdoptionStep(
                AdoptionStepKind.CONVERSION, "aws:lb/listenerRule:ListenerRule", "web", "x"
            ),
            AdoptionStep(AdoptionStepKind.NEW, "aws:lb/listenerRule:ListenerRule", "web-01", ""),
        )
    )
    result = AdoptionResult(
        AdoptionOutcome.PLANNED, plan, ("web-02: other",), [terraform_report(state, parts, ())]
    )

    document = as_document(result, "prod")

    (terraform,) = document.pop("terraform")
    assert terraform["rules"][0]["handover"] == "removed block"
    assert document == {
        "version": 1,
        "stack": "prod",
        "outcome": "planned",
        "steps": [
            {
                "kind": "conversion",
                "type": "aws:lb/listenerRule:ListenerRule",
                "name": "web",
                "what": "x",
            },
            {
                "kind": "new",
                "type": "aws:lb/listenerRule:ListenerRule",
                "name": "web-01",
                "what": None,
            },
        ],
        "notes": ["web-02: other"],
    }
