"""`failover status --drift`: what was changed past the stack, on the terminal or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Group
from rich.text import Text

from ops.plan.errors import PreviewError, PreviewInputError
from ops.plan.plan import Outcome, fold
from ops.plan.preview import PreviewRequest, run_preview
from ops.standard_output import console_on
from ops.status.as_json import VERSION, ways
from ops.status.config_reading import ConfigReading
from ops.status.drift import Drift, Drifted, drift_of
from ops.status.errors import DriftError, UnreadError
from ops.status.terminal import command_line

_ORDER = (
    "While the guards refuse one of these, no update goes through that leaves it as it stands. An "
    "override lets one kind of refusal through: where there are two, take one over first."
)


def show_drift(folder: Path, stack: str, named: str | None, *, as_json: bool, tells: bool) -> int:
    """Read and show the drift of `stack`; the exit code of the command."""
    try:
        drift = read_drift(folder, stack, named)
    except (PreviewError, DriftError) as error:
        click.echo(f"error: {error}", err=True)
        return 2 if isinstance(error, PreviewInputError) else 3
    if as_json:
        click.echo(json.dumps(as_document(drift), indent=2))
    else:
        with console_on() as console:
            console.print(Group(*shown(drift)), crop=False)
    return 1 if tells and drift.drifted else 0


def read_drift(folder: Path, stack: str, named: str | None) -> Drift:
    """What a preview that reads AWS first tells; nothing is changed, the state included.

    Raises:
        PreviewError: there is no such stack, or the engine wrote no preview.
        DriftError: the config is refused, or the preview failed.
    """
    events = run_preview(PreviewRequest(folder, stack, refresh=True))
    plan = fold(events, stack)
    if plan.outcome in (Outcome.BAD_CONFIG, Outcome.FAILED):
        errors = plan.unexplained_errors or plan.errors
        said = "\n".join(f"{each.name} {each.message}".strip() for each in errors)
        raise DriftError(f"the preview of {stack} failed, so nothing can be told:\n{said}")
    file = folder / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    try:
        config = ConfigReading.parse(file.read_text(encoding="utf-8"), file.name)
    except (OSError, UnreadError) as error:
        raise DriftError(f"{file.name} cannot be read: {error}") from error
    return drift_of(events, plan, config, named)


def shown(drift: Drift) -> Iterator[Text]:
    """Line by line, commands whole so that they can be copied."""
    if not drift.drifted:
        yield Text(f"{drift.stack}: nothing was changed past the stack", style="green")
    else:
        count = len(drift.drifted)
        what = f"{count} {'property was' if count == 1 else 'properties were'}"
        yield Text(f"{drift.stack}: {what} changed past the stack", style="bold red")
    for each in drift.drifted:
        yield Text.assemble((_subject(each), "bold"), f": {_values(each)}")
        if each.key is not None:
            yield Text(f"  key: failover:{each.key}{f'  ({each.note})' if each.note else ''}")
        elif each.note:
            yield Text(f"  {each.note}", style="dim")
        yield from (command_line(way, folds=False) for way in each.ways)
    if drift.together:
        yield Text("All together, since an update is judged as a whole:", style="bold")
        yield from (command_line(way, folds=False) for way in drift.together)
    if drift.refusals:
        yield Text(_ORDER, style="dim")
    yield from (Text(f"refused as it stands: {text}", style="red") for text in drift.refusals)
    if drift.pending:
        yield Text("Not deployed yet, which either command deploys too:", style="yellow")
        yield from (Text(f"  {line}") for line in drift.pending)


def _subject(each: Drifted) -> str:
    return f"{each.resource} {each.path}".rstrip()


def _values(each: Drifted) -> str:
    if not each.path:
        return "gone from AWS"
    live = "not set" if each.live is None else each.live
    program = "not set" if each.program is None else each.program
    return f"{live} in AWS, {program} by the program"


def as_document(drift: Drift) -> dict[str, Any]:
    """The drift as one JSON document; `drift.schema.json` is its shape."""
    return {
        "version": VERSION,
        "stack": drift.stack,
        "drifted": [
            {
                "resource": each.resource,
                "property": each.path or None,
                "live": each.live,
                "program": each.program,
                "key": each.key,
                "note": each.note,
                "ways": ways(each.ways),
            }
            for each in drift.drifted
        ],
        "together": ways(drift.together),
        "notDeployed": list(drift.pending),
        "refusals": list(drift.refusals),
    }
