"""Lines of a record, made up for tests; times are seconds after `START_S`."""

from __future__ import annotations

from hypothesis import strategies as st

from probe.fault import NOT_THE_TARGETS, Phase, RequestFault
from probe.record.line import (
    SCHEMA,
    EndLine,
    Line,
    MarkLine,
    Mode,
    RequestLine,
    RequestOutcome,
    RunLine,
    StallLine,
)

START_S = 1_800_000_000.0
URL = "https://www.example.com/"


def run_line(*urls: str, rate_per_s: float = 50.0, allow_failures: int = 0) -> RunLine:
    return RunLine(
        schema=SCHEMA,
        started_s=START_S,
        urls=list(urls or (URL,)),
        rate_per_s=rate_per_s,
        timeout_s=5.0,
        method="GET",
        modes=["fresh", "kept"],
        expect="200",
        allow_failures=allow_failures,
        prober="failover-probe/test",
    )


def request(
    at_s: float,
    *,
    latency_ms: float = 2.0,
    late_ms: float = 0.0,
    error: RequestFault | None = None,
    status: int | None = None,
    slot: str | None = "01",
    url: str = URL,
    mode: Mode = Mode.FRESH,
    phase: Phase | None = None,
    stall_ms: float = 0.0,
) -> RequestLine:
    """A request planned `at_s` seconds after the start; it went well unless there is an error."""
    verdict = RequestOutcome.OK if error is None else RequestOutcome.FAILED
    if error in NOT_THE_TARGETS:
        verdict = RequestOutcome.EXCLUDED
    is_answered = error in (None, RequestFault.UNEXPECTED_STATUS, RequestFault.UNEXPECTED_BODY)
    if phase is None:
        phase = Phase.DONE if is_answered else Phase.CONNECT
        if error in (RequestFault.CAP_REACHED, RequestFault.PROBER_LATE):
            phase = Phase.NONE
    return RequestLine(
        seq=round(at_s * 1000),
        planned_s=START_S + at_s,
        late_ms=late_ms,
        url=url,
        mode=mode,
        method="GET",
        phase=phase,
        verdict=verdict,
        latency_ms=latency_ms,
        error=error,
        status=status if status is not None else (200 if is_answered else None),
        slot=slot if is_answered else None,
        build="v1" if is_answered else None,
        stall_ms=stall_ms,
    )


def bad_gateway(at_s: float, **fields: object) -> RequestLine:
    return request(at_s, error=RequestFault.UNEXPECTED_STATUS, status=502, **fields)  # type: ignore[arg-type]


def stall(from_s: float, to_s: float) -> StallLine:
    return StallLine("paused", START_S + from_s, START_S + to_s, (to_s - from_s) * 1000)


def end_line(at_s: float) -> EndLine:
    return EndLine(START_S + at_s, "duration")


times = st.floats(0, 600, allow_nan=False).map(lambda value: round(value, 6))
lengths_ms = st.floats(0, 60_000, allow_nan=False).map(lambda value: round(value, 6))
short_text = st.text(max_size=20)

requests: st.SearchStrategy[RequestLine] = st.builds(
    RequestLine,
    seq=st.integers(0, 10**9),
    planned_s=times.map(lambda at: round(START_S + at, 6)),
    late_ms=lengths_ms,
    url=st.sampled_from([URL, "http://portal.example.com/login"]),
    mode=st.sampled_from(Mode),
    method=st.sampled_from(["GET", "HEAD", "PING"]),
    phase=st.sampled_from(Phase),
    verdict=st.sampled_from(RequestOutcome),
    latency_ms=lengths_ms,
    error=st.none() | st.sampled_from(RequestFault),
    detail=st.none() | short_text,
    status=st.none() | st.integers(100, 599),
    slot=st.none() | st.sampled_from(["01", "02"]),
    build=st.none() | short_text,
    address=st.none() | st.just("127.0.0.1:80"),
    reused=st.integers(0, 1000),
    bytes=st.integers(0, 1 << 40),
    connect_ms=st.none() | lengths_ms,
    tls_ms=st.none() | lengths_ms,
    first_byte_ms=st.none() | lengths_ms,
    stall_ms=lengths_ms,
    redirects=st.integers(0, 5),
    fallbacks=st.integers(0, 3),
    idle_closes=st.integers(0, 4),
)

lines: st.SearchStrategy[Line] = st.one_of(
    requests,
    st.builds(
        lambda start, length, cause: StallLine(
            cause, start, round(start + length / 1000, 6), length
        ),
        times.map(lambda at: round(START_S + at, 6)),
        lengths_ms,
        st.sampled_from(["paused", "asleep"]),
    ),
    st.builds(MarkLine, times.map(lambda at: round(START_S + at, 6)), short_text),
)
