from __future__ import annotations

import pytest

from probe.expectation import Expectation
from probe.fault import RequestFault


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("200", {200}, {201, 199, 502}),
        ("200,204", {200, 204}, {201}),
        ("2xx", {200, 299}, {300, 199}),
        ("200-399", {200, 301, 399}, {400, 199}),
        ("2xx, 304", {204, 304}, {303}),
    ],
)
def test_statuses_are_single_ones_classes_and_ranges(
    text: str, good: set[int], bad: set[int]
) -> None:
    expectation = Expectation.parse(text)

    assert good <= expectation.statuses
    assert not bad & expectation.statuses


@pytest.mark.parametrize("text", ["", "abc", "20", "600", "2xx,", "300-200", "6xx"])
def test_what_holds_no_status_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no status"):
        Expectation.parse(text)


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (200, b"status: ok", None),
        (200, b"maintenance", RequestFault.UNEXPECTED_BODY),
        (503, b"status: ok", RequestFault.UNEXPECTED_STATUS),
        (503, b"maintenance", RequestFault.UNEXPECTED_STATUS),
    ],
)
def test_an_answer_needs_the_status_first_and_the_pattern_then(
    status: int, body: bytes, fault: RequestFault | None
) -> None:
    found = Expectation.parse("200", "status: ok").fault_of(status, body)

    assert (found[0] if found else None) is fault
