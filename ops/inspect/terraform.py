"""The rules of a load balancer that a Terraform state declares. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ops.inspect.document import Inspection
from ops.inspect.obstacle import Fix, Obstacle, Weight
from ops.inspect.rule_obstacles import candidates, subject_of
from ops.terraform.state import ResourceKind, TerraformState
from ops.terraform.state_file import FLAG


def terraform_obstacles(
    inspection: Inspection, states: Sequence[TerraformState]
) -> Iterator[Obstacle]:
    """A note for each rule that might become a service and is declared by a state."""
    for listener, rule in candidates(inspection):
        for state in states:
            for each in state.resources:
                if each.kind is ResourceKind.RULE and rule.arn in each.ids:
                    yield Obstacle(
                        "rule-of-terraform",
                        Weight.NOTE,
                        subject_of(listener, rule),
                        f"{each.address} declares it ({state.title})",
                        f"the next `{state.program} apply` resets its weights to the actions in "
                        "its configuration",
                        Fix(
                            f"`failover adopt` with {FLAG} prints the change by which Terraform "
                            "hands the rule over"
                        ),
                        (rule.arn,),
                    )
