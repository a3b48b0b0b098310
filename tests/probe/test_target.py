from __future__ import annotations

import pytest

from probe.target import Origin, ProbeTarget


@pytest.mark.parametrize(
    ("url", "origin", "path", "host_header"),
    [
        ("http://a.example.com", Origin("a.example.com", 80, False), "/", "a.example.com"),
        ("https://A.Example.com/x?y", Origin("a.example.com", 443, True), "/x?y", "a.example.com"),
        ("https://a:8443/", Origin("a", 8443, True), "/", "a:8443"),
        ("http://[::1]:8080/p", Origin("::1", 8080, False), "/p", "[::1]:8080"),
        ("http://[::1]/", Origin("::1", 80, False), "/", "[::1]"),
        ("http://bücher.example/", Origin("xn--bcher-kva.example", 80, False), "/",
         "xn--bcher-kva.example"),
        ("http://a/#part", Origin("a", 80, False), "/", "a"),
    ],
)  # fmt: skip
def test_a_url_is_taken_apart_into_origin_path_and_host_header(
    url: str, origin: Origin, path: str, host_header: str
) -> None:
    target = ProbeTarget.parse(url)

    assert (target.url, target.origin, target.path) == (url, origin, path)
    assert target.host_header == host_header


@pytest.mark.parametrize(
    "url",
    [
        "www.example.com",
        "ftp://a/",
        "http://",
        "http://user:secret@a/",
        "http://a:0/",
        "http://a:99999/",
        "http://a b/",
        "http://a/ü",
        "http://a/\r\nX: y",
        "http://a_;b/",
        "http://[::1/",
    ],
)
def test_what_is_no_url_for_a_request_is_refused(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (each has its own words)
        ProbeTarget.parse(url)


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/login", "https://a.example.com/login"),
        ("other?x=1", "https://a.example.com/dir/other?x=1"),
        ("http://b.example.com/#top", "http://b.example.com/"),
        ("//b.example.com/y", "https://b.example.com/y"),
    ],
)
def test_a_redirect_is_seen_from_where_it_was_given(location: str, url: str) -> None:
    assert ProbeTarget.parse("https://a.example.com/dir/page").redirected(location).url == url
