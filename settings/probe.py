"""Where the requests of our own to a service go, where its hosts and DNS do not lead there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from rollout.wildcards import plain_text
from settings.conditions import RuleConditions
from settings.declaration.key import ConfigMap, Key, optional
from settings.declaration.kind import (
    HiddenSecretText,
    Json,
    JsonSchema,
    RefusedValueError,
    ValueProblem,
    matching,
)
from settings.declaration.section import Section

_WILDCARDS = frozenset("*?")
_AS_WRITTEN = "!$'()*+,-./:;=?@_~%"
"""Characters of a query string that are sent as a rule has them; `&` and `#` would end it."""
METHOD = "GET"
"""The method of every request of ours."""
_OF_THE_CONNECTION = frozenset({"connection", "content-length", "transfer-encoding", "upgrade"})
"""Headers of the connection, which no request of ours can have as a rule asks."""


@dataclass(frozen=True, slots=True)
class HttpsUrl:
    """The kind of an address of a service: HTTPS, since the rules stand at the HTTPS listener."""

    name: str = "URL"
    expected: str = (
        "an https:// URL with a host, and no user or fragment, such as "
        "https://www.hankooktire.example/shop"
    )

    @property
    def json_schema(self) -> JsonSchema:
        """Such a URL."""
        return matching(r"[Hh][Tt][Tt][Pp][Ss]:[!\x22$-)+-?A-~]+", self.expected)

    def read(self, value: Json) -> str:
        """The URL unchanged."""
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():
            raise RefusedValueError(ValueProblem(value, self.expected))
        try:
            parts = urlsplit(value)
            is_good = parts.scheme == "https" and parts.hostname and parts.port != 0
        except ValueError:
            is_good = False
        if not is_good or " " in value or any(mark in value for mark in "@#*"):
            raise RefusedValueError(ValueProblem(value, self.expected))
        return value


@dataclass(frozen=True, slots=True)
class HostAndPort:
    """The kind of a place to connect to: a name or an IPv4 address, and a port where it has one."""

    name: str = "host[:port]"
    expected: str = "a host name or an IPv4 address, with :port where it is not the URL's"

    @property
    def json_schema(self) -> JsonSchema:
        """The characters of both."""
        return matching(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?", self.expected)

    def read(self, value: Json) -> str:
        """The place unchanged."""
        text = value if isinstance(value, str) else ""
        host, _, port = text.partition(":")
        is_host = bool(host) and all(c.isascii() and (c.isalnum() or c in ".-") for c in host)
        is_port = ":" not in text or (port.isdecimal() and port.isascii() and 0 < int(port) < 65536)
        if not is_host or not is_port:
            raise RefusedValueError(ValueProblem(value, self.expected))
        return text


@dataclass(frozen=True, kw_only=True)
class ProbeSettings(ConfigMap):
    """The config of our own requests to one service."""

    url: Key[str | None] = optional(
        "https://www.hankooktire.example/shop",
        HttpsUrl(),
        "A URL that its rule matches. Default: `paths`, the first of `hosts` without a wildcard, "
        "and the first of `conditions.queryStrings`. A rule with `conditions.sourceIps` needs one: "
        "it states that requests from the machine of the ramp are among them.",
        offer="https://HOST/",
    )
    address: Key[str | None] = optional(
        "internal-shop-123.us-east-1.elb.amazonaws.com",
        HostAndPort(),
        "Connect to this address instead of the one that DNS returns. TLS and the "
        "request still use the URL's host.",
        offer="LOAD_BALANCER_DNS_NAME",
    )
    cookie: Key[str | None] = field(
        default=optional(
            "AWSELBAuthSessionCookie-0=...",
            HiddenSecretText(
                r"[!-:<->@-~]{1,200}=[ -~]{1,8000}",
                "cookies as a browser sends them, NAME=VALUE; NAME=VALUE, as a secret of the stack",
            ),
            "Cookies that the requests carry, such as those of a session where the service has a "
            "login. Always a secret of the stack.",
        ),
        repr=False,
    )

    def reject_inconsistent(self, section: Section) -> None:
        """Record cookies that stand in the stack file for all to read."""
        section.reject_plain(ProbeSettings.cookie)


def probed_url(
    hosts: Sequence[str],
    paths: Sequence[str],
    probe: ProbeSettings,
    conditions: RuleConditions | None = None,
) -> str | None:
    """An address of a service; None if the config has none, so that no request can be made."""
    if probe.url is not None:
        return probe.url
    host = plain_host(hosts)
    return None if host is None else f"https://{host}{plain_path(paths)}{plain_query(conditions)}"


def reject_two_addresses(probed: Iterable[tuple[Section, str | None, ProbeSettings]]) -> None:
    """Record services whose URLs have one host and whose connections would go to two places."""
    first: dict[str, str | None] = {}
    for section, url, probe in probed:
        if url is None or not section.is_sound(*ProbeSettings.members()):
            continue
        place = urlsplit(url).netloc.lower()
        known = first.setdefault(place, probe.address)
        if known != probe.address:
            section.reject(
                ProbeSettings.address,
                f"one address for all services with the host {place}; another one has "
                f"{known or 'the address from DNS'}",
            )


def plain_host(hosts: Sequence[str]) -> str | None:
    """The first host without a wildcard; what another stands for, only its owner knows."""
    return next((host for host in hosts if not _WILDCARDS & set(host)), None)


def plain_path(paths: Sequence[str]) -> str:
    """A path that the first pattern takes; `/` where a rule takes any.

    Source: ELB user guide, "Path conditions": `*` is 0 or more characters, `?` exactly 1.
    """
    pattern = paths[0] if paths else "/"
    path = pattern.replace("*", "").replace("?", "x")
    if pattern.startswith("?"):
        return f"/{path[1:]}"
    return path if path.startswith("/") else f"/{path}"


def plain_query(conditions: RuleConditions | None) -> str:
    """The query string that meets the first of the rule's, with its `?`; empty where it has none.

    A key that may be any is `q`.
    """
    if conditions is None or not conditions.query_strings:
        return ""
    pair = conditions.query_strings[0]
    key, value = (plain_text(pair.get("key", "q")), plain_text(pair["value"]))
    return f"?{quote(key or 'q', safe=_AS_WRITTEN)}={quote(value, safe=_AS_WRITTEN)}"


def plain_headers(conditions: RuleConditions) -> dict[str, str]:
    """A header for each that the rule looks at, with a value that the first pattern takes."""
    return {name: plain_text(values[0]) or "x" for name, values in conditions.headers.items()}


def unmet_condition(conditions: RuleConditions) -> str | None:
    """Why no request of ours can meet the conditions, whatever its URL; None where one can."""
    if conditions.methods and METHOD not in conditions.methods:
        return f"its rule takes only {' and '.join(conditions.methods)}, and they are {METHOD}"
    own = [name for name in conditions.headers if name.lower() in _OF_THE_CONNECTION]
    return f"its rule looks at the header {own[0]}, which is the connection's" if own else None


def has_own_sources(conditions: RuleConditions) -> bool:
    """Whether the rule takes requests from some client addresses only."""
    return bool(conditions.source_ips) and "0.0.0.0/0" not in conditions.source_ips
