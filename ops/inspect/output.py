"""An inspection as it is printed: for a person at a terminal, as JSON, as Markdown for a ticket."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ops.inspect import words
from ops.inspect.document import Inspection, ListenerReport, RuleReport, TargetGroupReport
from ops.inspect.obstacle import Obstacle, Weight, alike
from ops.inspect.surroundings import (
    BalancerSurroundings,
    LaunchConfigurationReport,
    TemplateVersionReport,
)
from ops.words import as_words
from rollout.json_value import is_list, is_map


def shown(inspection: Inspection, found: Sequence[Obstacle]) -> RenderableType:
    """The load balancer, its rules, its target groups, and the obstacles."""
    balancer = inspection.load_balancer
    head = Text.assemble(
        (balancer.name, "bold"), f"  {balancer.scheme}, {balancer.dns_name}, {balancer.vpc_id}"
    )
    tables = [_rules(listener, inspection) for listener in inspection.listeners]
    return Group(
        head,
        *tables,
        *_groups(inspection),
        *obstacles_shown(found),
        Text(words.calls(inspection), style="dim"),
    )


def _rules(listener: ListenerReport, inspection: Inspection) -> Table:
    certificates = ", ".join(arn.rpartition("/")[2] for arn in listener.certificate_arns)
    tls = f"  {listener.tls_policy}, certificate {certificates}" if listener.tls_policy else ""
    table = _table(f":{listener.port} {listener.protocol}{tls}", "priority", "requests", "goes")
    for rule in listener.rules:
        requests, goes = words.conditions_in_words(rule), words.actions_in_words(rule, inspection)
        table.add_row(rule.place, requests, goes)
    return table


def _groups(inspection: Inspection) -> Iterator[RenderableType]:
    yield Text("Target groups", style="bold")
    for group in inspection.target_groups:
        fleet = inspection.auto_scaling_groups_of(group.arn)
        yield Text.assemble("  ", (group.name, "bold"), f"  {words.health(group, inspection)}")
        facts = Table.grid(padding=(0, 2))
        facts.add_column(style="dim")
        facts.add_column(overflow="fold")
        facts.add_row("checked", words.checks(group))
        facts.add_row("stickiness", words.stickiness(group))
        for each in fleet:
            facts.add_row("Auto Scaling", words.fleet(each))
            facts.add_row("launches", words.template(each))
            facts.add_row("image", words.images(each))
        if not fleet:
            facts.add_row("Auto Scaling", "none")
        yield Padding(facts, (0, 0, 0, 4))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=Text(title, style="bold"), title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", header_style="dim")
    return table


def obstacles_shown(found: Sequence[Obstacle]) -> Iterator[RenderableType]:
    """Each obstacle with its reason and what to do about it; what stops comes first."""
    if not found:
        yield Text("No obstacles to weighted slots.", style="green")
        return
    stopping = sum(each.stops for each in found)
    yield Text(f"Obstacles to weighted slots: {stopping} to clear, {len(found) - stopping} to know")
    for each in alike(found):
        style = "red" if each.weight is Weight.STOPS else "yellow"
        table = Table.grid(padding=(0, 1))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        more = (f"and {each.more} more",) if each.more else ()
        table.add_row(Text(each.weight.value, style=style), "\n".join((*each.shown, *more)))
        table.add_row("why", each.why)
        table.add_row("fix", each.fix.sentence)
        yield Padding(table, (1, 0, 0, 2))
        if each.fix.command is not None:
            # On a line of its own and never folded: what is folded cannot be pasted.
            yield Text(f"    {each.fix.command}", no_wrap=True, overflow="ignore")


VERSION = 2
"""2: beside the findings all that `failover rehearse up --as` needs to make it again."""


def as_document(
    inspection: Inspection, found: Sequence[Obstacle], around: BalancerSurroundings
) -> dict[str, Any]:
    """The whole inspection, rules with their words beside their parts, and its surroundings.

    What AWS describes in its own words is as it was read: `attributes`, `config` of an action,
    `ingress` and `egress` of a security group, `data` of what instances are launched from.
    """
    return {
        "version": VERSION,
        "region": inspection.region,
        "apiCalls": inspection.calls,
        "loadBalancer": _camel(dataclasses.asdict(inspection.load_balancer))
        | {"attributes": dict(around.attributes)},
        "listeners": [
            _camel({**dataclasses.asdict(listener), "rules": []})
            | {"rules": [_rule(rule, inspection) for rule in listener.rules]}
            for listener in inspection.listeners
        ],
        "targetGroups": [_target_group(each) for each in inspection.target_groups],
        "autoScalingGroups": [
            _camel(dataclasses.asdict(each)) | {"imageIds": list(each.image_ids)}
            for each in inspection.auto_scaling_groups
        ],
        "obstacles": [_obstacle(each) for each in found],
        "network": _network(inspection, around),
        "servers": [_camel(dataclasses.asdict(each)) for each in around.servers],
        "launchTemplates": [
            _camel({**dataclasses.asdict(each), "versions": []})
            | {"versions": [_launched(version) for version in each.versions]}
            for each in around.launch_templates
        ],
        "launchConfigurations": [_launched(each) for each in around.launch_configurations],
    }


def _network(inspection: Inspection, around: BalancerSurroundings) -> dict[str, Any]:
    return {
        "vpcId": inspection.load_balancer.vpc_id,
        "cidrBlocks": list(around.cidr_blocks),
        "subnets": [_camel(dataclasses.asdict(each)) for each in around.subnets],
        "securityGroups": [dataclasses.asdict(each) for each in around.security_groups],
    }


def _launched(source: TemplateVersionReport | LaunchConfigurationReport) -> dict[str, Any]:
    return _camel({**dataclasses.asdict(source), "data": {}}) | {"data": dict(source.data)}


def _target_group(group: TargetGroupReport) -> dict[str, Any]:
    document = _camel(dataclasses.asdict(group))
    if group.details is not None:
        document["details"]["attributes"] = dict(group.details.attributes)
    return document


def _obstacle(obstacle: Obstacle) -> dict[str, Any]:
    command = obstacle.fix.command
    return {
        "kind": obstacle.kind,
        "weight": obstacle.weight.value,
        "subject": obstacle.subject,
        "what": obstacle.what,
        "why": obstacle.why,
        "wayOut": obstacle.fix.sentence,
        "command": None
        if command is None
        else {"line": str(command), "steps": _camel(command.steps), "moves": command.moves},
        "arns": list(obstacle.arns),
    }


def _rule(rule: RuleReport, inspection: Inspection) -> dict[str, Any]:
    actions = [
        _camel({**dataclasses.asdict(each), "config": None}) | {"config": each.config}
        for each in rule.actions
    ]
    return _camel(dataclasses.asdict(rule)) | {
        "actions": actions,
        "isPreview": rule.is_preview,
        "requests": words.conditions_in_words(rule),
        "goes": words.actions_in_words(rule, inspection),
    }


def _camel(value: Any) -> Any:
    if is_map(value):
        return {_camel_key(key): _camel(each) for key, each in value.items()}
    return [_camel(each) for each in value] if is_list(value) else value


def _camel_key(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def as_markdown(inspection: Inspection, found: Sequence[Obstacle]) -> str:
    """The whole inspection."""
    balancer = inspection.load_balancer
    lines = [f"## {balancer.name}", "", f"`{balancer.dns_name}`, {balancer.scheme}", ""]
    for listener in inspection.listeners:
        lines += [f"### :{listener.port} {listener.protocol}", ""]
        if listener.tls_policy:
            certificates = ", ".join(f"`{arn}`" for arn in listener.certificate_arns)
            lines += [f"{listener.tls_policy}; {certificates}", ""]
        lines += _row("priority", "requests", "goes"), _row("--:", "---", "---")
        lines += [
            _row(
                rule.place,
                words.conditions_in_words(rule),
                words.actions_in_words(rule, inspection),
            )
            for rule in listener.rules
        ]
        lines.append("")
    lines += [*_group_rows(inspection), "", *_obstacles(found), "", words.calls(inspection)]
    return "\n".join(lines)


def _group_rows(inspection: Inspection) -> Iterator[str]:
    yield from ("### Target groups", "")
    yield _row("target group", "health", "checked", "stickiness", "Auto Scaling", "runs")
    yield _row(*["---"] * 6)
    for group in inspection.target_groups:
        fleet = inspection.auto_scaling_groups_of(group.arn)
        yield _row(
            group.name,
            words.health(group, inspection),
            words.checks(group),
            words.stickiness(group),
            "; ".join(words.fleet(each) for each in fleet) or "none",
            "; ".join(f"{words.images(each)} ({words.template(each)})" for each in fleet),
        )


def _obstacles(found: Sequence[Obstacle]) -> Iterator[str]:
    yield from ("### Obstacles to weighted slots", "")
    for each in alike(found):
        yield f"- **{each.weight}** {as_words('; '.join(each.shown))}"
        if each.more:
            yield f"  - and {each.more} more"
        yield f"  - why: {as_words(each.why)}"
        yield f"  - fix: {as_words(each.fix.sentence)}"
        if each.fix.command is not None:
            yield from ("", "    ```sh", f"    {each.fix.command}", "    ```", "")
    if not found:
        yield "Nothing."


def _row(*cells: str) -> str:
    return f"| {' | '.join(as_words(cell) for cell in cells)} |"
