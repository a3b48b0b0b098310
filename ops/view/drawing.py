"""The view as rich draws it, the verdicts of the gates below: a pure function of its state."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from ops.view.state import Second, ViewState
from ops.view.traffic_lines import SLOT_CELLS, SLOT_STYLES, traffic_lines
from probe.quantity import duration_text
from rollout.progress import WHY_BY_HAND
from rollout.ramp_event import RampOutcome
from rollout.split import Slot, Split
from rollout.verdict import Outcome, ServiceFinding, Verdict

SHOWN_NOTES = 5
WHY_LINES = 3
WIDE = 120
"""Columns from which a wait has a longer bar."""

_BLOCKS = " ▁▂▃▄▅▆▇█"
_LOST = "✗"


def drawn(state: ViewState, now_s: float, width: int, height: int | None = None) -> RenderableType:
    """The whole view, for a terminal of `width` columns; the notes get what is left of `height`."""
    lines = [
        _title(state, now_s, width),
        *_stack(state, width),
        _stages(state),
        _weights(state, width),
        *_why(state, width),
        _doing(state, width),
        Text(),
        *traffic_lines(state, width),
        *_timeline(state, width),
        Text(),
        *gate_lines(state.verdicts, width),
    ]
    ending = [] if state.outcome else [_cut(_HINT, width, "dim")]
    # A terminal's last line stays empty: the cursor is there.
    room = SHOWN_NOTES if height is None else height - len(lines) - len(ending) - 2
    if state.notes and room > 0:
        shown = state.notes[-min(room, SHOWN_NOTES) :]
        lines += [Text(), *(_cut(note, width, "dim") for note in shown)]
    for line in lines:
        line.no_wrap = True
    return Group(*lines, *ending)


_HINT = "Ctrl-C stops after the running step; again stops at once"


def _title(state: ViewState, now_s: float, width: int) -> Text:
    words, style = " RAMP ", "bold white on dark_green"
    if state.going_back:
        words = " ROLLING BACK BY HAND " if state.is_by_hand else " ROLLING BACK "
        style = "bold white on red"
    if state.outcome:
        words = f" {state.outcome.upper()} "
        is_good = state.outcome in (RampOutcome.DONE, RampOutcome.ROLLED_BACK_BY_HAND)
        style = "bold white on dark_green" if is_good else "bold white on red"
    end = Text(" off " if state.going_back else " to ")
    end.append(f"slot {state.candidate}", style=SLOT_STYLES[state.candidate])
    if state.began_s:
        end.append(f"   {duration_text(max(now_s - state.began_s, 0.0))}", style="dim")
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(words, style=style)
    room = max(width - text.cell_len - end.cell_len - 2, SHORTEST)
    text.append(f"  {_group(state.services, room)}", style="bold")
    return text.append_text(end)


def _group(services: tuple[str, ...], room: int) -> str:
    """`portal+web`; the names that there is room for, and how many more there are."""
    for shown in range(len(services), 0, -1):
        more = f" +{len(services) - shown} more" if shown < len(services) else ""
        text = f"{'+'.join(services[:shown])}{more}"
        if len(text) <= room:
            return text
    return f"{len(services)} services"


def _stack(state: ViewState, width: int) -> Iterator[Text]:
    """Which stack it is, in which account and region, and in which backend."""
    if state.stack is None:
        return
    account = sorted({":".join(arn.split(":")[3:5]) for arn in state.stack.rules.values()})
    where = " ".join(each.replace(":", " ") for each in account)
    text = Text("  stack ")
    text.append(state.stack.stack, style="bold")
    text.append(f"   {where}" if where else "")
    if state.stack.backend:
        room = max(width - text.cell_len - 3, SHORTEST)
        text.append(f"   {_end_of(state.stack.backend, room)}", style="dim")
    text.truncate(width, overflow="ellipsis")
    yield text


def _end_of(path: str, room: int) -> str:
    """A path or URL in `room` columns: its last folders, which identify it."""
    if len(path) <= room:
        return path
    end = path[len(path) - room + 1 :]
    return f"…{end[max(end.find('/'), 0) :].replace('//', '')}"


def _stages(state: ViewState) -> Text:
    text = Text("  ", no_wrap=True, overflow="ellipsis")
    for number, split in enumerate(state.splits):
        if number:
            text.append(" → ", style="dim")
        if number == state.stage and not state.outcome:
            text.append(f"[{split}]", style="bold reverse")
        elif number <= state.passed:
            text.append(f"{split} ✓" if number else str(split), style="green" if number else "dim")
        else:
            text.append(str(split), style="dim")
    return text


def _weights(state: ViewState, width: int) -> Text:
    """The live split as one bar: each slot has a character of its own, and its name at its end."""
    live = state.live or Split(100, 0)
    cells = max(width - 30, 20)
    first = round(live.slot_01 / 100 * cells)
    text = Text("  live  ", no_wrap=True)
    text.append(f"01 {live.slot_01:>3} ", style=SLOT_STYLES[Slot.FIRST])
    text.append(SLOT_CELLS[Slot.FIRST] * first, style=SLOT_STYLES[Slot.FIRST])
    text.append(SLOT_CELLS[Slot.SECOND] * (cells - first), style=SLOT_STYLES[Slot.SECOND])
    text.append(f" {live.slot_02:>3} 02", style=SLOT_STYLES[Slot.SECOND])
    return text


def _why(state: ViewState, width: int) -> Iterator[Text]:
    """What made it turn back, as long as anything is shown."""
    if state.going_back in ("", WHY_BY_HAND):  # the title says the latter
        return
    for number, line in enumerate(wrapped(state.going_back, width - 8, WHY_LINES)):
        yield Text(f"{'  why   ' if number == 0 else ' ' * 8}{line}", style="bold red")


def _doing(state: ViewState, width: int) -> Text:
    text = Text("  now   ", no_wrap=True, overflow="ellipsis")
    left = _time_left(state, width)
    doing = Text(" ".join(state.doing.split()), style="bold")
    doing.truncate(max(width - text.cell_len - left.cell_len, SHORTEST), overflow="ellipsis")
    text.append_text(doing).append_text(left)
    if state.engine_line:
        text.append(f"  {state.engine_line}", style="dim")
    text.truncate(width, overflow="ellipsis")
    return text


def _time_left(state: ViewState, width: int) -> Text:
    """How long the wait may last yet, and the part of it that is over."""
    text = Text()
    if state.seconds_left is None:
        return text
    text.append(f"  {_left(state.seconds_left)} left", style="bold")
    if state.whole_seconds:
        cells = 24 if width >= WIDE else 12
        done = 1 - min(max(state.seconds_left / state.whole_seconds, 0.0), 1.0)
        filled = round(done * cells)
        text.append("  " + "■" * filled, style="green")
        text.append("·" * (cells - filled), style="bright_black")
    return text


def _left(seconds: float) -> str:
    return f"{max(seconds, 0.0):.0f} s" if seconds < 60 else duration_text(seconds)


def _timeline(state: ViewState, width: int) -> Iterator[Text]:
    """One cell a second, the newest on the right: its height the rate, a cross under a loss."""
    cells = max(width - 4, 10)
    newest = max(state.traffic, default=0)
    shown = [state.traffic.get(at, Second()) for at in range(newest - cells, newest)]
    rates = [sum(second.requests.values()) for second in shown]
    highest = max(*rates, 1)
    bars, crosses = Text("  "), Text("  ")
    for second, rate in zip(shown, rates, strict=True):
        height = 0 if not rate else max(1, round(rate / highest * 8))
        bars.append(_BLOCKS[height], style="red" if second.lost else "green")
        crosses.append(_LOST if second.lost else " ", style="bold red")
    yield bars
    crosses.rstrip()
    if crosses.plain:
        yield crosses
    legend = f"  the last {cells} s, up to {highest:,} requests/s"
    yield Text(f"{legend}; {_LOST} lost some" if crosses.plain else legend, style="dim")


def _cut(text: str, width: int, style: str) -> Text:
    line = Text(f"  {text}", style=style, no_wrap=True)
    line.truncate(width, overflow="ellipsis")
    return line


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
