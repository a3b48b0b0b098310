"""A deployment plan: what an update would mean, folded from the events of its preview."""

from __future__ import annotations

import enum
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.plan.cost import Cost, costs
from ops.plan.resource_step import Operation, ResourceStep, resource_steps
from ops.plan.service_plan import ServicePlan, service_plans
from pulumi_cli.events import MANDATORY, Diagnostic, Event, Severity, diagnostics
from rollout.errors import CONFIG_REFUSED
from rollout.json_value import map_of
from rollout.notice import Notice, NoticeKind

_REFUSALS = (NoticeKind.WILL_BE_REFUSED, NoticeKind.REFUSED)
_HEAVIEST_FIRST = (
    *_REFUSALS,
    NoticeKind.OUT_OF_BAND_CHANGE,
    NoticeKind.OVERRIDE,
    NoticeKind.NOTE,
    NoticeKind.WILL_WAIT,
    NoticeKind.WAITING,
    NoticeKind.PASSES,
)
_STACK = "pulumi:pulumi:Stack"
_ENGINES_LAST_WORD = "preview failed"
"""An error of every failed preview, besides the reason."""


class PlanOutcome(enum.StrEnum):
    """What a plan comes to."""

    NO_CHANGE = "no change"
    CHANGES = "changes"
    REFUSED = "refused"
    BAD_CONFIG = "bad config"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """A preview, condensed."""

    stack: str
    services: tuple[ServicePlan, ...]
    notices: tuple[Notice, ...]
    """The guards' notices, each once, refusals first."""
    violations: tuple[PolicyViolation, ...]
    packs: tuple[str, ...]
    """The policy packs that looked at it, each as `name version`."""
    costs: tuple[Cost, ...]
    steps: tuple[ResourceStep, ...]
    errors: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]
    has_failed: bool
    """Whether the engine itself calls the preview failed."""

    @property
    def changes(self) -> tuple[ResourceStep, ...]:
        """The resources to which something happens."""
        changed = (step for step in self.steps if step.is_change)
        return tuple(sorted(changed, key=lambda step: (step.name, step.type_token)))

    @property
    def destroyed(self) -> tuple[ResourceStep, ...]:
        """What would be deleted or replaced."""
        ends = (Operation.REPLACE, Operation.DELETE)
        return tuple(step for step in self.changes if step.operation in ends)

    @property
    def counts(self) -> Mapping[Operation, int]:
        """How many resources each operation happens to, those that stay as they are included."""
        return Counter(step.operation for step in self.steps)

    @property
    def outcome(self) -> PlanOutcome:
        """What it comes to: a refusal outweighs a change, and a failure everything."""
        if any(CONFIG_REFUSED in error.message for error in self.errors):
            return PlanOutcome.BAD_CONFIG
        if self.has_failed and self.unexplained_errors:
            return PlanOutcome.FAILED
        if self.refusals:
            return PlanOutcome.REFUSED
        if self.has_failed:
            return PlanOutcome.FAILED
        return PlanOutcome.CHANGES if self.changes else PlanOutcome.NO_CHANGE

    @property
    def has_broken(self) -> bool:
        """Whether the preview did not come to its end, so that the plan is incomplete."""
        return self.outcome in (PlanOutcome.BAD_CONFIG, PlanOutcome.FAILED)

    @property
    def judgement(self) -> tuple[str, ...]:
        """The guards' notices without the refusals."""
        return tuple(_text(notice) for notice in self.notices if notice.kind not in _REFUSALS)

    @property
    def out_of_band_changes(self) -> tuple[Notice, ...]:
        """Live weights that are not what the stack left."""
        return tuple(each for each in self.notices if each.kind is NoticeKind.OUT_OF_BAND_CHANGE)

    @property
    def refused_by_guards(self) -> tuple[str, ...]:
        """Why the guards would stop an update."""
        return tuple(_text(notice) for notice in self.notices if notice.kind in _REFUSALS)

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why an update would stop: guards, mandatory policies and protection."""
        policies = [
            f"policy {violation.policy}: {violation.where}: {violation.message}"
            for violation in self.violations
            if violation.is_mandatory
        ]
        protected = [
            f"{step.name} ({step.type_name}) is protected, and would be {step.operation.past}"
            for step in self.destroyed
            if step.is_protected
        ]
        return (*self.refused_by_guards, *policies, *protected)

    @property
    def unexplained_errors(self) -> tuple[Diagnostic, ...]:
        """The errors other than refusals: a program that broke, a provider that cannot be reached.

        The engine's error for a protected resource hangs on that resource.
        """
        protected = {step.urn for step in self.destroyed if step.is_protected}
        return tuple(
            error
            for error in self.errors
            if error.message != _ENGINES_LAST_WORD and error.urn not in protected
        )


def fold(events: Sequence[Event], stack: str) -> DeploymentPlan:
    """The plan of a preview.

    Args:
        events: the whole stream.
        stack: the name to show where the preview ended before the stack had one.

    Raises:
        EventStreamError: an operation that is not known here.
    """
    steps = resource_steps(events)
    messages = diagnostics(events)
    services = service_plans(steps, _config(events, "capacity"))
    named = next((step.urn.split("::")[0] for step in steps if step.type_token == _STACK), "")
    notices = {each: notice for each in messages if (notice := Notice.parse(each.message))}
    others = [each for each in messages if each not in notices]
    return DeploymentPlan(
        stack=named.removeprefix("urn:pulumi:") or stack,
        services=services,
        notices=tuple(dict.fromkeys(sorted(notices.values(), key=_order))),
        violations=policy_violations(events),
        packs=policy_packs(events),
        costs=costs(steps, services),
        steps=steps,
        errors=tuple(each for each in others if each.severity is Severity.ERROR),
        warnings=tuple(each for each in others if each.severity is Severity.WARNING),
        has_failed=_has_failed(events),
    )


def _order(notice: Notice) -> tuple[int, str]:
    return _HEAVIEST_FIRST.index(notice.kind), notice.service


def _text(notice: Notice) -> str:
    """The notice for a place where it is clear that it comes from the guards."""
    return str(notice).removeprefix("judgement: ")


def _config(events: Sequence[Event], key: str) -> Mapping[str, Any]:
    """A map of the stack's config, from the preview's first event."""
    for event in events:
        if event.kind == "preludeEvent":
            text = map_of(event.body.get("config")).get(f"failover:{key}", "{}")
            try:
                return map_of(json.loads(text))
            except json.JSONDecodeError:
                return {}  # a secret, or a value that the program refuses with its own message
    return {}


def _has_failed(events: Sequence[Event]) -> bool:
    """A stream without a summary ended in `cancelEvent` alone: the engine gave up."""
    results = [event.body.get("result") for event in events if event.kind == "summaryEvent"]
    return results != ["succeeded"]


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
