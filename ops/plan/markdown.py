"""A plan as Markdown for a pull request: what matters first, everything else folded."""

from __future__ import annotations

import re

from jinja2 import Environment, PackageLoader, StrictUndefined

from ops.plan import wording
from ops.plan.plan import DeploymentPlan
from ops.plan.resource_step import PropertyChange, ResourceStep, property_changes
from ops.plan.service_plan import BeforeAndAfter
from ops.words import as_words

LONGEST = 65_000
"""Characters; a comment on GitHub holds 65,536, and a new stack of many services would be beyond.
Source: GitHub, "body is too long (maximum is 65536 characters)"."""

_ROWS = (500, 120, 40, 10, 0)
"""Changes that are listed: as many as fit."""

_MOST_PROPERTIES = 6


def marker(stack: str) -> str:
    """The line by which the one comment of a stack is found again; not shown."""
    return f"<!-- failover plan of {stack.rpartition('/')[2]} -->"


def markdown(plan: DeploymentPlan) -> str:
    """The document."""
    environment = Environment(
        loader=PackageLoader("ops.plan", "."),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "text": as_words,
        "headline": _headline,
        "commands": _commands,
        "change": _change,
        "properties": _properties,
    }
    template = environment.get_template("plan.md.j2")
    text = ""
    for rows in _ROWS:
        rendered = template.render(
            plan=plan, marker=marker(plan.stack), wording=wording, most_rows=rows
        )
        text = re.sub(r"\n{3,}", "\n\n", rendered).strip() + "\n"
        if len(text) <= LONGEST:
            return text
    return f"{text[:LONGEST]}\n\n(cut here; `failover plan` shows all of it)\n"


def failed_markdown(stack: str, message: str) -> str:
    """The document of a preview that gave no events to fold."""
    fence = "```" if "```" not in message else "~~~~~~"
    heading = f"### Plan for `{stack}`: the preview failed"
    return f"{marker(stack)}\n{heading}\n\n{fence}\n{message.strip()}\n{fence}\n"


def _headline(text: str) -> str:
    """The first line of a message."""
    return as_words(text.partition("\n")[0])


def _commands(text: str) -> str:
    """What stands below the first line, such as the commands that fix it, as code in a list."""
    below = text.partition("\n")[2]
    if not below:
        return ""
    lines = ["```", *(line.strip() for line in below.replace("```", "''").splitlines()), "```"]
    return "\n\n" + "\n".join(f"  {line}" for line in lines) + "\n"


def _change(change: BeforeAndAfter) -> str:
    """`3` or `3 → **4**`."""
    if not change.is_change:
        return as_words(change.after if change.after is not None else "-")
    before = as_words(change.before) if change.before is not None else "new"
    after = as_words(change.after) if change.after is not None else "none"
    return f"{before}: **{after}**" if change.before is None else f"{before} → **{after}**"


def _properties(step: ResourceStep) -> str:
    """What changes in a resource, for one cell of a table."""
    changes = property_changes(step)
    shown = [_property(change) for change in changes[:_MOST_PROPERTIES]]
    if len(changes) > _MOST_PROPERTIES:
        shown.append(f"and {len(changes) - _MOST_PROPERTIES} more")
    return "<br>".join(shown)


def _property(change: PropertyChange) -> str:
    if change.before is None and change.after is None:
        return f"`{change.path}`"
    pair = BeforeAndAfter(change.before, change.after)
    # A value that looks the same changes in what is not shown, a secret or a length.
    words = _change(pair) if pair.is_change else f"{as_words(change.after)}, changes"
    return f"`{change.path}`: {words}"
