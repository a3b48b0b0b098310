"""What the policy pack says about the resources of a preview."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ops.plan.event_stream import Event

_MANDATORY = ("mandatory", "remediate")


@dataclass(frozen=True, slots=True)
class PolicyFinding:
    """A policy that one resource, or the stack as a whole, does not keep."""

    policy: str
    resource: str
    """The logical name; `the stack` for a policy on all of it."""
    message: str
    is_mandatory: bool
    """Whether it stops an update; an advisory one is a warning."""


def policy_findings(events: Iterable[Event]) -> tuple[PolicyFinding, ...]:
    """Every violation and warning once, the mandatory ones first."""
    found = dict.fromkeys(_finding(event) for event in events if event.kind == "policyEvent")
    return tuple(
        sorted(found, key=lambda each: (not each.is_mandatory, each.policy, each.resource))
    )


def policy_packs(events: Iterable[Event]) -> tuple[str, ...]:
    """The packs that looked at the preview, each as `name version`."""
    packs = {
        f"{event.body.get('policyPackName')} {event.body.get('policyPackVersion')}"
        for event in events
        if event.kind.startswith("policyAnalyze")
    }
    return tuple(sorted(packs))


def _finding(event: Event) -> PolicyFinding:
    urn = str(event.body.get("resourceUrn") or "")
    return PolicyFinding(
        policy=str(event.body.get("policyName")),
        resource=urn.split("::")[-1] or "the stack",
        message=" ".join(str(event.body.get("message", "")).split()),
        is_mandatory=event.body.get("enforcementLevel") in _MANDATORY,
    )
