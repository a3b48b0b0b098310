"""An inspection for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ops.inspect import words
from ops.inspect.document import Inspection, ListenerReport
from ops.inspect.obstacle import Obstacle, Weight, alike


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
