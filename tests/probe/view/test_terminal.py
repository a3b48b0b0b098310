from __future__ import annotations

import io

import pytest
from rich.console import Console

from probe.record.line import Line
from probe.summary.document import summary_document
from probe.summary.run_summary import RunSummary
from probe.summary.series import Series
from probe.view.terminal import LiveState, live_view
from tests.probe.lines import START_S, bad_gateway, request, run_line, stall

LONG_URL = "https://www.example.com/" + "a-very-long-path/" * 12


def drawn(width: int, *content: Line) -> list[str]:
    summary, series = RunSummary(), Series(START_S, 1.0)
    for line in content:
        summary.add(line)
        if line.kind == "request":
            series.add(line)  # type: ignore[arg-type]
    state = LiveState(
        document=summary_document(summary),
        elapsed_s=12.0,
        duration_s=600.0,
        in_flight=3,
        seconds={at: dict(bucket.kinds) for at, bucket in series.buckets.items()},
        notes=("stopping: 3 requests may take up to 5 s more; once more ends at once",),
    )
    console = Console(file=io.StringIO(), width=width, legacy_windows=False)
    console.print(live_view(state, width))
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text.split("\n")


@pytest.mark.parametrize("width", [80, 160])
def test_the_view_fits_the_terminal_and_says_what_matters(width: int) -> None:
    good = [request(n * 0.02, slot="01" if n % 4 else "02", url=LONG_URL) for n in range(500)]
    bad = [bad_gateway(10.0 + n * 0.02, url=LONG_URL) for n in range(10)]

    lines = drawn(width, run_line(LONG_URL), *good, *bad, stall(11.0, 12.0))

    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for words in (
        "FAILING",
        "10 failed",
        "slot 01",
        "slot 02",
        "status 502",
        "stalls of the prober",
    ):
        assert words in text


def test_a_run_that_has_only_begun_can_be_drawn() -> None:
    assert "no failure" in "\n".join(drawn(80, run_line()))
