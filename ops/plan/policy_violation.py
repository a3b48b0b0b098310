"""The violations that the policy pack reports in a preview."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pulumi_cli.events import MANDATORY, Event


@dataclass(frozen=True, slots=True)
class PolicyViolation:
    """A policy that resources, or the stack as a whole, violate, all in the same way."""

    policy: str
    resources: tuple[str, ...]
    """Their logical names, in order; `the stack` for a policy on all of it."""
    message: str
    is_mandatory: bool
    """Whether it stops an update; an advisory one is a warning."""

    @property
    def where(self) -> str:
        """The resources, in words."""
        return ", ".join(self.resources)


def policy_violations(events: Iterable[Event]) -> tuple[PolicyViolation, ...]:
    """Every violation and warning once, the mandatory ones first."""
    found: dict[tuple[bool, str, str], set[str]] = {}
    for event in events:
        if event.kind == "policyEvent":
            level = event.body.get("enforcementLevel")
            message = " ".join(str(event.body.get("message", "")).split())
            key = (level not in MANDATORY, str(event.body.get("policyName")), message)
            urn = str(event.body.get("resourceUrn") or "")
            found.setdefault(key, set()).add(urn.split("::")[-1] or "the stack")
    return tuple(
        PolicyViolation(policy, tuple(sorted(resources)), message, not is_advisory)
        for (is_advisory, policy, message), resources in sorted(found.items())
    )


def policy_packs(events: Iterable[Event]) -> tuple[str, ...]:
    """The packs that looked at the preview, each as `name version`."""
    packs = {
        f"{event.body.get('policyPackName')} {event.body.get('policyPackVersion')}"
        for event in events
        if event.kind.startswith("policyAnalyze")
    }
    return tuple(sorted(packs))
