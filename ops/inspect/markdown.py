"""An inspection as Markdown, for a ticket or a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ops.inspect import words
from ops.inspect.document import Inspection
from ops.inspect.obstacle import Obstacle, alike
from ops.words import as_words


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
    lines += [*_groups(inspection), "", *_obstacles(found), "", words.calls(inspection)]
    return "\n".join(lines)


def _groups(inspection: Inspection) -> Iterator[str]:
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
