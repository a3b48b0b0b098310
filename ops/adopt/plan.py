"""Reads a preview, and says whether it does what an adoption may do and nothing else: pure."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.adopt.proposal import Import
from ops.adopt.state import RULE, STACK
from ops.inspect.document import Rule
from rollout.split import Slot

_ENGINE_TYPES = (STACK, "pulumi:providers:", "failover:")
"""The stack, providers and components: nothing of them is in AWS."""
_NO_CHANGE = {"same", "read", "refresh"}
_ACTIONS = "actions"


class Kind(enum.StrEnum):
    """What a step is to an adoption."""

    CONVERSION = "~ rule"
    """A rule gets its two weighted groups."""
    NEW = "+ new"
    """Something of the new slot is made."""
    REFUSED = "! refused"


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a preview."""

    kind: Kind
    type_token: str
    name: str
    operation: str
    said: str
    """What it does in words, or why it is refused."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes of a preview."""

    steps: tuple[Step, ...]

    @property
    def refused(self) -> tuple[Step, ...]:
        """The steps that stop it."""
        return tuple(step for step in self.steps if step.kind is Kind.REFUSED)


def planned(
    steps: Sequence[Mapping[str, Any]], imports: Collection[Import], rules: Mapping[str, Rule]
) -> Plan:
    """The plan of a preview's steps; `rules`: the rule of each service as it is now."""
    services = {each.service: rules[each.service] for each in imports}
    return Plan(
        tuple(
            _step(step, services)
            for step in steps
            if step["op"] not in _NO_CHANGE and not _type(step).startswith(_ENGINE_TYPES)
        )
    )


def _type(step: Mapping[str, Any]) -> str:
    return step["urn"].split("::")[2].rpartition("$")[2]


def _step(step: Mapping[str, Any], services: Mapping[str, Rule]) -> Step:
    type_token, name, operation = _type(step), step["urn"].rpartition("::")[2], step["op"]
    paths = sorted(step.get("detailedDiff") or {})
    is_rule = type_token == RULE and name in services
    if operation == "update" and is_rule:
        kind, said = _conversion(step, paths, services[name])
    elif operation == "create" and is_rule:
        kind, said = Kind.REFUSED, "the rule is there and would be made anew: it is not imported"
    elif operation == "create":
        kind, said = Kind.NEW, "made"
    elif operation == "update":
        said = f"would change {', '.join(paths) or 'it'}, which no adoption does"
        kind = Kind.REFUSED
    else:
        kind, said = Kind.REFUSED, f"would {_plainly(operation)} it{_replacing(step)}"
    return Step(kind, type_token, name, operation, said)


def _plainly(operation: str) -> str:
    """What the engine's step does, in a word."""
    return "replace" if "replace" in operation else operation


def _replacing(step: Mapping[str, Any]) -> str:
    reasons = step.get("replaceReasons") or []
    return f", because of {', '.join(reasons)}" if reasons else ""


def _conversion(step: Mapping[str, Any], paths: Sequence[str], live: Rule) -> tuple[Kind, str]:
    other = [path for path in paths if not path.startswith(_ACTIONS)]
    if other:
        return Kind.REFUSED, f"would change {', '.join(other)} of the rule, not its actions alone"
    weights = _weights(step)
    said = "/".join(str(weight) for weight in weights.values())
    if len(weights) != len(Slot):
        return Kind.REFUSED, f"would forward to {len(weights)} target groups, not to two"
    shares = {group.arn: share for group, share in zip(live.groups, live.split, strict=True)}
    lost = [arn for arn, share in shares.items() if weights.get(arn, 0) != share]
    if lost:
        now = "/".join(map(str, live.split))
        return Kind.REFUSED, f"would move requests: from {now} of {lost[0]} to {said}"
    if len(shares) == 1:
        return Kind.CONVERSION, f"one target group becomes two, {said}"
    return Kind.CONVERSION, f"its weights become shares of 100, {said}"


def _weights(step: Mapping[str, Any]) -> dict[str, int]:
    """The new weights by target group; a group that is yet to be made stands as it is told."""
    actions = step.get("newState", {}).get("inputs", {}).get("actions") or [{}]
    groups = actions[0].get("forward", {}).get("targetGroups", ())
    return {str(group["arn"]): int(group["weight"]) for group in groups}
