"""The view as rich draws it: a pure function of its state."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ops.view.second import Second, Side
from ops.view.state import ViewState
from probe.quantity import duration_text
from rollout.split import Slot, Split
from rollout.verdict import Outcome

SHOWN_NOTES = 5
WHY_LINES = 3
GATE_LINES = 2
SHORTEST = 10
"""Columns that words get in any case."""
LATENCY_SECONDS = 60
RATE_SECONDS = 5
WIDE = 120
"""Columns from which the view shows more."""

_BLOCKS = " ▁▂▃▄▅▆▇█"
_STYLES = {Slot.FIRST: "dodger_blue1", Slot.SECOND: "dark_orange"}
_SIGNS = {
    Outcome.PASS: ("✓", "green"),
    Outcome.FAIL: ("✗", "bold red"),
    Outcome.INCONCLUSIVE: ("?", "yellow"),
}


def drawn(state: ViewState, now_s: float, width: int) -> RenderableType:
    """The whole view, for a terminal of `width` columns."""
    parts: list[RenderableType] = [
        _title(state, now_s, width),
        _stages(state),
        _weights(state, width),
        *_why(state, width),
        _doing(state, width),
        Text(),
        _slots(state, width),
        _timeline(state, width),
        Text(),
        *_gates(state, width),
    ]
    if state.notes:
        parts.append(Text())
        parts += [_cut(note, width, "dim") for note in state.notes[-SHOWN_NOTES:]]
    if not state.outcome:
        parts.append(_cut("Ctrl-C stops after the running step; again stops at once", width, "dim"))
    return Group(*parts)


def _title(state: ViewState, now_s: float, width: int) -> Text:
    words, style = " RAMP ", "bold white on dark_green"
    if state.going_back:
        words, style = " ROLLING BACK ", "bold white on red"
    if state.outcome:
        words = f" {state.outcome.upper()} "
        style = "bold white on dark_green" if state.outcome == "done" else "bold white on red"
    end = Text(" to ")
    end.append(f"slot {state.candidate}", style=_STYLES[state.candidate])
    if state.began_s:
        end.append(f"   {duration_text(max(now_s - state.began_s, 0.0))}", style="dim")
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(words, style=style)
    group = Text(f"  {'+'.join(state.services)}", style="bold")
    group.truncate(max(width - text.cell_len - end.cell_len, SHORTEST), overflow="ellipsis")
    return text.append_text(group).append_text(end)


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
    live = state.live or Split(100, 0)
    cells = max(width - 30, 20)
    first = round(live.slot_01 / 100 * cells)
    text = Text("  live  ", no_wrap=True)
    text.append(f"01 {live.slot_01:>3} ", style=_STYLES[Slot.FIRST])
    text.append("█" * first, style=_STYLES[Slot.FIRST])
    text.append("█" * (cells - first), style=_STYLES[Slot.SECOND])
    text.append(f" {live.slot_02:>3} 02", style=_STYLES[Slot.SECOND])
    return text


def _why(state: ViewState, width: int) -> Iterator[RenderableType]:
    """What made it turn back, as long as anything is shown."""
    if state.going_back:
        label = Text("  why   ", style="bold red")
        yield _labelled(label, state.going_back, "bold red", width, WHY_LINES)


def _doing(state: ViewState, width: int) -> Text:
    text = Text("  now   ", no_wrap=True, overflow="ellipsis")
    left = _time_left(state, width)
    doing = Text(" ".join(state.doing.split()), style="bold")
    doing.truncate(max(width - text.cell_len - left.cell_len, SHORTEST), overflow="ellipsis")
    text.append_text(doing).append_text(left)
    if state.engine_says:
        text.append(f"  {state.engine_says}", style="dim")
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
        text.append("  " + "━" * filled, style="green")
        text.append("━" * (cells - filled), style="bright_black")
    return text


def _left(seconds: float) -> str:
    return f"{max(seconds, 0.0):.0f} s" if seconds < 60 else duration_text(seconds)


def _slots(state: ViewState, width: int) -> Table:
    """What each slot gets and gives: rates of the last seconds, the rest of the last minute."""
    table = Table(box=None, pad_edge=False, padding=(0, 2 if width >= WIDE else 1), show_edge=False)
    table.add_column("  traffic", style="bold", no_wrap=True)
    for name in ("weight", "users/s", "probes/s", "lost", "of", "lost %", "p50", "p95"):
        table.add_column(name, justify="right", no_wrap=True)
    if width >= WIDE:
        table.add_column("p99", justify="right", no_wrap=True)
        table.add_column("share of users, last minute", no_wrap=True)
    sides: list[Side] = list(Slot)
    if any(None in second.requests for second in state.traffic.values()):
        sides.append(None)
    for side in sides:
        table.add_row(*_slot_cells(state, side, is_wide=width >= WIDE))
    return table


def _slot_cells(state: ViewState, side: Side, *, is_wide: bool) -> Iterator[Text]:
    newest = max(state.traffic, default=0)
    minute = [s for at, s in state.traffic.items() if at > newest - LATENCY_SECONDS]
    # The newest second is not whole yet.
    recent = [s for at, s in state.traffic.items() if newest - RATE_SECONDS <= at < newest]
    live = state.live or Split(100, 0)
    requests, failed = _total(minute, "requests", side), _total(minute, "failed", side)
    latencies = sorted(ms for second in minute for ms in second.latencies_ms.get(side, ()))
    name = "no slot" if side is None else f"slot {side}"
    yield Text(f"  {name}", style="magenta" if side is None else _STYLES[side])
    yield Text("-" if side is None else f"{live.weight_of(side)} %")
    yield Text(f"{_total(recent, 'users', side) / RATE_SECONDS:.1f}")
    yield Text(f"{_total(recent, 'requests', side) / RATE_SECONDS:.1f}")
    yield Text(f"{failed:,}", style="bold red" if failed else "")
    yield Text(f"{requests:,}")
    yield Text(f"{failed / requests * 100:.2f}" if requests else "-", style="red" if failed else "")
    for share in (0.5, 0.95, *([0.99] if is_wide else [])):
        place = min(len(latencies) - 1, int(len(latencies) * share))
        yield Text(f"{latencies[place]:,.1f} ms" if latencies else "-")
    if is_wide:
        yield _share_bar(minute, side)


def _share_bar(minute: list[Second], side: Side) -> Text:
    whole = sum(sum(second.users.values()) for second in minute)
    share = _total(minute, "users", side) / whole if whole else 0.0
    filled = round(share * 24)
    text = Text("█" * filled, style="magenta" if side is None else _STYLES[side])
    text.append("░" * (24 - filled), style="dim")
    text.append(f" {share * 100:.1f} %")
    return text


def _total(seconds: list[Second], what: str, side: Side) -> int:
    counts: list[dict[Side, int]] = [getattr(second, what) for second in seconds]
    return sum(each.get(side, 0) for each in counts)


def _timeline(state: ViewState, width: int) -> Text:
    """One cell a second, the newest on the right: its height the rate, red where one was lost."""
    cells = max(width - 4, 10)
    newest = max(state.traffic, default=0)
    shown = [state.traffic.get(at, Second()) for at in range(newest - cells, newest)]
    rates = [sum(second.requests.values()) for second in shown]
    highest = max(*rates, 1)
    text = Text("  ", no_wrap=True)
    for second, rate in zip(shown, rates, strict=True):
        height = 0 if not rate else max(1, round(rate / highest * 8))
        text.append(_BLOCKS[height], style="red" if second.lost else "green")
    text.append(
        f"\n  the last {cells} s, up to {highest:,} requests/s; red: lost some", style="dim"
    )
    return text


def _gates(state: ViewState, width: int) -> Iterator[RenderableType]:
    if not state.verdicts:
        yield Text("  no gate has said anything yet", style="dim")
    longest = max((len(verdict.gate) for verdict in state.verdicts), default=0)
    for verdict in state.verdicts:
        sign, style = _SIGNS[verdict.outcome]
        label = Text("  ")
        label.append(f"{sign} ", style=style)
        label.append(verdict.gate.ljust(longest + 2), style="bold")
        is_pass = verdict.outcome is Outcome.PASS
        reason_style = "" if is_pass else style
        yield _labelled(label, verdict.reason, reason_style, width, 1 if is_pass else GATE_LINES)


def _labelled(label: Text, words: str, style: str, width: int, lines: int) -> Table:
    """Words beside their label, on so many lines at most."""
    text = Text(" ".join(words.split()), style=style)
    room = max(width - label.cell_len, SHORTEST)
    # Lines end between words, so that more than one do not hold all that would fit.
    text.truncate(room if lines == 1 else lines * (room - 8), overflow="ellipsis")
    line = Table.grid()
    line.add_row(label, text)
    return line


def _cut(text: str, width: int, style: str) -> Text:
    line = Text(f"  {text}", style=style, no_wrap=True)
    line.truncate(width, overflow="ellipsis")
    return line
