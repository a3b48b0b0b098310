from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rehearsal.cutover import CutoverStep
from rehearsal.cutover_view import CutoverView, block, step_lines
from rehearsal.traffic.run import TrafficSummary
from rehearsal.traffic.stage import ChangeInterval, ServiceTraffic, StageTraffic
from rehearsal.traffic.watch import Finished, RampTraffic
from rollout.split import Split

SPLIT = Split.parse("75/25")
WEIGHTS = {"portal": "75/25", "web": "75/25"}
STAGE = StageTraffic(
    (
        ServiceTraffic("portal", SPLIT, 1000, 251, ChangeInterval(1004.5, 1004.8)),
        ServiceTraffic("web", SPLIT, 1010, 247, ChangeInterval(1004.6, 1005.1)),
    ),
    3391,
    0,
    1000.0,
)
BUILT = CutoverStep("create at 100/0", "56 to create", {"portal": "100/0", "web": "100/0"}, 6.5, "")
STEP = CutoverStep("75/25", "2 rules updated", WEIGHTS, 5.14, "", STAGE)
LOST = CutoverStep("50/50", "2 rules updated", WEIGHTS, 5.0, "2 requests failed", STAGE)


def ramp(failed: int = 0) -> RampTraffic:
    document: dict[str, Any] = {
        "requests": {"ok": 31000, "failed": failed},
        "failures": {"by_error": {"unexpected_status": failed}, "by_status": {"502": failed}},
        "latency_ms": {"p50": 1.94, "p90": 3.0, "p99": 12.06, "max": 140.2},
        "stalls": {"count": 3, "total_ms": 1234.0},
    }
    summary = TrafficSummary(
        document, Path.cwd() / ".rehearsal-traffic" / "p.jsonl", Path("/far/p.html")
    )
    download = Finished("01", "v1", 33554432, None)
    return RampTraffic(summary, {"web": download}, {"web": frozenset({"01"})})


def view_of(width: int, *, terminal: bool = False, as_json: bool = False) -> CutoverView:
    console = Console(width=width, force_terminal=terminal, color_system=None)
    return CutoverView(console, as_json=as_json)


def test_a_step_is_a_line_and_its_traffic_another() -> None:
    assert step_lines(BUILT) == [
        "create at 100/0: 56 to create; live portal 100/0, web 100/0; up took 6.5 s; ok"
    ]
    did, traffic = step_lines(STEP)
    assert did == "75/25: 2 rules updated; live portal 75/25, web 75/25; up took 5.1 s; ok"
    assert traffic == (
        "portal 25.1% of 1,000 on slot 02 (20.0 to 30.7); "
        "web 24.5% of 1,010 on slot 02 (19.4 to 30.0); "
        "in all 3,391 requests, 0 failed; followed 4.50 to 5.10 s after the up began"
    )


def test_the_closing_block_has_the_result_and_where_the_evidence_lies() -> None:
    assert list(block(ramp())) == [
        "  requests   31,000, 0 failed",
        "  latency    p50 1.9 ms, p99 12.1 ms, max 140.2 ms",
        "  machine    the prober itself stalled 3 times, 1.2 s in all",
        "  download   web: begun on slot 01 (v1); whole after 0/100, 33,554,432 bytes",
        "  WebSocket  web: answered by slot 01 after 0/100",
        "  record     .rehearsal-traffic/p.jsonl",
        "  report     /far/p.html",
    ]


def test_failures_are_counted_by_their_kind() -> None:
    assert list(block(ramp(failed=2)))[:2] == [
        "  requests   31,002, 2 failed",
        "  failures   2 unexpected_status (2 with 502)",
    ]


@pytest.mark.parametrize("width", [80, 160])
def test_the_live_table_fits_its_terminal(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    view = view_of(width, terminal=True)

    with view.running():
        for step in (BUILT, STEP, LOST):
            view.add(step)

    shown = capsys.readouterr().out
    assert "25.1%" in shown
    assert "3,391" in shown
    assert "4.5-5.1 s" in shown
    assert ("(20.0-30.7)" in shown) is (width == 160)
    assert "✗" in shown
    assert "…" not in shown


def test_elsewhere_each_step_is_lines_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    view = view_of(80)

    view.say("starting the traffic")
    view.say("waiting for web-02")
    view.add(STEP)
    view.finish(ramp(), [], "no request was lost")

    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert [line.split("  ")[-1] for line in lines[:2]] == [
        "starting the traffic",
        step_lines(STEP)[0],
    ]
    assert lines[2] == step_lines(STEP)[1]
    assert lines[3].startswith("no request was lost (")
    assert lines[4:] == [line.strip() for line in block(ramp())]


def test_problems_are_listed_under_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    view_of(80).finish(ramp(2), ["50/50: 2 requests failed"], "2 requests were lost")

    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "  50/50: 2 requests failed"


def test_as_json_it_is_one_document_with_everything(capsys: pytest.CaptureFixture[str]) -> None:
    view = view_of(80, as_json=True)

    with view.running():
        view.say("starting")
        view.add(BUILT)
        view.add(STEP)
    view.finish(ramp(), [], "no request was lost")

    document = json.loads(capsys.readouterr().out)
    assert (document["version"], document["ok"], document["problems"]) == (1, True, [])
    assert document["steps"][0]["traffic"] is None
    stage = document["steps"][1]["traffic"]
    assert (stage["requests"], stage["failed"], stage["followedSeconds"]) == (3391, 0, [4.5, 5.1])
    web = stage["services"]["web"]
    assert (web["configured"], web["requests"], web["onSlot02"]) == ("75/25", 1010, 247)
    assert web["bound"]["low"] < web["share"] < web["bound"]["high"]
    assert document["traffic"]["requests"] == 31000
    assert document["traffic"]["webSockets"] == {"web": ["01"]}
