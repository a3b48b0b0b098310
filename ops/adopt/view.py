"""The plan of an adoption, and its end, for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ops.adopt.plan import Kind, Plan


def plan_lines(plan: Plan, unlike: Sequence[str]) -> list[str]:
    """Every change, the rules first; then what the new slots do not take over."""
    order = list(Kind)
    steps = sorted(plan.steps, key=lambda step: (order.index(step.kind), step.name))
    width = max((len(_short(step.type_token)) for step in steps), default=0)
    longest = max((len(step.name) for step in steps), default=0)
    lines = [
        f"  {step.kind.value:9} {_short(step.type_token):{width}}  "
        f"{step.name:{longest}}  {step.said}"
        for step in steps
    ]
    return [*lines, *(f"  note      {line}" for line in unlike)]


def _short(type_token: str) -> str:
    """`lb:ListenerRule` for `aws:lb/listenerRule:ListenerRule`."""
    package, module, name = (*type_token.split(":"), "", "")[:3]
    return f"{module.partition('/')[0]}:{name}" if package == "aws" else name


def verdict(summary: Mapping[str, Any] | None, log: str) -> str:
    """How the requests fared."""
    counted: Mapping[str, int] = (summary or {}).get("requests", {})
    sent, failed = counted.get("sent", 0), counted.get("failed", 0)
    return f"{sent} requests, {failed} failed ({log})"
