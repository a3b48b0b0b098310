"""What a run of `failover adopt` came to, for a program. Pure."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ops.adopt.plan import AdoptionPlan
from ops.terraform.handover import TerraformReport
from ops.terraform.output import as_document as terraform_document

VERSION = 1


class AdoptionOutcome(enum.StrEnum):
    """How it ended; another end is an error."""

    PLANNED = "planned"
    """Nothing was changed in AWS or in the state."""
    ADOPTED = "adopted"
    UNCHANGED = "nothing to change"
    """It was adopted before."""


@dataclass(frozen=True, slots=True)
class AdoptionResult:
    """The end of a run."""

    outcome: AdoptionOutcome
    plan: AdoptionPlan
    """What the run was to change, or has changed."""
    unlike: Sequence[str]
    """What slot 02 would not have of slot 01, in words."""
    terraform: Sequence[TerraformReport]


def as_document(result: AdoptionResult, stack: str) -> dict[str, Any]:
    """The document of `--json`."""
    return {
        "version": VERSION,
        "stack": stack,
        "outcome": result.outcome.value,
        "steps": [
            {
                "kind": each.kind.name.lower(),
                "type": each.type_token,
                "name": each.name,
                "what": each.what or None,
            }
            for each in result.plan.steps
        ],
        "notes": list(result.unlike),
        "terraform": [terraform_document(each) for each in result.terraform],
    }
