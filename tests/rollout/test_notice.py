from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.notice import (
    ALL_SERVICES,
    UNREADABLE,
    Notice,
    NoticeKind,
    is_refusal_of_split,
    without_contradiction,
)

names = st.from_regex(r"[a-z](-?[a-z0-9]){0,9}", fullmatch=True)
changes = st.sampled_from(["90/10 -> 75/25", "slot 01", "images of slots 01 and 02"])
texts = st.text(min_size=1).map(str.strip).filter(bool)


@given(st.sampled_from(NoticeKind), names, changes, texts)
def test_a_notice_is_read_back_from_its_line(
    kind: NoticeKind, service: str, change: str, text: str
) -> None:
    notice = Notice(kind, service, change, text)

    assert Notice.parse(str(notice)) == notice


@pytest.mark.parametrize("line", ["", "error: update failed", "judgement day: web: 1/2: x"])
def test_another_diagnostic_is_no_notice(line: str) -> None:
    assert Notice.parse(line) is None


def test_a_notice_begins_with_what_it_says() -> None:
    notice = Notice(NoticeKind.WILL_WAIT, "web", "100/0 -> 90/10", "for 2 of 3 targets of web-02")

    assert str(notice) == (
        "judgement: will wait: web: 100/0 -> 90/10: for 2 of 3 targets of web-02"
    )


def test_a_service_that_will_be_refused_is_not_said_to_pass() -> None:
    passes = [Notice(NoticeKind.PASSES, name, "slot 02", "idle") for name in ("web", "portal")]
    refused = Notice(NoticeKind.WILL_BE_REFUSED, "web", "slot 02", "there is no such image")
    note = Notice(NoticeKind.NOTE, "web", "order of rules", "it gets no request")

    assert without_contradiction([*passes, note, refused]) == [passes[1], note, refused]
    assert without_contradiction([*passes, note]) == [*passes, note]


def test_where_every_service_will_be_refused_none_is_said_to_pass() -> None:
    passes = Notice(NoticeKind.PASSES, "web", "slot 02", "idle")
    refused = Notice(NoticeKind.WILL_BE_REFUSED, ALL_SERVICES, "rules", "cannot be read")

    assert without_contradiction([passes, refused]) == [refused]


def test_the_notices_of_a_hook_are_found_behind_the_words_of_the_engine() -> None:
    refused = Notice(NoticeKind.REFUSED, "web", "90/10 -> 75/25", "1 of 3 healthy\n  fix: wait")
    passes = Notice(NoticeKind.PASSES, "portal", "90/10 -> 75/25", "3 of 3 healthy")

    found = Notice.found_in(f"before hook failed: {refused}\n{passes}\n")

    assert found == (refused, passes)
    assert Notice.found_in("update failed") == ()


REFUSED = Notice(NoticeKind.REFUSED, "web", "90/10 -> 75/25", "web-02 has 1 of 3 healthy")
MOVED = Notice(
    NoticeKind.OUT_OF_BAND_CHANGE, "web", "42/58 -> 75/25", "somebody else moved traffic"
)
SILENT = Notice(NoticeKind.REFUSED, ALL_SERVICES, UNREADABLE, "AWS throttles the calls")


@pytest.mark.parametrize(
    ("notices", "is_refusal"),
    [([REFUSED], True), ([], False), ([MOVED, REFUSED], False), ([SILENT], False)],
)
def test_only_a_refusal_because_of_the_slots_is_for_the_driver_to_answer(
    notices: list[Notice], is_refusal: bool
) -> None:
    assert is_refusal_of_split(notices) is is_refusal
