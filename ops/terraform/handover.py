"""How Terraform hands listener rules over to the stack, by what its state declares. Pure.

A rule has one owner: Terraform forgets it (a `removed` block, or `terraform state rm`), or keeps it
and ignores its actions (`ignore_changes`). All else that an adoption names stays Terraform's as it
is, because the stack changes nothing in it.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ops.terraform.state import DeclaredResource, ResourceKind, TerraformState
from rollout.command import Command


@dataclass(frozen=True, slots=True)
class AdoptedParts:
    """What an adoption takes over, and what it only names."""

    rules: Mapping[str, str]
    """ARN of a listener rule to its service."""
    named: Mapping[ResourceKind, frozenset[str]]
    """The ids of what the config of the stack names; of an attachment that of its target group."""
    region: str
    account: str
    held: frozenset[str] = frozenset()
    """The existing Auto Scaling groups whose min a ramp raises, by name."""


class Handover(enum.StrEnum):
    """What Terraform does with a rule."""

    REMOVED = "removed block"
    """It forgets the rule with the next apply, and does not delete it."""
    STATE_RM = "state rm"
    """The same by a command: where a block has no address for it, or Terraform is older."""
    IGNORED = "ignore_changes"
    """It keeps the rule, and leaves its actions to the stack."""


@dataclass(frozen=True, slots=True)
class RuleHandover:
    """The change of one resource of Terraform that declares adopted rules."""

    kind: Handover
    services: tuple[str, ...]
    addresses: tuple[str, ...]
    """Of the adopted instances."""
    configured: str
    """Where the resource is in the configuration."""
    block: str = ""
    """HCL: the block to add to the configuration, or to the resource with `ignore_changes`."""
    commands: tuple[Command, ...] = ()
    """To run in the folder of the configuration, in this order."""
    others: tuple[str, ...] = ()
    """The other instances of the resource, which the stack does not adopt."""
    dependents: tuple[str, ...] = ()
    """The resources that refer to it, which is why Terraform keeps it."""


@dataclass(frozen=True, slots=True)
class TerraformReport:
    """What one state declares of an adoption."""

    state: TerraformState
    handovers: tuple[RuleHandover, ...]
    kept: tuple[DeclaredResource, ...]
    """What the stack only names; nothing is to change for it, but for `held`."""
    held: tuple[DeclaredResource, ...] = ()
    """Auto Scaling groups whose min and tags a ramp changes."""

    def undone(self, kept_services: Collection[str]) -> tuple[RuleHandover, ...]:
        """The handovers that the state shows as not done.

        `kept_services`: those of which a person states that Terraform ignores the actions, which no
        state shows.
        """
        return tuple(
            each for each in self.handovers if not set(each.services) <= set(kept_services)
        )


def terraform_report(
    state: TerraformState, parts: AdoptedParts, kept_services: Collection[str]
) -> TerraformReport:
    """What a state declares, and how it hands over the rules.

    `kept_services`: those whose rule is to stay in Terraform.
    """
    adopted: dict[str, list[DeclaredResource]] = {}
    for each in state.resources:
        if each.kind is ResourceKind.RULE and each.ids & parts.rules.keys():
            adopted.setdefault(each.resource, []).append(each)
    named = tuple(each for each in state.resources if _is_named(each, parts))
    groups = [each for each in named if each.kind is ResourceKind.AUTO_SCALING_GROUP]
    return TerraformReport(
        state,
        tuple(_handover(state, found, parts, kept_services) for found in adopted.values()),
        kept=named,
        held=tuple(each for each in groups if each.ids & parts.held),
    )


def _is_named(declared: DeclaredResource, parts: AdoptedParts) -> bool:
    """Whether the stack names it; a name alone is of this region and account."""
    if declared.kind is None or not declared.ids & parts.named.get(declared.kind, frozenset()):
        return False
    words = (declared.arn or "").split(":")
    return len(words) < 6 or (words[3], words[4]) == (parts.region, parts.account)


def _handover(
    state: TerraformState,
    found: Sequence[DeclaredResource],
    parts: AdoptedParts,
    kept_services: Collection[str],
) -> RuleHandover:
    first = found[0]
    services = sorted({parts.rules[arn] for each in found for arn in each.ids & parts.rules.keys()})
    addresses = tuple(each.address for each in found)
    siblings = [
        each
        for each in state.resources
        if each.configured == first.configured and each.address not in addresses
    ]
    dependents = sorted(
        {each.configured for each in state.resources if first.configured in each.depends_on}
    )
    made = RuleHandover(
        Handover.IGNORED,
        tuple(services),
        addresses,
        first.configured,
        others=tuple(each.address for each in siblings),
        dependents=tuple(dependents),
    )
    if dependents or any(service in kept_services for service in services):
        return replace(made, block=IGNORED_BLOCK)
    if state.takes_removed_blocks and not first.is_indexed:
        return replace(made, kind=Handover.REMOVED, block=removed_block(first.configured))
    forgetting = _forgetting(state.program, found, siblings)
    return replace(made, kind=Handover.STATE_RM, commands=forgetting)


def _ignoring(*arguments: str) -> str:
    return f"  lifecycle {{\n    ignore_changes = [{', '.join(arguments)}]\n  }}"


IGNORED_BLOCK = _ignoring("action")
"""What a rule that stays in Terraform gets; indented as it is within the resource."""
HELD_BLOCK = _ignoring("desired_capacity", "min_size", "tag")
"""What a group gets that a ramp holds at a floor: the ramp keeps the former min in a tag.

Seen with the provider's version 5.100: an apply without it takes the tags off.
"""


def removed_block(address: str) -> str:
    """The block by which Terraform 1.7 and newer forgets a resource and deletes nothing.

    Source: Terraform docs, "Removing resources"; an address in it has no index.
    """
    return f"removed {{\n  from = {address}\n\n  lifecycle {{\n    destroy = false\n  }}\n}}"


def _forgetting(
    program: str, found: Sequence[DeclaredResource], siblings: Iterable[DeclaredResource]
) -> tuple[Command, ...]:
    """The commands that forget instances; those of a `count` behind them move up.

    Terraform counts without gaps: with a gap it would delete the last instance, and make the
    one that is missing.
    """
    forgotten = [Command.of(program, "state", "rm", each.address) for each in found]
    resource = found[0].resource
    counted = sorted(
        each.index for each in siblings if each.resource == resource and type(each.index) is int
    )
    moves = [
        Command.of(program, "state", "mv", f"{resource}[{old}]", f"{resource}[{new}]")
        for new, old in enumerate(counted)
        if new != old
    ]
    return (*forgotten, *moves)
