"""What Terraform declares of an adoption, which its next apply would undo."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from fleets.auto_scaling_group.kind import AUTO_SCALING_GROUP
from ops.adopt.config_merge import Config
from ops.adopt.proposal import FoundService
from ops.errors import InputError, RefusedError
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


def refuse_undone(reports: Sequence[TerraformReport], kept_services: Sequence[str]) -> None:
    """Refuse to convert rules that the next `terraform apply` would put back.

    Raises:
        RefusedError: a state still has a rule.
    """
    undone = [each for each in reports if each.undone(kept_services)]
    if undone:
        lines = [line for each in undone for line in report_lines(each, kept_services)]
        raise RefusedError("\n".join(["no rule was changed.", *lines]))
