"""The conditions of a listener rule, as the match of an Envoy route."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from rehearsal.control_plane.topology import TopologyCondition
from rehearsal.data_plane.patterns import any_of, expression_of
from rehearsal.data_plane.unsupported import UnsupportedError

CLIENT = ipaddress.ip_address("127.0.0.1")
"""Where every request of a rehearsal comes from."""

_IN_QUERY = "[^&]"


def route_match(conditions: Sequence[TopologyCondition]) -> dict[str, Any] | None:
    """The match that holds exactly when all `conditions` do; None when they never do.

    Raises:
        UnsupportedError: a kind of condition that is not known here.
    """
    match: dict[str, Any] = {"prefix": "/"}
    headers: list[dict[str, Any]] = []
    for condition in conditions:
        if condition.field == "path-pattern":
            # Case-sensitive, and without the query string, as Envoy's path regex is.
            match = {"safe_regex": {"regex": any_of(condition.values)}}
        elif condition.field == "source-ip":
            if not _holds_client(condition.values):
                return None
        else:
            headers.append(_header(condition))
    return {**match, "headers": headers} if headers else match


def _header(condition: TopologyCondition) -> dict[str, Any]:
    values = condition.values
    if condition.field == "host-header":
        return _matching(":authority", f"(?i){any_of(values)}(?::[0-9]+)?")
    if condition.field == "http-header":
        assert condition.header_name is not None
        return _matching(condition.header_name.lower(), f"(?is){any_of(values)}")
    if condition.field == "http-request-method":
        return _matching(":method", any_of(values))
    if condition.field == "query-string":
        pairs = "|".join(_pair(value) for value in values)
        return _matching(":path", f"(?i)[^?]*\\?(?:.*&)?(?:{pairs})(?:&.*)?")
    raise UnsupportedError(f"a condition on {condition.field}")


def _pair(text: str) -> str:
    key, _, value = text.partition("=")
    name = expression_of(key, _IN_QUERY) if key else "[^&=]*"
    return f"{name}={expression_of(value, _IN_QUERY)}"


def _matching(name: str, regex: str) -> dict[str, Any]:
    return {"name": name, "string_match": {"safe_regex": {"regex": regex}}}


def _holds_client(blocks: Sequence[str]) -> bool:
    return any(CLIENT in ipaddress.ip_network(block, strict=False) for block in blocks)
