from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.fault import RequestFault
from probe.record.line import RequestLine
from probe.summary.series import (
    ERROR,
    EXCLUDED,
    OK,
    STATUS_4XX,
    STATUS_5XX,
    STEPS_S,
    Series,
    WholeRun,
    coarsened,
    kind_of,
)
from tests.probe.lines import START_S, bad_gateway, request, requests


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (request(0), OK),
        (bad_gateway(0), STATUS_5XX),
        (request(0, error=RequestFault.UNEXPECTED_STATUS, status=404), STATUS_4XX),
        (request(0, error=RequestFault.UNEXPECTED_STATUS, status=302), ERROR),
        (request(0, error=RequestFault.CONNECT_REFUSED), ERROR),
        (request(0, error=RequestFault.UNEXPECTED_BODY), ERROR),
        (request(0, error=RequestFault.PROBER_LATE), EXCLUDED),
    ],
)
def test_a_chart_tells_how_a_request_ended(line: RequestLine, kind: str) -> None:
    assert kind_of(line) == kind


@given(st.lists(requests, max_size=40), st.sampled_from([0.1, 1.0, 30.0]))
def test_every_request_is_in_the_bucket_of_its_planned_time(
    lines: list[RequestLine], step_s: float
) -> None:
    series = Series(START_S, step_s)
    for line in lines:
        series.add(line)

    assert sum(bucket.requests for bucket in series.buckets.values()) == len(lines)
    for line in lines:
        assert int((line.planned_s - START_S) // step_s) in series.buckets


@given(st.lists(requests, max_size=40))
def test_coarser_buckets_hold_what_the_finer_ones_held(lines: list[RequestLine]) -> None:
    fine, coarse = Series(START_S, 1.0), Series(START_S, 5.0)
    for line in lines:
        fine.add(line)
        coarse.add(line)

    merged = coarsened(fine, 5.0)

    assert {i: dict(b.kinds) for i, b in merged.buckets.items()} == {
        i: dict(b.kinds) for i, b in coarse.buckets.items()
    }
    assert {i: b.steady.latency_ms.percentiles() for i, b in merged.buckets.items()} == {
        i: b.steady.latency_ms.percentiles() for i, b in coarse.buckets.items()
    }


def test_each_step_is_a_multiple_of_the_one_before() -> None:
    for shorter, longer in itertools.pairwise(STEPS_S):
        assert longer / shorter == pytest.approx(round(longer / shorter))


def test_the_steps_of_a_whole_run_grow_with_it() -> None:
    run = WholeRun(START_S, rate_per_s=200.0)
    steps: list[float] = []
    for n in range(4000):
        run.add(request(n * 1.0))
        steps.append(run.series.step_s)

    assert steps[0] == 0.1
    assert steps[-1] == 5.0
    assert len(run.series.buckets) <= WholeRun.MAX_BUCKETS
    assert sum(bucket.requests for bucket in run.series.buckets.values()) == 4000


def test_a_slow_run_has_no_step_shorter_than_twenty_requests() -> None:
    assert WholeRun(START_S, rate_per_s=50.0).series.step_s == 0.5
    assert WholeRun(START_S, rate_per_s=0.2).series.step_s == 300.0


def test_a_live_series_keeps_only_its_newest_buckets() -> None:
    series = Series(START_S, 1.0, kept=60)
    for n in range(1000):
        series.add(request(float(n)))

    series.add(request(3.0))

    assert sorted(series.buckets) == list(range(940, 1000))
