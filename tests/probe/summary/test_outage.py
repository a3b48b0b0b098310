from __future__ import annotations

import pytest

from probe.fault import Phase, RequestFault
from probe.record.line import Mode, RequestLine, RequestOutcome, Stream
from probe.summary.outage import KEPT_WINDOWS, MERGE_SECONDS, Gaps, Outages, OutageWindow
from tests.probe.lines import START_S, URL, bad_gateway, request


def outages_of(*lines: RequestLine) -> Outages:
    outages = Outages(Stream(URL))
    for line in lines:
        if line.verdict is RequestOutcome.OK:
            outages.succeeded(line.ended_s)
        else:
            outages.failed(line)
    outages.close()
    return outages


def seconds(window: OutageWindow) -> tuple[float, float]:
    return round(window.start_s - START_S, 6), round(window.end_s - START_S, 6)


def test_a_502_of_20_ms_is_one_window_from_the_first_send_to_the_last_answer() -> None:
    before = [request(n * 0.005) for n in range(20)]
    during = [bad_gateway(0.100 + n * 0.005) for n in range(4)]
    after = [request(0.120 + n * 0.005) for n in range(20)]

    outages = outages_of(*before, *during, *after)

    (window,) = outages.closed
    assert seconds(window) == (0.1, 0.117)
    assert (window.lost, window.is_down) == (4, True)
    assert window.faults == {"status 502": 4}
    assert outages.down_s == pytest.approx(0.017, abs=1e-5)


def test_a_late_send_begins_a_window_when_it_left_and_not_when_it_was_planned() -> None:
    outages = outages_of(bad_gateway(1.0, late_ms=40.0, latency_ms=50.0))

    assert seconds(outages.closed[0]) == (1.04, 1.05)


def test_two_blips_farther_apart_than_the_merge_time_are_two_windows() -> None:
    apart = MERGE_SECONDS + 0.1
    outages = outages_of(bad_gateway(1.0), request(1.5), bad_gateway(1.0 + apart))

    assert [window.lost for window in outages.closed] == [1, 1]


def test_every_tenth_request_lost_is_one_degraded_window_and_not_a_hundred() -> None:
    lines = [bad_gateway(n * 0.02) if n % 10 == 0 else request(n * 0.02) for n in range(1000)]

    outages = outages_of(*lines)

    (window,) = outages.closed
    assert (window.lost, window.succeeded, window.is_down) == (100, 891, False)
    assert outages.down_s == 0.0
    assert outages.degraded_s == pytest.approx(19.802, abs=1e-5)


def test_successes_that_end_while_one_request_times_out_make_it_degraded() -> None:
    good = [request(1.0 + n * 0.1) for n in range(50)]
    lost = request(
        1.0, latency_ms=5000.0, error=RequestFault.RESPONSE_TIMEOUT, phase=Phase.FIRST_BYTE
    )

    outages = outages_of(*good, lost)

    (window,) = outages.closed
    assert seconds(window) == (1.0, 6.0)
    assert window.succeeded in (49, 50)  # it counts to a tenth of a second
    assert not window.is_down


def test_an_outage_that_timeouts_report_begins_when_the_first_of_them_left() -> None:
    lost = [
        request(1.0 + n * 0.1, latency_ms=5000.0, error=RequestFault.RESPONSE_TIMEOUT)
        for n in range(50)
    ]

    outages = outages_of(request(0.9), *lost, request(10.0))

    (window,) = outages.closed
    assert seconds(window) == (1.0, 10.9)
    assert (window.lost, window.is_down) == (50, True)


def test_a_long_request_that_is_cut_was_well_until_then() -> None:
    cut = request(
        1.0, latency_ms=20_000.0, error=RequestFault.RESET_IN_BODY, mode=Mode.LONG, phase=Phase.BODY
    )

    assert seconds(outages_of(cut).closed[0]) == (21.0, 21.0)


def test_windows_beyond_those_that_are_listed_are_still_counted() -> None:
    lines = [bad_gateway(n * 3.0) for n in range(KEPT_WINDOWS + 7)]

    outages = outages_of(*lines)

    assert len(outages.closed) == KEPT_WINDOWS
    assert outages.count == KEPT_WINDOWS + 7


def test_the_longest_gap_is_between_two_successes_or_at_an_end_of_the_run() -> None:
    gaps = Gaps(START_S)
    for at_s in (0.5, 1.0, 3.5, 3.6):
        gaps.succeeded(START_S + at_s)
    gaps.finished(START_S + 5.0)

    assert (gaps.longest.start_s - START_S, gaps.longest.end_s - START_S) == (1.0, 3.5)


def test_a_stall_of_the_prober_is_no_part_of_a_gap() -> None:
    gaps = Gaps(START_S)
    gaps.succeeded(START_S + 1.0)
    gaps.stalled(START_S + 1.2, START_S + 4.2)
    gaps.succeeded(START_S + 4.3)

    assert gaps.longest.length_s == pytest.approx(1.0, abs=1e-5)


def test_an_outage_stays_one_gap_though_the_prober_stalls_within_it() -> None:
    gaps = Gaps(START_S)
    gaps.succeeded(START_S + 1.0)
    for at_s in (2.0, 5.0, 8.0):
        gaps.stalled(START_S + at_s, START_S + at_s + 0.1)
    gaps.succeeded(START_S + 11.0)

    assert gaps.longest.length_s == pytest.approx(9.7, abs=1e-5)
    assert gaps.longest.end_s - gaps.longest.start_s == pytest.approx(10.0, abs=1e-5)


def test_a_run_without_any_success_is_one_gap() -> None:
    gaps = Gaps(START_S)
    gaps.finished(START_S + 60.0)

    assert gaps.longest.length_s == 60.0
