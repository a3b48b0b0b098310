"""The plan of an adoption, and its end, for a person."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ops.adopt.plan import AdoptionPlan, AdoptionStepKind

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
        yield from _wrapped(f"{head}  ", step.said) if step.said else [head.rstrip()]


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
