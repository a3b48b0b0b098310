from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.fault import RequestFault
from probe.record.line import Line, MarkLine, Mode, Stream
from probe.summary.document import summary_document, summary_schema
from probe.summary.outage import KEPT_WINDOWS
from probe.summary.run_summary import KEPT_MARKS, KEPT_STALLS, Result, RunSummary
from probe.summary.tally import MAX_GROUPS
from probe.summary.text import summary_text
from tests.probe.lines import (
    START_S,
    URL,
    bad_gateway,
    end_line,
    lines,
    request,
    requests,
    run_line,
    stall,
)

FORMATS = jsonschema.FormatChecker()


def summary_of(*content: Line) -> RunSummary:
    summary = RunSummary()
    for line in content:
        summary.add(line)
    return summary.finished()


def undocumented(value: Any, schema: dict[str, Any], path: str = "$") -> list[str]:
    """Paths of properties that the schema does not name."""
    if "oneOf" in schema:
        schema = schema["oneOf"][-1]
    if "$ref" in schema:
        schema = summary_schema()["$defs"][schema["$ref"].rpartition("/")[2]]
    found: list[str] = []
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for key, inner in value.items():
            inner_schema = known.get(key, schema.get("additionalProperties"))
            if inner_schema is None:
                found.append(f"{path}.{key}")
            else:
                found += undocumented(inner, inner_schema, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            found += undocumented(inner, schema["items"], f"{path}[]")
    return found


@given(st.lists(lines, max_size=25), st.booleans())
def test_whatever_happened_the_document_is_what_the_schema_says(
    content: list[Line], has_end: bool
) -> None:
    summary = summary_of(run_line(), *content, *([end_line(700.0)] if has_end else []))

    document = json.loads(json.dumps(summary_document(summary)))

    jsonschema.validate(document, summary_schema(), format_checker=FORMATS)
    assert undocumented(document, summary_schema()) == []


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(summary_schema())


@given(st.lists(requests, max_size=25))
def test_every_request_is_counted_once_and_nothing_twice(content: list[Any]) -> None:
    document = summary_document(summary_of(run_line(), *content))

    counts = document["requests"]
    assert counts["planned"] == len(content)
    assert counts["ok"] + counts["failed"] + counts["excluded"] == len(content)
    assert sum(document["failures"]["by_error"].values()) == counts["failed"]
    assert sum(document["failures"]["by_phase"].values()) == counts["failed"]
    assert sum(document["excluded"].values()) == counts["excluded"]
    assert sum(stream["failed"] for stream in document["streams"]) == counts["failed"]
    assert sum(mode["ok"] for mode in document["modes"].values()) == counts["ok"]
    listed = document["windows"]["listed"]
    assert sum(window["lost"] for window in listed) == counts["failed"]


@given(st.lists(requests, max_size=25))
def test_the_text_can_always_be_shown_and_fits_a_page(content: list[Any]) -> None:
    text = summary_text(summary_of(run_line(), *content), record="a.jsonl")

    assert text.count("\n") < 80


@pytest.mark.parametrize(
    ("content", "allowed", "is_whole", "result"),
    [
        ([request(0)], 0, True, Result.PASS),
        ([request(0), bad_gateway(1)], 0, True, Result.FAIL),
        ([request(0), bad_gateway(1)], 1, True, Result.PASS),
        ([bad_gateway(0), bad_gateway(1)], 1, True, Result.FAIL),
        ([], 0, True, Result.INCONCLUSIVE),
        ([request(0, error=RequestFault.PROBER_LATE)], 0, True, Result.INCONCLUSIVE),
        ([request(0), request(1, error=RequestFault.PROBER_LATE)], 0, True, Result.PASS),
        (
            [request(0), request(1, error=RequestFault.PROBER_RESOURCES)],
            0,
            True,
            Result.INCONCLUSIVE,
        ),
        ([request(0), request(1, error=RequestFault.CAP_REACHED)], 0, True, Result.FAIL),
        ([request(0)], 0, False, Result.INCONCLUSIVE),
        ([request(0), bad_gateway(1)], 0, False, Result.FAIL),
    ],
)
def test_the_verdict_is_fail_before_not_sure_before_pass(
    content: list[Line], allowed: int, is_whole: bool, result: Result
) -> None:
    summary = summary_of(run_line(allow_failures=allowed), *content)

    assert summary.result(is_record_whole=is_whole) is result


def test_the_exit_codes_are_those_of_the_house() -> None:
    assert {result.name: result.value for result in Result} == {
        "PASS": 0,
        "FAIL": 1,
        "INCONCLUSIVE": 3,
    }


def test_4xx_and_5xx_are_counted_apart() -> None:
    missing = request(0.1, error=RequestFault.UNEXPECTED_STATUS, status=404)

    document = summary_document(summary_of(run_line(), missing, bad_gateway(0.2), bad_gateway(0.3)))

    failures = document["failures"]
    assert (failures["status_4xx"], failures["status_5xx"]) == (1, 2)
    assert failures["by_status"] == {"404": 1, "502": 2}


def test_the_split_counts_answers_with_a_slot_on_the_schedule_alone() -> None:
    content = [request(n / 100, slot="01" if n % 4 else "02") for n in range(100)]
    pings = [request(n / 10, slot="02", mode=Mode.WEBSOCKET) for n in range(50)]
    nameless = [request(n / 10, slot=None) for n in range(50)]

    summary = summary_of(run_line(), *content, *pings, *nameless)

    bound = summary.split_bound("01")
    assert bound is not None
    assert (summary.split_share("01"), summary.split_share("02")) == (0.75, 0.25)
    assert (bound.low, bound.high) == pytest.approx((0.6534, 0.8312), abs=1e-4)


def test_nothing_has_no_share() -> None:
    late = replace(request(0.1, error=RequestFault.PROBER_LATE), slot="01")

    summary = summary_of(run_line(), late)

    assert summary.split_share("01") is None
    assert summary.split_bound("01") is None
    assert summary_document(summary)["slots"]["01"]["share"] is None


def test_a_latency_that_our_own_stall_made_is_in_no_percentile() -> None:
    polluted = request(1.0, latency_ms=3000.0, stall_ms=2990.0)
    hardly = request(2.0, latency_ms=2000.0, stall_ms=60.0)

    document = summary_document(summary_of(run_line(), request(0.5), polluted, hardly))

    assert document["latency_ms"]["max"] == 2000.0
    assert document["requests"]["ok"] == 3


def test_a_failed_answer_has_a_latency_and_no_answer_has_none() -> None:
    late_502 = bad_gateway(1.0, latency_ms=500.0)
    timeout = request(2.0, latency_ms=5000.0, error=RequestFault.RESPONSE_TIMEOUT)

    document = summary_document(summary_of(run_line(), late_502, timeout))

    assert document["latency_ms"]["max"] == 500.0


def test_windows_and_gaps_of_one_url_are_not_those_of_another() -> None:
    other = "https://portal.example.com/"
    content = [
        line
        for n in range(100)
        for line in (
            request(n * 0.02),
            request(n * 0.02, url=other) if not 40 <= n < 60 else bad_gateway(n * 0.02, url=other),
        )
    ]

    summary = summary_of(run_line(URL, other), *content, end_line(2.0))

    (window,) = summary.windows
    assert window.stream == Stream(other)
    assert window.is_down
    assert summary.streams[Stream(URL)].outages.count == 0
    gap = summary.longest_gap
    assert gap is not None
    assert gap[0] == Stream(other)


def test_a_long_request_each_half_minute_makes_no_gap() -> None:
    content = [request(n * 0.02) for n in range(1000)]
    held = request(0.0, latency_ms=20_000.0, mode=Mode.LONG)

    summary = summary_of(run_line(), *content, held, end_line(20.0))

    gap = summary.longest_gap
    assert gap is not None
    assert gap[1].length_s == pytest.approx(0.02, abs=1e-3)


def test_a_stall_is_told_as_ours_and_leaves_the_gap_short() -> None:
    before = [request(n * 0.02) for n in range(50)]
    late = [request(1.0 + n * 0.02, error=RequestFault.PROBER_LATE) for n in range(150)]
    after = [request(4.0 + n * 0.02) for n in range(50)]

    summary = summary_of(run_line(), *before, stall(1.0, 4.0), *late, *after, end_line(5.0))

    assert (summary.total.failed, summary.total.excluded) == (0, 150)
    assert (summary.stall_count, summary.stall_ms) == (1, pytest.approx(3000.0))
    gap = summary.longest_gap
    assert gap is not None
    assert gap[1].length_s < 0.05
    assert summary.result() is Result.PASS


def test_a_run_without_end_keeps_no_more_than_a_fixed_number_of_anything() -> None:
    def endless() -> list[Line]:
        many: list[Line] = [run_line()]
        for n in range(3000):
            at_s = n * 3.0
            many += [
                bad_gateway(at_s, slot=f"slot {n}"),
                stall(at_s + 1.0, at_s + 1.1),
                MarkLine(START_S + at_s, "mark"),
            ]
        return many

    summary = summary_of(*endless())

    assert len(summary.windows) == KEPT_WINDOWS
    assert len(summary.stalls) == KEPT_STALLS
    assert len(summary.marks) == KEPT_MARKS
    assert len(summary.slots) == MAX_GROUPS + 1
    assert summary_document(summary)["windows"]["count"] == 3000
    assert summary.stall_count == 3000


def test_a_record_that_was_cut_off_is_told_as_that() -> None:
    summary = summary_of(run_line(), request(1.0))

    assert summary_document(summary)["ended_by"] is None
    assert "the prober was killed" in summary_text(summary)


def test_one_failure_in_a_million_is_not_rounded_away() -> None:
    summary = summary_of(run_line(), bad_gateway(1.0))
    summary.streams[Stream(URL)].tally.ok = 10_000_000
    summary.total.ok = 10_000_000

    assert "100 % available" not in summary_text(summary)
