from __future__ import annotations

from ops.adopt.plan import AdoptionPlan, AdoptionStep, AdoptionStepKind
from ops.adopt.view import plan_lines

RULE = "aws:lb/listenerRule:ListenerRule"
GROUP = "aws:autoscaling/group:Group"


def test_a_plan_has_the_rules_first_and_what_is_refused_last_in_80_columns() -> None:
    plan = AdoptionPlan(
        (
            AdoptionStep(
                AdoptionStepKind.REFUSED,
                GROUP,
                "web-02",
                "would change maxSize, which no adoption does, " * 3,
            ),
            AdoptionStep(AdoptionStepKind.NEW, GROUP, "portal-02", ""),
            AdoptionStep(
                AdoptionStepKind.CONVERSION, RULE, "web", "one target group becomes two, 100/0"
            ),
        )
    )

    lines = plan_lines(plan, ["web-02: a security group of its own, " * 4])

    assert lines[0] == "  ~ rule    lb:ListenerRule  web  one target group becomes two, 100/0"
    assert lines[1] == "  + new     autoscaling:Group  portal-02"
    assert lines[2].startswith("  ! refused autoscaling:Group  web-02  would change maxSize,")
    (note,) = [number for number, line in enumerate(lines) if line.startswith("  note      web-02")]
    assert all(line.startswith(" " * 12) for line in lines[note + 1 :])
    assert max(map(len, lines)) <= 80
