"""The change of a Terraform configuration before an adoption: for a person, and as JSON. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from ops.terraform.handover import HELD_BLOCK, Handover, RuleHandover, TerraformReport
from ops.terraform.state import ResourceKind
from ops.words import joined_words
from rollout.command import Command

_WIDTH = 80
KEEP_FLAG = "--keep-in-terraform"
EMPTY_PLAN = ("plan", "-detailed-exitcode")
"""Exit code 0: nothing to change; 2: something. Source: Terraform docs, "Command: plan"."""


def report_lines(report: TerraformReport, kept_services: Sequence[str]) -> list[str]:
    """What a state declares of an adoption, and what to do before it, in that order."""
    if not report.handovers:
        text = f"Terraform ({report.state.title}) declares none of the adopted rules."
        return [*_wrapped(text), *_kept(report)]
    number = 0
    lines = _wrapped(f"Terraform ({report.state.title}) declares adopted rules. Before --apply:")
    for each in report.handovers:
        number += 1
        lines += _step(number, each, report.state.program)
    for text in _ends(report, kept_services):
        number += 1
        lines += _numbered(number, text)
    lines += _wrapped(otherwise(report))
    return [*lines, *_kept(report)]


def otherwise(report: TerraformReport) -> str:
    """What happens where Terraform's change is left out."""
    names = joined_words(_services(report.handovers))
    return (
        f"Without this change, the next `{report.state.program} apply` resets the rules of {names} "
        "to the actions in its configuration, whatever the weights are then."
    )


def _services(handovers: Sequence[RuleHandover]) -> list[str]:
    return sorted({service for each in handovers for service in each.services})


def _step(number: int, handover: RuleHandover, program: str) -> Iterator[str]:
    yield from _numbered(number, sentence(handover, program))
    if handover.block:
        yield from ("", handover.block, "")
    for command in handover.commands:
        yield f"     {command}"


def sentence(handover: RuleHandover, program: str) -> str:
    """What to do with one resource; its block or its commands follow."""
    names, place = joined_words(handover.services), handover.configured
    if handover.kind is Handover.REMOVED:
        return (
            f"{names}: delete the resource {place} from the configuration, and add this block in "
            "the same change:"
        )
    if handover.kind is Handover.STATE_RM:
        remaining = (
            f"take its entry out of the {place} of the configuration"
            if handover.others
            else f"delete the resource {place} from the configuration"
        )
        return (
            f"{names}: run this in the folder of the configuration, then {remaining}. In this "
            f"order: where the configuration is applied without the entry first, {program} deletes "
            "the rule:"
        )
    return f"{names}: add this to the resource {place}{_why_kept(handover)}:"


def _why_kept(handover: RuleHandover) -> str:
    why = ""
    if handover.dependents:
        why = f", which {joined_words(handover.dependents)} refers to"
    if handover.others:
        others = joined_words(handover.others)
        why += f" (it then leaves the actions of {others} to you as well)"
    return why


def _ends(report: TerraformReport, kept_services: Sequence[str]) -> Iterator[str]:
    """The steps after the change itself."""
    program = report.state.program
    plan = Command.of(program, *EMPTY_PLAN)
    kinds = {each.kind for each in report.handovers}
    if Handover.REMOVED in kinds:
        yield (
            f"`{program} apply`: its plan may have only rules that are no longer managed and are "
            "not destroyed. In AWS nothing changes."
        )
    yield f"`{plan}` ends with 0: nothing to change, as after the adoption and at every stage"
    kept = [
        service
        for each in report.handovers
        if each.kind is Handover.IGNORED
        for service in each.services
        if service not in kept_services
    ]
    flags = "".join(f" {KEEP_FLAG} {service}" for service in kept)
    yield f"the same command with --apply{flags}"


def _kept(report: TerraformReport) -> list[str]:
    """What stays Terraform's, by its resources."""
    names = sorted({each.configured for each in report.kept})
    if not names:
        return []
    lines = _wrapped(
        f"Terraform keeps {joined_words(names)} without a change: the stack changes nothing there."
    )
    if any(each.kind is ResourceKind.AUTO_SCALING_GROUP for each in report.kept):
        lines += _wrapped(
            "If an update waits for more instances in one of these Auto Scaling groups, raise "
            "min_size in Terraform: the next apply would reset what the printed command sets."
        )
    for resource in _held(report):
        lines += _wrapped(
            f"A ramp raises the min of {resource} (floor: write), and keeps the former min in a "
            "tag. Before the ramp, add this to the resource, or an apply during the ramp resets "
            "both:"
        )
        lines += ["", HELD_BLOCK, ""]
    return lines


def _held(report: TerraformReport) -> list[str]:
    return sorted({each.configured for each in report.held})


def _numbered(number: int, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=f"  {number}. ",
        subsequent_indent="     ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def as_document(report: TerraformReport) -> dict[str, Any]:
    """The same for a program."""
    return {
        "source": report.state.source,
        "program": report.state.program,
        "version": report.state.version,
        "rules": [
            {
                "services": list(each.services),
                "addresses": list(each.addresses),
                "resource": each.configured,
                "handover": each.kind.value,
                "block": each.block or None,
                "commands": [str(command) for command in each.commands],
                "otherInstances": list(each.others),
                "referredToBy": list(each.dependents),
            }
            for each in report.handovers
        ],
        "kept": [
            {"address": each.address, "kind": each.kind.value if each.kind else None}
            for each in report.kept
        ],
        "held": [{"resource": name, "block": HELD_BLOCK} for name in _held(report)],
    }
