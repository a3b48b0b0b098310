"""What each slot gets and gives: columns that are whole, as many of them as there is room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from ops.view.state import Second, Side, ViewState
from rollout.split import Slot, Split

LATENCY_SECONDS = 60
RATE_SECONDS = 5
SHARE_CELLS = 24
GAP = 2
SLOT_STYLES = {Slot.FIRST: "dodger_blue1", Slot.SECOND: "dark_orange"}
SLOT_CELLS = {Slot.FIRST: "█", Slot.SECOND: "░"}
"""What a bar of a slot is drawn with: distinct without colour, too."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the table; the first line is its name."""

    cells: tuple[Text, ...]
    rank: int
    """The column with the highest goes first where there is no room for all."""
    is_left: bool = False

    @property
    def width(self) -> int:
        return max(cell.cell_len for cell in self.cells)


def traffic_lines(state: ViewState, width: int) -> Iterator[Text]:
    """A line for each slot: rates of the last seconds, the rest of the last minute."""
    sides: list[Side] = list(Slot)
    if any(None in second.requests for second in state.traffic.values()):
        sides.append(None)
    columns = _fitting([*_columns(state, sides)], width)
    for row in range(len(sides) + 1):
        text = Text(no_wrap=True)
        for number, column in enumerate(columns):
            cell, room = column.cells[row], column.width - column.cells[row].cell_len
            text.append(" " * (GAP if number else 0) + ("" if column.is_left else " " * room))
            text.append_text(cell)
            if column.is_left and number < len(columns) - 1:
                text.append(" " * room)
        yield text


def _fitting(columns: Sequence[_Column], width: int) -> list[_Column]:
    """The columns that are whole within `width`; the least important is left out first."""
    left = list(columns)
    while len(left) > 1 and sum(c.width for c in left) + GAP * (len(left) - 1) > width:
        left.remove(max(left, key=lambda column: column.rank))
    return left


def _columns(state: ViewState, sides: Sequence[Side]) -> Iterator[_Column]:
    newest = max(state.traffic, default=0)
    minute = [s for at, s in state.traffic.items() if at > newest - LATENCY_SECONDS]
    # The newest second is not whole yet.
    recent = [s for at, s in state.traffic.items() if newest - RATE_SECONDS <= at < newest]
    live = state.live or Split(100, 0)
    failed = [_total(minute, "failed", side) for side in sides]
    asked = [_total(minute, "requests", side) for side in sides]

    def column(name: str, cells: Sequence[Text | str], rank: int, *, is_left: bool = False):
        texts = [each if isinstance(each, Text) else Text(each) for each in cells]
        return _Column((Text(name, style="bold"), *texts), rank, is_left=is_left)

    yield column("  traffic", [_named(side) for side in sides], 0, is_left=True)
    yield column("weight", ["-" if s is None else f"{live.weight_of(s)} %" for s in sides], 6)
    for name, what, rank in (("users/s", "users", 4), ("probes/s", "requests", 7)):
        rates = (_total(recent, what, side) / RATE_SECONDS for side in sides)
        yield column(
            name, [f"{rate:,.1f}" if rate < 1000 else f"{rate:,.0f}" for rate in rates], rank
        )
    yield column("lost", [Text(f"{n:,}", style="bold red" if n else "") for n in failed], 1)
    yield column("of", [f"{n:,}" for n in asked], 2)
    shares = [f"{bad / n * 100:.2f}" if n else "-" for bad, n in zip(failed, asked, strict=True)]
    yield column(
        "lost %",
        [Text(t, style="red" if bad else "") for t, bad in zip(shares, failed, strict=True)],
        3,
    )
    for name, share, rank in (("p50", 0.5, 8), ("p95", 0.95, 5), ("p99", 0.99, 9)):
        yield column(name, [_latency(minute, side, share) for side in sides], rank)
    bars = [_share_bar(minute, side) for side in sides]
    yield column("share of users, last minute", bars, 10, is_left=True)


def _named(side: Side) -> Text:
    if side is None:
        return Text("  no slot", style="magenta")
    return Text(f"  slot {side}", style=SLOT_STYLES[side])


def _latency(minute: Sequence[Second], side: Side, share: float) -> str:
    found = sorted(ms for second in minute for ms in second.latencies_ms.get(side, ()))
    if not found:
        return "-"
    ms = found[min(len(found) - 1, int(len(found) * share))]
    return f"{ms:,.1f} ms" if ms < 1000 else f"{ms / 1000:,.2f} s"


def _share_bar(minute: Sequence[Second], side: Side) -> Text:
    whole = sum(sum(second.users.values()) for second in minute)
    share = _total(minute, "users", side) / whole if whole else 0.0
    filled = round(share * SHARE_CELLS)
    text = Text("■" * filled, style="magenta" if side is None else SLOT_STYLES[side])
    text.append("·" * (SHARE_CELLS - filled), style="dim")
    return text.append(f" {share * 100:.1f} %")


def _total(seconds: Sequence[Second], what: str, side: Side) -> int:
    counts: list[dict[Side, int]] = [getattr(second, what) for second in seconds]
    return sum(each.get(side, 0) for each in counts)
