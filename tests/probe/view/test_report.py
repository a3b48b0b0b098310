from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.fault import RecordError, RequestFault
from probe.record.file import LogFile, encoded
from probe.record.line import Line, MarkLine, RequestLine
from probe.summary.series import Series
from probe.view.plot import HEIGHT, WIDTH, Span, latency_plot, nice_ceiling, split_plot, status_plot
from probe.view.report import time_ticks, write_report
from tests.probe.lines import START_S, bad_gateway, end_line, request, requests, run_line, stall

_NUMBER = re.compile(r"-?\d+\.\d+")


def written(path: Path, *content: Line) -> Path:
    log = LogFile(path)
    for line in content:
        log.append(encoded(line))
    log.close()
    return path


class Page(HTMLParser):
    """Collects what a page would fetch and what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.classes: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.fetched += [v for k in ("src", "href", "data") if (v := named.get(k))]
        self.classes += (named.get("class") or "").split()
        if tag not in ("meta", "path", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("path",):
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(path: Path, *content: Line) -> Page:
    record = written(path / "probe.jsonl", *content)
    write_report(record, path / "page.html")
    page = Page()
    page.feed((path / "page.html").read_text())
    assert page.open == []
    return page


def test_a_page_shows_windows_stalls_marks_and_both_slots_and_fetches_nothing(
    tmp_path: Path,
) -> None:
    content = [
        request(n * 0.02, slot="01" if n % 4 else "02")
        if not 100 <= n < 110
        else bad_gateway(n * 0.02)
        for n in range(500)
    ]
    mark = MarkLine(START_S + 5.0, "weights 75/25")

    page = page_of(tmp_path, run_line(), *content, stall(7.0, 8.0), mark, end_line(10.0))

    assert page.fetched == []
    assert {"down", "stall", "mark", "slot-0", "slot-1", "kind-5xx"} <= set(page.classes)
    assert "weights 75/25" in page.text
    assert "10 of 500 requests failed" in page.text
    assert "url(" not in (tmp_path / "page.html").read_text()


def test_what_a_server_says_cannot_write_into_the_page(tmp_path: Path) -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    line = request(1.0, slot=evil, url=f"http://a/?{evil}")

    page = page_of(tmp_path, run_line(f"http://a/?{evil}"), line, MarkLine(START_S, evil))

    assert page.fetched == []
    assert "<img" not in (tmp_path / "page.html").read_text()


def test_a_record_without_an_answer_still_makes_a_page(tmp_path: Path) -> None:
    page = page_of(tmp_path, run_line(), request(1.0, error=RequestFault.DNS_FAILURE))

    assert "dns_failure" in page.text
    assert "the prober was killed" in page.text


def test_the_report_sums_up_what_is_whole_and_tells_of_a_torn_line(tmp_path: Path) -> None:
    record = written(tmp_path / "p.jsonl", run_line(), request(1.0), request(2.0))
    record.write_bytes(record.read_bytes()[:-20])

    summary, torn_bytes = write_report(record, tmp_path / "page.html")

    assert summary.total.ok == 1
    assert torn_bytes > 0


@pytest.mark.parametrize("content", [b"", b"torn"])
def test_an_empty_file_is_no_record(content: bytes, tmp_path: Path) -> None:
    record = tmp_path / "p.jsonl"
    record.write_bytes(content)

    with pytest.raises(RecordError, match="is empty"):
        write_report(record, tmp_path / "page.html")


def test_a_page_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    record = written(tmp_path / "p.jsonl", run_line())

    with pytest.raises(RecordError, match="cannot write"):
        write_report(record, tmp_path / "no such folder" / "page.html")


@given(st.lists(requests, min_size=1, max_size=40))
def test_no_shape_leaves_its_plot(lines: list[RequestLine]) -> None:
    series = Series(START_S, 1.0)
    for line in lines:
        series.add(line)
    span = Span(START_S, START_S + 700.0)

    for plot in (status_plot(series, span), split_plot(series, span, ["01", "02"])):
        for path in plot.paths:
            for part in filter(None, path.d.split("M")):
                left, bottom, width, up, _ = map(float, _NUMBER.findall(part))
                assert 0 <= left <= left + width <= WIDTH + 0.1
                assert -0.1 <= bottom + up <= bottom <= HEIGHT + 0.1
    for path in latency_plot(series, span).paths:
        points = [float(number) for number in _NUMBER.findall(path.d)]
        assert all(0 <= x <= WIDTH for x in points[::2])
        assert all(-0.1 <= y <= HEIGHT + 0.1 for y in points[1::2])


def test_one_lost_request_among_thousands_is_seen() -> None:
    series = Series(START_S, 1.0)
    for n in range(5000):
        series.add(request(n / 5000))
    series.add(bad_gateway(0.5))

    paths = {p.css: p.d for p in status_plot(series, Span(START_S, START_S + 60)).paths}

    assert "v-5.00" in paths["kind-5xx"]


@pytest.mark.parametrize(
    ("value", "top"),
    [(0, 1), (1, 1), (1.2, 1.5), (51, 75), (100, 100), (100.0001, 150), (810, 1000)],
)
def test_a_scale_ends_at_a_round_number(value: float, top: float) -> None:
    assert nice_ceiling(value) == pytest.approx(top)


@given(st.floats(START_S, START_S + 86400), st.floats(0.1, 30 * 86400))
def test_an_axis_has_few_ticks_and_all_of_them_within_it(start_s: float, length_s: float) -> None:
    ticks = time_ticks(Span(start_s, start_s + length_s))

    assert len(ticks) <= 31
    assert all(0 <= tick.percent <= 100 for tick in ticks)
