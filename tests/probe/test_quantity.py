from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.quantity import (
    duration_text,
    parse_duration_seconds,
    parse_rate_per_second,
    parse_size_bytes,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("10m", 600),
        ("250ms", 0.25),
        ("1h30m", 5400),
        ("5", 5),
        ("0.5s", 0.5),
        ("1d", 86400),
    ],
)
def test_a_duration_reads_as_people_write_it(text: str, seconds: float) -> None:
    assert parse_duration_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "10 m", "-5s", "0s", "0", "1e3s", "5x", "1½s", "10m5"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        parse_duration_seconds(text)


@pytest.mark.parametrize(
    ("text", "rate"), [("50", 50), ("0.2", 0.2), ("1/5s", 0.2), ("300/m", 5), ("10/500ms", 20)]
)
def test_a_rate_is_a_number_a_second_or_over_a_duration(text: str, rate: float) -> None:
    assert parse_rate_per_second(text) == pytest.approx(rate)


@pytest.mark.parametrize("text", ["", "0", "-1", "1/", "/5s", "1/0s", "inf", "nan", "1/5x"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        parse_rate_per_second(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("100", 100), ("64KiB", 65536), ("1MiB", 1 << 20), ("2GiB", 2 << 30)],
)
def test_a_size_is_bytes_or_a_binary_unit(text: str, size: int) -> None:
    assert parse_size_bytes(text) == size


@pytest.mark.parametrize("text", ["", "1MB", "-1", "1.5MiB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_size_bytes(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 ms"),
        (0.0204, "20 ms"),
        (2.04, "2.04 s"),
        (59.999, "60.00 s"),
        (185, "3 m 05 s"),
        (7380, "2 h 03 m"),
    ],
)
def test_a_length_of_time_is_shown_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@given(st.floats(0, 1e9))
def test_every_length_of_time_can_be_shown(seconds: float) -> None:
    assert duration_text(seconds)
