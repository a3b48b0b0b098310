"""What every request carries, and which answers count as good."""

from __future__ import annotations

import re
from dataclasses import dataclass

from probe.fault import RequestFault
from probe.options.target import ProbeTarget

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
            ValueError: not a header, or a header that controls the connection, which is ours.
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
        user_agent: identifies the prober.
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


_PART = re.compile(r"(?:([1-5])xx|([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class ExpectedStatus:
    """The statuses that are right."""

    text: str
    """As it was given: `200`, `200,204`, `2xx`, `200-399`."""
    statuses: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> ExpectedStatus:
        """Read statuses, classes (`2xx`) and ranges (`200-399`), separated by commas.

        Raises:
            ValueError: a part is none of these.
        """
        statuses: set[int] = set()
        for part in text.split(","):
            match = _PART.fullmatch(part.strip())
            if match is None:
                raise ValueError(f"{part!r} is not a status")
            if match[1]:
                statuses.update(range(int(match[1]) * 100, int(match[1]) * 100 + 100))
            else:
                statuses.update(range(int(match[2]), int(match[3] or match[2]) + 1))
        if not statuses:
            raise ValueError(f"{text!r} holds no status")
        return cls(text, frozenset(statuses))

    def fault_of(self, status: int) -> tuple[RequestFault, str] | None:
        """The class and words of a status that is not as expected; None if it is."""
        if status in self.statuses:
            return None
        return RequestFault.UNEXPECTED_STATUS, f"{status}, expected {self.text}"


@dataclass(frozen=True, slots=True)
class ExpectedBody:
    """A pattern that each body must match somewhere."""

    pattern: re.Pattern[bytes]

    @classmethod
    def parse(cls, text: str) -> ExpectedBody:
        """Read a regular expression.

        Raises:
            re.error: it is not one.
        """
        return cls(re.compile(text.encode()))

    def fault_of(self, body: bytes) -> tuple[RequestFault, str] | None:
        """The class and words of a whole body that does not match; None if it does."""
        if self.pattern.search(body):
            return None
        return RequestFault.UNEXPECTED_BODY, f"no match for {self.pattern.pattern.decode()!r}"
