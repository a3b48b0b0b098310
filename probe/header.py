"""Request headers: parsed, kept out of the record, and put on the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass

from probe.target import ProbeTarget

SECRET_NAMES = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "x-api-key",
        "x-auth-token",
        "x-amz-security-token",
        "x-failover-slot",
    }
)
"""Names whose values are never written anywhere; `--secret-header` adds to them."""

REDACTED = "[not recorded]"

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_OURS = frozenset({"connection", "content-length", "transfer-encoding", "upgrade"})


@dataclass(frozen=True, slots=True)
class Header:
    """One header of every request."""

    name: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Header:
        """Read `Name: value`.

        Raises:
            ValueError: not a header, or one that says how the connection is used, which is ours.
        """
        name, colon, value = text.partition(":")
        value = value.strip()
        if not colon or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError("'Name: value' in one line, without control characters")
        if name.lower() in _OURS:
            raise ValueError("a header other than those that govern the connection")
        return cls(name, value)

    def is_secret(self, secret_names: frozenset[str]) -> bool:
        """True if its value must never be written down."""
        return self.name.lower() in secret_names

    def may_cross(self, secret_names: frozenset[str]) -> bool:
        """True if it may go along to another origin that an answer redirects to."""
        return not self.is_secret(secret_names) and self.name.lower() != "host"


def request_bytes(
    target: ProbeTarget, method: str, headers: tuple[Header, ...], user_agent: str, *, closes: bool
) -> bytes:
    """A whole request on the wire; GET and HEAD have no body.

    Args:
        target: the URL.
        method: `GET` or `HEAD`.
        headers: the user's; they may replace Host, User-Agent and Accept.
        user_agent: says who asks.
        closes: ask the server to close after it. The side that closes first holds the port for a
            minute (TIME_WAIT), and a prober has few ports.
    """
    given = {header.name.lower() for header in headers}
    ours = [("Host", target.host_header), ("User-Agent", user_agent), ("Accept", "*/*")]
    lines = [f"{method} {target.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in ours if name.lower() not in given]
    lines += [f"{header.name}: {header.value}" for header in headers]
    if closes:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def redacted_head(head: bytes, secret_names: frozenset[str]) -> str:
    """An answer's status line and headers for people, without the values of secret ones."""
    status_line, *lines = head.decode("latin-1").split("\r\n")
    shown = [status_line]
    for line in lines:
        name = line.partition(":")[0]
        shown.append(f"{name}: {REDACTED}" if name.lower() in secret_names else line)
    return "\n".join(shown)
