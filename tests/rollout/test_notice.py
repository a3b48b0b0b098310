from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.notice import Notice, NoticeKind

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
