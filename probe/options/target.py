"""Where requests go: a URL taken apart, and addresses given by hand in the place of DNS."""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_HOST = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?", re.ASCII)
_PATH = re.compile(r"/[!-~]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where connections go to, and whether they speak TLS; connections are pooled by it."""

    host: str
    """In ASCII, lower case; an IPv6 address without brackets."""
    port: int
    is_tls: bool


@dataclass(frozen=True, slots=True)
class ProbeTarget:
    """One URL to request."""

    url: str
    """As it was given; the record calls it so."""
    origin: Origin
    path: str
    """With the query, as it goes into the request line."""

    @classmethod
    def parse(cls, url: str, *, schemes: tuple[str, ...] = ("http", "https")) -> ProbeTarget:
        """Take an absolute URL apart.

        Raises:
            ValueError: not absolute, of another scheme, with a user in it, or with an odd host.
        """
        parts = urlsplit(url)
        if parts.scheme not in schemes:
            raise ValueError(f"a URL that begins with {' or '.join(f'{s}://' for s in schemes)}")
        if parts.username is not None or parts.password is not None:
            raise ValueError("a URL without user and password; a header may carry them")
        try:
            port = parts.port
        except ValueError:
            raise ValueError("a port from 1 to 65535") from None
        if port == 0:
            raise ValueError("a port from 1 to 65535")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not _PATH.fullmatch(path):
            raise ValueError("a path and query in ASCII without spaces (percent-encode the rest)")
        is_tls = parts.scheme in ("https", "wss")
        host = ascii_host(parts.hostname or "")
        return cls(url, Origin(host, port or _PORTS[parts.scheme], is_tls), path)

    @property
    def host_header(self) -> str:
        """The value of Host: brackets around an IPv6 address, no default port."""
        origin = self.origin
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        is_default = origin.port == (443 if origin.is_tls else 80)
        return host if is_default else f"{host}:{origin.port}"

    def redirected(self, location: str) -> ProbeTarget:
        """The target that a Location header means, seen from here.

        Raises:
            ValueError: it is not an HTTP URL.
        """
        return ProbeTarget.parse(urljoin(self.url, location).partition("#")[0])


def is_ip_address(host: str) -> bool:
    """True for an IPv4 or IPv6 address without brackets."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def ascii_host(host: str) -> str:
    """A host name as DNS and TLS spell it.

    Raises:
        ValueError: no host name and no address.
    """
    if is_ip_address(host):
        return host
    try:
        name = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if not _HOST.fullmatch(name):
        raise ValueError("a URL with a host name or an address")
    return name


Overrides = Mapping[tuple[str, int], tuple[str, ...]]
"""(host, port) -> what to connect to instead of the address in DNS: addresses or names, each with a
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


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Verified TLS that offers HTTP/1.1 alone, trusting the system's CAs or only `ca_file`.

    Raises:
        OSError: the file cannot be read, or holds no certificate (`ssl.SSLError`).
    """
    context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    context.set_alpn_protocols(["http/1.1"])
    return context
