"""The verdicts of the gates on few lines: every service, the worst first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.text import Text

from rollout.verdict import Outcome, ServiceFinding, Verdict

SHOWN_SERVICES = 3
"""Services that a gate has a line for each, where it does not pass them."""
REASON_LINES = 2
"""Lines of a reason that stands alone, where the gate does not pass."""
SHORTEST = 10
"""Columns that words get in any case."""

SIGNS = {Outcome.PASS: "✓", Outcome.FAIL: "✗", Outcome.INCONCLUSIVE: "?"}
STYLES = {Outcome.PASS: "green", Outcome.FAIL: "bold red", Outcome.INCONCLUSIVE: "yellow"}
_WORDS = {Outcome.PASS: "pass", Outcome.FAIL: "fail", Outcome.INCONCLUSIVE: "inconclusive"}
_WORST_FIRST = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)


def gate_lines(verdicts: Sequence[Verdict], width: int) -> Iterator[Text]:
    """The newest verdict of every gate, no line of them wider than `width`."""
    if not verdicts:
        yield Text("  no gate has reported yet", style="dim")
    longest = max((len(verdict.gate) for verdict in verdicts), default=0)
    for verdict in verdicts:
        indent = 4 + longest + 2
        lines = _lines(verdict, max(width - indent, SHORTEST))
        for number, (outcome, line) in enumerate(lines):
            text = Text(no_wrap=True)
            if number == 0:
                text.append(f"  {SIGNS[verdict.outcome]} ", style=STYLES[verdict.outcome])
                text.append(verdict.gate.ljust(longest + 2), style="bold")
            else:
                text.append(" " * indent)
            text.append(line, style="" if outcome is Outcome.PASS else STYLES[outcome])
            yield text


def _lines(verdict: Verdict, room: int) -> list[tuple[Outcome, str]]:
    """The lines next to a gate's name, each with its outcome."""
    services = sorted(verdict.services, key=lambda each: _WORST_FIRST.index(each.outcome))
    failing = [each for each in services if each.outcome is not Outcome.PASS]
    if len(services) < 2:
        lines = 1 if verdict.outcome is Outcome.PASS else REASON_LINES
        return [(verdict.outcome, line) for line in wrapped(verdict.reason, room, lines)]
    if not failing:
        return [(Outcome.PASS, _passed(services, room))]
    shown = failing[:SHOWN_SERVICES]
    lines_each = REASON_LINES if len(shown) == 1 else 1
    found = [
        (each.outcome, line)
        for each in shown
        for line in _marked(each, room, lines_each, has_mark=len(shown) > 1)
    ]
    return [*found, *_more(services[len(shown) :], room)]


def _marked(finding: ServiceFinding, room: int, lines: int, *, has_mark: bool) -> Iterator[str]:
    """The reason of one service; with its own sign where it stands among others."""
    mark = f"{SIGNS[finding.outcome]} " if has_mark else ""
    for number, line in enumerate(wrapped(finding.reason, room - len(mark), lines)):
        yield f"{mark if number == 0 else ' ' * len(mark)}{line}"


def _more(left: Sequence[ServiceFinding], room: int) -> Iterator[tuple[Outcome, str]]:
    """The services that have no line of their own: `+2 more fail, +7 more pass`, or their names."""
    by_outcome = {
        outcome: [each.service for each in left if each.outcome is outcome]
        for outcome in _WORST_FIRST
    }
    found = {outcome: names for outcome, names in by_outcome.items() if names}
    if not found:
        return
    counts = [f"+{len(names)} more {_WORDS[outcome]}" for outcome, names in found.items()]
    named = [
        f"{count}: {', '.join(names)}" for count, names in zip(counts, found.values(), strict=True)
    ]
    line = "; ".join(named)
    worst = next(iter(found))
    yield worst, line if len(line) <= room else wrapped(", ".join(counts), room, 1)[0]


def _passed(services: Sequence[ServiceFinding], room: int) -> str:
    """Every reason if there is room, else every name, else as many names as fit."""
    reasons = "; ".join(each.reason for each in services)
    if len(reasons) <= room:
        return reasons
    names = [each.service for each in services]
    head = f"all {len(names)} pass: "
    for shown in range(len(names), 0, -1):
        more = f", +{len(names) - shown} more" if shown < len(names) else ""
        line = f"{head}{', '.join(names[:shown])}{more}"
        if len(line) <= room:
            return line
    return wrapped(head.rstrip(": "), room, 1)[0]


def wrapped(words: str, room: int, lines: int) -> list[str]:
    """Words on so many lines at most, cut at a space where they are longer."""
    found = textwrap.wrap(
        " ".join(words.split()), max(room, SHORTEST), max_lines=lines, placeholder=" …"
    )
    return found or [""]
