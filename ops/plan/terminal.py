"""A plan for the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ops.plan import wording
from ops.plan.plan import DeploymentPlan, PlanOutcome
from ops.plan.resource_step import Operation, ResourceStep, property_changes
from ops.plan.service_plan import BeforeAndAfter

MOST_LINES = 10
"""Changes that are listed; what matters of the rest is in the table, the whole in the Markdown."""

_COMMANDS = ("fix:", "or:")
"""What a line begins with that is a command, as problems and notices write it."""

_COLOURS = {
    PlanOutcome.NO_CHANGE: "green",
    PlanOutcome.CHANGES: "yellow",
    PlanOutcome.REFUSED: "red",
    PlanOutcome.BAD_CONFIG: "red",
    PlanOutcome.FAILED: "red",
}


def show(plan: DeploymentPlan, console: Console) -> None:
    """Write the plan; what would end or stop something comes first."""
    colour = _COLOURS[plan.outcome]
    console.print(
        Text.assemble(
            "Plan for ", (plan.stack, "bold"), ": ", (wording.title(plan), f"bold {colour}")
        )
    )
    if plan.has_broken:
        errors = [_named(error.name, error.message) for error in plan.unexplained_errors]
        _section(console, "Error", errors or ["the engine gave no reason"], "red")
    if plan.outcome is PlanOutcome.BAD_CONFIG:
        return  # the program ended before it declared anything
    _section(console, "Replaced or deleted", [_ended(step) for step in plan.destroyed], "bold red")
    _section(console, "Refused", list(plan.refusals), "bold red")
    if plan.services:
        console.print()
        console.print(_table(plan))
        _section(console, "Traffic", [wording.traffic(service) for service in plan.services])
        _section(console, "Judgement", list(plan.judgement) or [wording.judged(plan)])
        _section(
            console,
            "Cost",
            [cost.what for cost in plan.costs] or ["nothing that costs more or less than today"],
        )
    _section(console, "Policy", [wording.policies(plan), *_violations(plan)])
    _section(console, "Every change", _changes(plan))
    _section(console, "Warnings", [_named(each.name, each.message) for each in plan.warnings])
    if plan.outcome is PlanOutcome.NO_CHANGE:
        console.print("\nNothing changes: the stack matches the config.")
    else:
        console.print(f"\n{wording.counted(plan)}")


def _section(console: Console, name: str, lines: list[str], style: str = "") -> None:
    if not lines:
        return
    console.print()
    console.print(Text(name, style="bold"))
    for line in (part for text in lines for part in text.rstrip().split("\n")):
        if line.lstrip().startswith(_COMMANDS):
            # A command that is broken into lines cannot be copied.
            whole = Text(f"  {line}", style=style)
            console.print(whole, no_wrap=True, overflow="ignore", crop=False)
        else:
            console.print(Padding(Text(line, style=style), (0, 0, 0, 2), expand=False))


def _table(plan: DeploymentPlan) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("slot", no_wrap=True)
    table.add_column("weight", no_wrap=True)
    table.add_column("image")
    table.add_column("instances")
    for service in plan.services:
        for slot in service.slots:
            weight = _change(wording.slot_weight(service, slot.slot))
            if service.gains is slot.slot:
                weight.append(" ▲", style="bold green")
            table.add_row(
                f"{service.name}-{slot.slot}",
                weight,
                _change(slot.image),
                _change(wording.capacity(slot)),
            )
    return table


def _change(change: BeforeAndAfter) -> Text:
    after = change.after if change.after is not None else "none"
    if not change.is_change:
        return Text(after if change.is_known else "-")
    if change.before is None:
        return Text.assemble("new: ", (after, "bold"))
    before = change.before
    return Text.assemble(f"{before} → ", (after, "bold"))


def _ended(step: ResourceStep) -> str:
    verb = "replaced" if step.operation is Operation.REPLACE else "deleted"
    reason = f", for {', '.join(step.changed_paths)}" if step.operation is Operation.REPLACE else ""
    guarded = " (protected: the engine refuses it)" if step.is_protected else ""
    return f"{step.type_name} {step.name} {verb}{reason}{guarded}"


def _violations(plan: DeploymentPlan) -> list[str]:
    return [
        f"{'violation' if violation.is_mandatory else 'warning'}: {violation.policy} on "
        f"{violation.where}: {violation.message}"
        for violation in plan.violations
    ]


def _changes(plan: DeploymentPlan) -> list[str]:
    lines = [
        f"{step.operation} {step.type_name} {step.name}{_paths(step)}"
        for step in plan.changes[:MOST_LINES]
    ]
    if len(plan.changes) > MOST_LINES:
        lines.append(f"and {len(plan.changes) - MOST_LINES} more (--json has all of them)")
    return lines


def _paths(step: ResourceStep) -> str:
    paths = [change.path for change in property_changes(step)]
    return f": {', '.join(paths)}" if paths else ""


def _named(name: str, message: str) -> str:
    return f"{name}: {message}" if name else message
