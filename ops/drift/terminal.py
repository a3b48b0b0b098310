"""A drift for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from ops.drift.drift import Drift, Drifted
from ops.status.terminal import command_line

_ORDER = (
    "While the guards refuse one of these, no update goes through that leaves it as it stands. An "
    "override lets one kind of refusal through: where there are two, take one over first."
)


def shown(drift: Drift) -> Iterator[Text]:
    """Line by line, commands whole so that they can be copied."""
    if drift.is_none:
        yield Text(f"{drift.stack}: AWS matches the program", style="green")
    elif not drift.drifted:
        yield Text(f"{drift.stack}: nothing was changed outside Pulumi")
    else:
        count = len(drift.drifted)
        what = f"{count} {'property was' if count == 1 else 'properties were'}"
        yield Text(f"{drift.stack}: {what} changed outside Pulumi", style="bold red")
    for each in drift.drifted:
        yield Text.assemble((_subject(each), "bold"), f": {_values(each)}")
        if each.key is not None:
            yield Text(f"  key: failover:{each.key}{f'  ({each.note})' if each.note else ''}")
        elif each.note:
            yield Text(f"  {each.note}", style="dim")
        yield from (command_line(fix, folds=False) for fix in each.fixes)
    if drift.together:
        yield Text("All together, since an update is judged as a whole:", style="bold")
        yield from (command_line(fix, folds=False) for fix in drift.together)
    if not drift.drifted:
        yield from (Text(text, style="bold red") for text in drift.out_of_band_changes)
    if drift.refusals and drift.drifted:
        yield Text(_ORDER, style="dim")
    for text in drift.refusals:
        # What fixes the refusal of a changed property stands above, with the property.
        refusal = text.partition("\n")[0] if drift.drifted else text
        yield Text(f"refused as it stands: {refusal}", style="red")
    if drift.pending:
        too = ", which either command deploys too" if drift.drifted else ""
        yield Text(f"Not deployed yet{too}:", style="yellow")
        yield from (Text(f"  {line}") for line in drift.pending)


def _subject(each: Drifted) -> str:
    return f"{each.resource} {each.path}".rstrip()


def _values(each: Drifted) -> str:
    if not each.path:
        return "gone from AWS"
    live = "not set" if each.live is None else each.live
    program = "not set" if each.program is None else each.program
    return f"{live} in AWS, {program} by the program"
