"""Whether a preview does only what an adoption may do, and its lines for a person. Pure."""

from __future__ import annotations

import enum
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.adopt.proposal import Import
from ops.adopt.state import STACK
from ops.inspect.document import RuleReport
from ops.plan.plan import DeploymentPlan as Preview
from ops.plan.resource_step import Operation, ResourceStep
from ops.plan.service_plan import RULE, SLOT
from rollout.forward_action import declared_groups
from rollout.split import Slot

_ENGINE_TYPES = (STACK, "pulumi:providers:", "failover:")
"""The stack, providers and components: nothing of them is in AWS."""
_ACTIONS = "actions"


class AdoptionStepKind(enum.StrEnum):
    """What a step is to an adoption."""

    CONVERSION = "~ rule"
    """A rule gets its two weighted groups."""
    NEW = "+ new"
    """Something of the new slot is made."""
    REFUSED = "! refused"


@dataclass(frozen=True, slots=True)
class AdoptionStep:
    """One change of a preview."""

    kind: AdoptionStepKind
    type_token: str
    name: str
    what: str
    """What it does in words, or why it is refused; empty if the kind alone is enough."""


@dataclass(frozen=True, slots=True)
class AdoptionPlan:
    """All changes of a preview."""

    steps: tuple[AdoptionStep, ...]
    objections: tuple[str, ...] = ()
    """Why the guards would refuse the update."""

    @property
    def refused(self) -> tuple[AdoptionStep, ...]:
        """The steps that stop it."""
        return tuple(step for step in self.steps if step.kind is AdoptionStepKind.REFUSED)


def planned(
    preview: Preview, imports: Collection[Import], rules: Mapping[str, RuleReport]
) -> AdoptionPlan:
    """What a preview is to an adoption; `rules`: the rule of each service as it is now."""
    services = {each.service: rules[each.service] for each in imports}
    hidden = {each.name: each for each in preview.steps if each.type_token == SLOT}
    converted = {
        step.name
        for step in preview.changes
        if step.type_token == RULE and step.operation is Operation.UPDATE
    } & services.keys()
    return AdoptionPlan(
        tuple(
            _step(step, services, converted, hidden)
            for step in preview.changes
            if not step.type_token.startswith(_ENGINE_TYPES)
        ),
        preview.refused_by_guards,
    )


def _step(
    step: ResourceStep,
    services: Mapping[str, RuleReport],
    converted: Collection[str],
    slots: Mapping[str, ResourceStep],
) -> AdoptionStep:
    is_rule = step.type_token == RULE and step.name in services
    paths = ", ".join(step.changed_paths)
    if step.operation is Operation.UPDATE and is_rule:
        kind, what = _conversion(step, services[step.name], slots)
    elif step.operation is Operation.CREATE and is_rule:
        kind, what = (
            AdoptionStepKind.REFUSED,
            "the rule exists and would be created a second time: it is not imported",
        )
    elif step.operation is Operation.CREATE:
        kind, what = AdoptionStepKind.NEW, ""
    elif step.operation is Operation.UPDATE and _is_of_new_slot(step, converted):
        kind, what = (
            AdoptionStepKind.NEW,
            f"was started before, and gets {paths or 'what is missing'}",
        )
    elif step.operation is Operation.UPDATE:
        kind, what = (
            AdoptionStepKind.REFUSED,
            f"would change {paths or 'it'}, which no adoption does",
        )
    else:
        reason = f", because of {paths}" if paths else ""
        kind, what = AdoptionStepKind.REFUSED, f"would {step.operation} it{reason}"
    return AdoptionStep(kind, step.type_token, step.name, what)


def _is_of_new_slot(step: ResourceStep, converted: Collection[str]) -> bool:
    """Whether it is of a slot that no rule forwards to yet: a killed adoption made it."""
    slots = {f"{service}-{Slot.SECOND}" for service in converted}
    return any(step.name == slot or step.name.startswith(f"{slot}-") for slot in slots)


def _conversion(
    step: ResourceStep, live: RuleReport, slots: Mapping[str, ResourceStep]
) -> tuple[AdoptionStepKind, str]:
    other = [path for path in step.changed_paths if not path.startswith(_ACTIONS)]
    if other:
        return (
            AdoptionStepKind.REFUSED,
            f"would change {', '.join(other)} of the rule, not its actions alone",
        )
    weights = dict(declared_groups(step.new_inputs)) or _of_slots(step.name, slots)
    what = "/".join(str(weight) for weight in weights.values())
    if len(weights) != len(Slot):
        return (
            AdoptionStepKind.REFUSED,
            f"would forward to {len(weights)} target groups, not to two",
        )
    shares = {group.arn: share for group, share in zip(live.groups, live.split, strict=True)}
    lost = [arn for arn, share in shares.items() if weights.get(arn, 0) != share]
    if lost:
        now = "/".join(map(str, live.split))
        return AdoptionStepKind.REFUSED, f"would move requests: from {now} of {lost[0]} to {what}"
    if len(shares) == 1:
        return AdoptionStepKind.CONVERSION, f"one target group becomes two, {what}"
    return AdoptionStepKind.CONVERSION, f"its weights become shares of 100, {what}"


def _of_slots(service: str, slots: Mapping[str, ResourceStep]) -> dict[str, int]:
    """The weights by target group, where the rule's actions are hidden with a client's secret."""
    names = [f"{service}-{slot}" for slot in Slot]
    found = {name: slots[name].new_outputs for name in names if name in slots}
    return {
        # The target group of a new slot is not known yet.
        str(each.get("targetGroupArn", name)): int(each["weight"])
        for name, each in found.items()
        if "weight" in each
    }


_WIDTH = 80
_INDENT = 12


def plan_lines(plan: AdoptionPlan, unlike: Sequence[str]) -> list[str]:
    """Every change, the rules first; then what the new slots do not take over."""
    lines = [line for kind in AdoptionStepKind for line in _of_kind(kind, plan)]
    return [*lines, *(line for text in unlike for line in _wrapped("  note      ", text))]


def _of_kind(kind: AdoptionStepKind, plan: AdoptionPlan) -> Iterator[str]:
    """The changes of one kind in columns; a line that is too long goes on below the last one."""
    steps = sorted((step for step in plan.steps if step.kind is kind), key=lambda step: step.name)
    width = max((len(_short(step.type_token)) for step in steps), default=0)
    longest = max((len(step.name) for step in steps), default=0)
    for step in steps:
        head = f"  {kind.value:9} {_short(step.type_token):{width}}  {step.name:{longest}}"
        yield from _wrapped(f"{head}  ", step.what) if step.what else [head.rstrip()]


def _wrapped(head: str, text: str) -> list[str]:
    """`text` behind `head`, as wide as a terminal, and indented where it goes on."""
    indent = " " * (len(head) if len(head) <= _WIDTH // 2 else _INDENT)
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=head,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _short(type_token: str) -> str:
    """`lb:ListenerRule` for `aws:lb/listenerRule:ListenerRule`."""
    package, module, name = (*type_token.split(":"), "", "")[:3]
    return f"{module.partition('/')[0]}:{name}" if package == "aws" else name


def verdict(summary: Mapping[str, Any] | None, log: str) -> str:
    """How the requests fared."""
    counted: Mapping[str, int] = (summary or {}).get("requests", {})
    sent, failed = counted.get("sent", 0), counted.get("failed", 0)
    return f"{sent} requests, {failed} failed ({log})"
