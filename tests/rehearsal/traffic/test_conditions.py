"""What requests of a rehearsal carry, so that the rule of a service takes them."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.traffic.conditions import headers_of
from rehearsal.traffic.run import urls_of

HEADER = {
    "Field": "http-header",
    "HttpHeaderConfig": {"HttpHeaderName": "X-Stage", "Values": ["be?a*", "other"]},
}
FORWARD = {"Type": "forward", "TargetGroupArn": "arn:tg"}


def test_a_request_has_the_headers_that_the_rule_looks_at() -> None:
    host = {"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example"]}}

    assert headers_of({"Conditions": [host, HEADER], "Actions": [FORWARD]}) == {"X-Stage": "bexa"}


@pytest.mark.parametrize("kind", ["AuthenticateOidcConfig", "AuthenticateCognitoConfig"])
def test_a_request_has_a_session_where_the_rule_has_a_login(kind: str) -> None:
    login: dict[str, Any] = {"Type": "any", kind: {"SessionCookieName": "Shop"}}

    assert headers_of({"Actions": [login, FORWARD]}) == {"Cookie": "Shop-0=rehearsal"}


@pytest.mark.parametrize(
    ("url", "download", "socket"),
    [
        ("https://a.example/", "https://a.example/download?seconds=", "wss://a.example/ws"),
        (
            "https://a.example/p?v=2",
            "https://a.example/p/download?seconds=",
            "wss://a.example/p/ws",
        ),
    ],
)
def test_downloads_and_websockets_are_beneath_the_page_with_its_query_string(
    url: str, download: str, socket: str
) -> None:
    page, long, websocket = urls_of(url)

    query = url.partition("?")[2]
    assert page == url
    assert long.startswith(download)
    assert long.endswith(query)
    assert websocket == (f"{socket}?{query}" if query else socket)
