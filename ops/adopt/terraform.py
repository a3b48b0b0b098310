"""What Terraform declares of an adoption, which its next apply would undo."""

from __future__ import annotations

import contextlib
import re
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from fleets.auto_scaling_group.kind import AUTO_SCALING_GROUP
from ops.adopt.config_merge import Config
from ops.adopt.proposal import FoundService
from ops.errors import InputError, RefusedError
from ops.inspect.calls import Calls, reported
from ops.inspect.document import AutoScalingGroup, Inspection
from ops.terraform.handover import AdoptedParts, TerraformReport, terraform_report
from ops.terraform.output import KEEP_FLAG, report_lines
from ops.terraform.state import ResourceKind, TerraformState
from ops.terraform.state_file import FLAG
from rollout.json_value import map_of


def adopted_parts(
    inspection: Inspection, found: Sequence[FoundService], config: Config
) -> AdoptedParts:
    """The rules that the stack takes over, and what its config names beside them."""
    groups = frozenset(
        group.arn for each in found for group in (each.group, each.second) if group is not None
    )
    fleets = [fleet for each in found for fleet in (each.fleet, each.second_fleet) if fleet]
    return AdoptedParts(
        rules={each.rule.arn: each.name for each in found},
        named={
            ResourceKind.TARGET_GROUP: groups,
            ResourceKind.ATTACHMENT: groups,
            ResourceKind.LOAD_BALANCER: frozenset({inspection.load_balancer.arn}),
            ResourceKind.LISTENER: frozenset(each.listener.arn for each in found),
            ResourceKind.AUTO_SCALING_GROUP: frozenset(fleet.name for fleet in fleets),
            **_launched(fleets),
        },
        region=inspection.region,
        account=inspection.load_balancer.arn.split(":")[4],
        held=frozenset(_held_groups(config)),
    )


def _held_groups(config: Config) -> Iterator[str]:
    """The existing Auto Scaling groups that a ramp may hold at a floor."""
    for service in map_of(config.get("failover:services")).values():
        for slot in map_of(map_of(service).get("slots")).values():
            if AUTO_SCALING_GROUP.writes_floor(map_of(slot)):
                yield str(map_of(map_of(slot).get(AUTO_SCALING_GROUP.key)).get("existing"))


def _launched(fleets: Sequence[AutoScalingGroup]) -> dict[ResourceKind, frozenset[str]]:
    """The launch templates and configurations of the groups."""
    templates = [fleet.template for fleet in fleets]
    configurations = {each.name for each in templates if each.kind == "launch configuration"}
    return {
        ResourceKind.LAUNCH_CONFIGURATION: frozenset(configurations),
        ResourceKind.LAUNCH_TEMPLATE: frozenset({each.name for each in templates} - configurations),
    }


def terraform_reports(
    states: Sequence[TerraformState],
    kept_services: Collection[str],
    inspection: Inspection,
    found: Sequence[FoundService],
    config: Config,
) -> tuple[TerraformReport, ...]:
    """What each state declares of the services; `config`: the stack's, as far as it is written.

    Raises:
        InputError: a service that is to stay in Terraform is not adopted, or no state is given.
    """
    services = [each.name for each in found]
    unknown = [service for service in kept_services if service not in services]
    if unknown:
        raise InputError(
            f"{KEEP_FLAG} {unknown[0]}: no such service; expected one of {', '.join(services)}"
        )
    if kept_services and not states:
        raise InputError(f"{KEEP_FLAG} needs {FLAG}, which names the state that has the rules")
    parts = adopted_parts(inspection, found, config)
    return tuple(terraform_report(state, parts, kept_services) for state in states)


def terraform_hints(
    calls: Calls, inspection: Inspection, found: Sequence[FoundService]
) -> tuple[str, ...]:
    """Lines on rules, groups and a load balancer whose tags look like Terraform's.

    Raises:
        InputError: AWS gave no answer, or a refusal.
    """
    names = {inspection.load_balancer.arn: f"load balancer {inspection.load_balancer.name}"}
    for each in found:
        groups = [group for group in (each.group, each.second) if group is not None]
        names |= {each.rule.arn: f"rule of {each.name}"}
        names |= {group.arn: f"target group {group.name}" for group in groups}
    with contextlib.closing(calls.client("elbv2")) as elb, reported():
        tags = {arn: tags for some in _batches(names) for arn, tags in _read_tags(elb, some)}
    return hints({names[arn]: each for arn, each in tags.items()})


_MOST_TAGGED = 20
"""ARNs of one call. Source: ELBv2 API, DescribeTags."""


def _batches(arns: Collection[str]) -> Iterator[list[str]]:
    every = list(arns)
    for start in range(0, len(every), _MOST_TAGGED):
        yield every[start : start + _MOST_TAGGED]


def _read_tags(elb: Any, arns: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    for each in elb.describe_tags(ResourceArns=arns)["TagDescriptions"]:
        yield each["ResourceArn"], {tag["Key"]: tag.get("Value", "") for tag in each["Tags"]}


def hints(tags: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """A line if a tag has a name or a value as teams give them to what Terraform makes.

    `tags`: of each resource, by its name. Advice alone: a tag proves nothing, and none is needed.
    """
    found = [
        f"{resource} ({key}={value})"
        for resource, each in tags.items()
        for key, value in each.items()
        if _LOOKS_DECLARED.search(f"{key}={value}") and value.lower() not in ("false", "no")
    ]
    if not found:
        return ()
    more = f" and {len(found) - 1} more" if found[1:] else ""
    text = (
        f"note: the tags of {found[0]}{more} look like Terraform's. If it declares the rules, its "
        f"next apply resets their weights: {FLAG} DIR|STATE_FILE prints what prevents that."
    )
    return tuple(textwrap.wrap(text, 80, break_long_words=False, break_on_hyphens=False))


_LOOKS_DECLARED = re.compile(r"terraform|terragrunt|opentofu|^tf[:_-]", re.IGNORECASE)


def refuse_undone(reports: Sequence[TerraformReport], kept_services: Sequence[str]) -> None:
    """Refuse to convert rules that the next `terraform apply` would put back.

    Raises:
        RefusedError: a state still has a rule.
    """
    undone = [each for each in reports if each.undone(kept_services)]
    if undone:
        lines = [line for each in undone for line in report_lines(each, kept_services)]
        raise RefusedError("\n".join(["no rule was changed.", *lines]))
