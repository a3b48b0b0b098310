from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rehearsal.traffic.answer import GrowingRecord, ObservedAnswer, answer_from

LINE: dict[str, Any] = {
    "kind": "request",
    "seq": 4,
    "planned_s": 1000.0,
    "late_ms": 1.0,
    "url": "https://a.test:1/",
    "mode": "fresh",
    "method": "GET",
    "phase": "done",
    "verdict": "ok",
    "latency_ms": 9.0,
    "status": 200,
    "slot": "02",
    "build": "v2",
    "connect_ms": 2.0,
    "tls_ms": 4.0,
}
SERVICES = {"https://a.test:1/": "web"}


def test_a_request_is_asked_for_when_its_connection_is_ready() -> None:
    answer = answer_from(LINE, SERVICES)

    assert answer is not None
    assert answer.asked_s == pytest.approx(1000.007)
    assert replace(answer, asked_s=0.0) == ObservedAnswer(
        "web", "fresh", "ok", "02", "v2", 200, 0.0, None
    )


def test_a_request_without_an_answer_has_no_slot() -> None:
    bare = {k: v for k, v in LINE.items() if k not in ("slot", "build", "status", "tls_ms")}

    answer = answer_from({**bare, "verdict": "failed", "error": "connect_refused"}, SERVICES)

    assert answer is not None
    assert (answer.slot, answer.status, answer.error) == (None, None, "connect_refused")
    assert not answer.is_drawn


@pytest.mark.parametrize("kind", ["run", "mark", "stall", "end"])
def test_other_lines_are_no_requests(kind: str) -> None:
    assert answer_from({"kind": kind}, SERVICES) is None


def test_a_growing_record_gives_each_whole_line_once(tmp_path: Path) -> None:
    record = GrowingRecord(tmp_path)
    text = "".join(json.dumps({"n": n}) + "\n" for n in range(3))
    before = list(record.new_lines())

    file = tmp_path / "probe-x.jsonl"
    file.write_text(text[:12])
    first = list(record.new_lines())
    file.write_text(text)
    rest = list(record.new_lines())

    assert (before, first, rest) == ([], [{"n": 0}], [{"n": 1}, {"n": 2}])
    assert list(record.new_lines()) == []
    assert record.file == file
