from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.options.request import SECRET_NAMES, ExpectedStatus, Header, request_bytes
from probe.options.target import ProbeTarget


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
    expected = ExpectedStatus.parse(text)

    assert good <= expected.statuses
    assert not bad & expected.statuses


@pytest.mark.parametrize("text", ["", "abc", "20", "600", "2xx,", "300-200", "6xx"])
def test_what_holds_no_status_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a status|holds no status"):
        ExpectedStatus.parse(text)


TARGET = ProbeTarget.parse("https://a.example.com:8443/p?q=1")


def test_a_request_has_host_agent_and_the_users_headers_and_nothing_else() -> None:
    data = request_bytes(TARGET, "GET", (Header("X-A", "b"),), "agent/1", closes=True)

    assert data == (
        b"GET /p?q=1 HTTP/1.1\r\nHost: a.example.com:8443\r\nUser-Agent: agent/1\r\nAccept: */*\r\n"
        b"X-A: b\r\nConnection: close\r\n\r\n"
    )


def test_the_user_may_replace_host_and_agent() -> None:
    headers = (Header("host", "b.example.com"), Header("User-Agent", "mine"))

    data = request_bytes(TARGET, "HEAD", headers, "agent/1", closes=False)

    assert data == (
        b"HEAD /p?q=1 HTTP/1.1\r\nAccept: */*\r\nhost: b.example.com\r\nUser-Agent: mine\r\n\r\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no colon",
        ": x",
        "a b: c",
        "X: a\r\nY: b",
        "Connection: close",
        "Content-Length: 5",
        "X: \x00",
    ],
)
def test_what_is_no_header_of_the_users_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (each has its own words)
        Header.parse(text)


@given(st.text(max_size=40))
def test_no_text_makes_a_header_that_breaks_out_of_its_line(text: str) -> None:
    try:
        header = Header.parse(text)
    except ValueError:
        return

    data = request_bytes(TARGET, "GET", (header,), "agent/1", closes=False)

    assert data.count(b"\r\n\r\n") == 1
    assert data.endswith(b"\r\n\r\n")
    assert data.count(b"\r\n") <= 6


@pytest.mark.parametrize(
    "name", ["Authorization", "cookie", "X-Api-Key", "X-Failover-Slot", "Host"]
)
def test_secrets_and_the_host_do_not_go_along_to_another_origin(name: str) -> None:
    assert not Header(name, "x").may_cross(SECRET_NAMES)


def test_other_headers_go_along_to_another_origin() -> None:
    assert Header("Accept-Language", "de").may_cross(SECRET_NAMES)
