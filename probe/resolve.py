"""Addresses given by hand, as curl's `--resolve` takes them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from probe.target import ascii_host, is_ip_address

Overrides = Mapping[tuple[str, int], tuple[str, ...]]
"""(host, port) -> what to connect to instead of what DNS says: addresses or names, each with a
`:port` of its own where that is not the URL's."""

_RULE = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+):(\d{1,5}):(.+)", re.ASCII)


def host_and_port(text: str, port: int) -> tuple[str, int]:
    """`host:port` in its parts; a bare name or address, an IPv6 one too, has `port`."""
    host, _, own = text.partition(":")
    return (host, int(own)) if own.isdecimal() and host else (text, port)


def parse_override(text: str) -> tuple[tuple[str, int], tuple[str, ...]]:
    """Read `host:port:addr`; several addresses by commas, IPv6 with or without brackets.

    Raises:
        ValueError: it is not of that form.
    """
    match = _RULE.fullmatch(text)
    if match is None:
        raise ValueError("host:port:address")
    host = ascii_host(match[1].strip("[]"))
    port = int(match[2])
    if not 0 < port < 65536:
        raise ValueError("a port from 1 to 65535")
    addresses = tuple(part.strip().strip("[]") for part in match[3].split(","))
    for address in addresses:
        if not is_ip_address(address):
            raise ValueError(f"an IP address, not {address!r}")
    return (host, port), addresses
