from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.http.dial import HostAddress, Lookup, rotated
from probe.options.target import Origin, ProbeTarget, host_and_port, parse_override
from tests.probe.fake_clock import FakeClock


@pytest.mark.parametrize(
    ("text", "host", "port", "addresses"),
    [
        ("a.example.com:443:127.0.0.1", "a.example.com", 443, ("127.0.0.1",)),
        ("A.example.com:80:::1", "a.example.com", 80, ("::1",)),
        ("a:80:[::1]", "a", 80, ("::1",)),
        ("a:80:10.0.0.1,10.0.0.2", "a", 80, ("10.0.0.1", "10.0.0.2")),
        ("[::1]:80:10.0.0.1", "::1", 80, ("10.0.0.1",)),
    ],
)
def test_an_address_given_by_hand_reads_as_curl_reads_it(
    text: str, host: str, port: int, addresses: tuple[str, ...]
) -> None:
    assert parse_override(text) == ((host, port), addresses)


@pytest.mark.parametrize("text", ["", "a:80", "a:80:", "a:0:127.0.0.1", "a:x:1.1.1.1", "a:80:b"])
def test_what_is_no_host_port_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (each has its own words)
        parse_override(text)


V6 = [HostAddress(10, ("::1", 80, 0, 0)), HostAddress(10, ("::2", 80, 0, 0))]
V4 = [HostAddress(2, ("10.0.0.1", 80)), HostAddress(2, ("10.0.0.2", 80))]


@given(st.integers(0, 100))
def test_connections_rotate_over_the_preferred_family_and_keep_the_others_behind(turn: int) -> None:
    order = rotated([*V6, *V4], turn)

    assert order[0] == V6[turn % 2]
    assert set(order[:2]) == set(V6)
    assert order[2:] == V4


def test_addresses_given_by_hand_are_used_in_turn() -> None:
    async def ask() -> list[str]:
        lookup = Lookup(FakeClock(), {("a", 80): ("10.0.0.1", "10.0.0.2")})
        return [(await lookup.addresses("a", 80))[0].text for _ in range(4)]

    assert asyncio.run(ask()) == ["10.0.0.1:80", "10.0.0.2:80"] * 2


class CountingResolver:
    """Answers with another address each time it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[HostAddress]:
        self.asked += 1
        number = self.asked
        await asyncio.sleep(0)
        return [HostAddress(2, (f"10.0.0.{number}", port))]


def test_a_name_is_asked_for_again_after_a_second() -> None:
    async def ask() -> list[str]:
        clock = FakeClock()
        lookup = Lookup(clock, {}, CountingResolver())
        found: list[str] = []
        for _ in range(4):
            found.append((await lookup.addresses("a", 80))[0].text)
            clock.run(0.6)
        return found

    assert asyncio.run(ask()) == ["10.0.0.1:80", "10.0.0.1:80", "10.0.0.2:80", "10.0.0.2:80"]


def test_requests_that_wait_for_the_same_name_share_one_question() -> None:
    async def ask() -> int:
        resolver = CountingResolver()
        lookup = Lookup(FakeClock(), {}, resolver)
        await asyncio.gather(*(lookup.addresses("a", 80) for _ in range(10)))
        return resolver.asked

    assert asyncio.run(ask()) == 1


def test_a_name_without_an_address_fails_for_everyone_who_waits() -> None:
    async def ask() -> list[BaseException | list[HostAddress]]:
        lookup = Lookup(FakeClock(), {})
        return await asyncio.gather(
            *(lookup.addresses("no-such-host.invalid", 80) for _ in range(3)),
            return_exceptions=True,
        )

    assert all(isinstance(found, OSError) for found in asyncio.run(ask()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.1", ("10.0.0.1", 443)),
        ("10.0.0.1:8443", ("10.0.0.1", 8443)),
        ("alb.example:80", ("alb.example", 80)),
        ("::1", ("::1", 443)),
        ("2001:db8::1", ("2001:db8::1", 443)),
        ("2001::1", ("2001::1", 443)),
    ],
)
def test_a_place_to_connect_to_may_have_a_port_of_its_own(
    text: str, expected: tuple[str, int]
) -> None:
    assert host_and_port(text, 443) == expected


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
