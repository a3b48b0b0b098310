"""What the stack's state holds of an adoption: pure, from the export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.plan.service_plan import RULE, SERVICE

STACK = "pulumi:pulumi:Stack"


@dataclass(frozen=True, slots=True)
class State:
    """The resources of a deployment, by URN."""

    ids: Mapping[str, str]
    """URN to id; empty for what has none, such as a component."""
    has_outputs: bool = False
    """Whether an update of the whole program came to its end once."""

    @classmethod
    def of(cls, deployment: Mapping[str, Any]) -> State:
        """Read a deployment as `pulumi stack export` has it."""
        resources: Sequence[Mapping[str, Any]] = deployment.get("resources") or ()
        return cls(
            {resource["urn"]: resource.get("id", "") for resource in resources},
            any(r["type"] == STACK and "services" in r.get("outputs", {}) for r in resources),
        )

    def urn_of(self, type_token: str, name: str) -> str | None:
        """The resource of this type and logical name, whatever its parents are."""
        for urn in self.ids:
            if urn.split("::")[2].rpartition("$")[2] == type_token and urn.endswith(f"::{name}"):
                return urn
        return None

    def rule_arn(self, service: str) -> str | None:
        """The rule that the state has for a service."""
        urn = self.urn_of(RULE, service)
        return self.ids[urn] if urn else None

    @property
    def services(self) -> frozenset[str]:
        """The services that it knows."""
        return frozenset(
            urn.rpartition("::")[2] for urn in self.ids if urn.split("::")[2] == SERVICE
        )
