"""The rules of a listener as Envoy routes: conditions, redirects, forwards, fixed responses."""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from rehearsal.control_plane.topology import (
    FixedResponse,
    Forward,
    Login,
    Redirect,
    TopologyCondition,
    TopologyListener,
    TopologyRule,
    TopologyTargetGroup,
)

ANY = "."
CLIENT = ipaddress.ip_address("127.0.0.1")
"""Where every request of a rehearsal comes from."""

_IN_QUERY = "[^&]"
_CODES = {301: "MOVED_PERMANENTLY", 302: "FOUND"}
log = logging.getLogger(__name__)
_TYPE = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
_FOUND, _UNAUTHORIZED, _NOT_IMPLEMENTED = 302, 401, 501
_CALLBACK = "/oauth2/idpresponse"
"""Where a login leads back to, on every load balancer."""
_HOST_HERE = "HOST-OF-THE-REQUEST"
"""Stands for the host of a request until Envoy knows it."""
Groups = Mapping[str, TopologyTargetGroup]


class UnsupportedError(Exception):
    """A part of the configuration that cannot be served truthfully; the text names it."""

    def __str__(self) -> str:
        """The text with the words that everything unsupported carries."""
        return f"{super().__str__()}: not supported by the rehearsal"


def expression_of(pattern: str, one: str = ANY) -> str:
    r"""The expression for one value of a condition.

    `*` is any number of characters, `?` exactly one, and a backslash takes either literally.
    Source: ELB user guide, "Condition types for listener rules".

    Args:
        pattern: The value as the rule has it.
        one: The expression of the characters that a wildcard may stand for.
    """
    parts: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character == "*":
            parts.append(f"{one}*")
        elif character == "?":
            parts.append(one)
        elif character == "\\":
            parts.append(re.escape(next(characters, "\\")))
        else:
            parts.append(re.escape(character))
    return "".join(parts)


def any_of(patterns: Iterable[str], one: str = ANY) -> str:
    """One expression that matches what any of `patterns` does."""
    return "(?:" + "|".join(expression_of(pattern, one) for pattern in patterns) + ")"


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


def redirect_action(redirect: Redirect, listener: TopologyListener) -> dict[str, Any]:
    """The action, with AWS's `#{…}` parts resolved.

    `#{port}` and `#{protocol}` are those of the listener as AWS knows it, not the loopback port.

    Raises:
        UnsupportedError: a combination of parts that Envoy's redirect cannot express.
    """
    action: dict[str, Any] = {
        "scheme_redirect": _protocol(redirect, listener).lower(),
        "port_redirect": int(redirect.port.replace("#{port}", str(listener.port))),
        "response_code": _CODES[redirect.status_code],
    }
    if redirect.host != "#{host}":
        action["host_redirect"] = _without_variables(redirect.host, "host")
    if redirect.query not in ("", "#{query}"):
        if "#{" in redirect.path + redirect.query:
            raise UnsupportedError(f"a redirect to the query {redirect.query!r} on a variable path")
        return {**action, "path_redirect": f"{redirect.path}?{redirect.query}"}
    if not redirect.query:
        action["strip_query"] = True
    if redirect.path == "/#{path}":
        return action
    if "#{" not in redirect.path:
        return {**action, "path_redirect": redirect.path}
    before, _, after = redirect.path.partition("#{path}")
    literal = [_without_variables(part, "path").replace("\\", "\\\\") for part in (before, after)]
    rewrite = {"pattern": {"regex": "^/(.*)$"}, "substitution": "\\1".join(literal)}
    return {**action, "regex_rewrite": rewrite}


def _protocol(redirect: Redirect, listener: TopologyListener) -> str:
    return redirect.protocol.replace("#{protocol}", listener.protocol)


def _without_variables(text: str, part: str) -> str:
    if "#{" in text:
        raise UnsupportedError(f"a redirect with {text!r} in its {part}")
    return text


def route_configuration(
    listener: TopologyListener, idle_timeout_seconds: int, groups: Groups
) -> dict[str, Any]:
    """Every rule in its order; the first whose conditions hold takes the request.

    The idle timeout is in the routes and not in the listener, because a listener that changes
    drains its connections.

    Args:
        listener: With its rules in the order in which they are tried.
        idle_timeout_seconds: Of the load balancer.
        groups: Every target group, by ARN.
    """
    routes = [r for rule in listener.rules for r in _routes(rule, listener, groups)]
    for route in routes:
        if "route" in route:
            route["route"].update(timeout="0s", idle_timeout=f"{idle_timeout_seconds}s")
    return {
        "@type": _TYPE,
        "name": listener.arn,
        "validate_clusters": False,
        "request_headers_to_remove": ["x-envoy-external-address", "x-envoy-internal"],
        "request_headers_to_add": [
            {
                "header": {"key": "x-forwarded-port", "value": str(listener.port)},
                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            }
        ],
        "virtual_hosts": [{"name": "rules", "domains": ["*"], "routes": routes}],
    }


def _routes(
    rule: TopologyRule, listener: TopologyListener, groups: Groups
) -> Iterable[dict[str, Any]]:
    """One route, or none for a rule that no request of a rehearsal can meet.

    What is not supported answers 501 and names it, rather than something untrue.
    """
    try:
        match = route_match(rule.conditions)
    except UnsupportedError as error:
        log.warning("rule %s: %s; it takes no request", rule.arn, error)
        return
    if match is None:
        return
    try:
        action = _action(rule, listener, groups)
        if rule.login is not None:
            yield from _logins(match, rule.login)
        yield {"match": match, **action}
    except UnsupportedError as error:
        log.warning("rule %s: %s", rule.arn, error)
        yield {"match": match, **_answer(_NOT_IMPLEMENTED, "text/plain", str(error))}


def _logins(match: dict[str, Any], login: Login) -> Iterable[dict[str, Any]]:
    """The routes before the action of a rule: what a user without a session is answered.

    A session cookie is taken whatever its value is, since no login is carried out here: the place
    where the login leads back to answers that it is not supported. AWS splits a session over
    several cookies, `NAME-0` and so on. Source: ELB user guide, "Authenticate users using an
    Application Load Balancer", "Authentication flow" and "Cookies".
    """
    cookie = f"(?:.*; ?)?{re.escape(login.session_cookie_name)}(?:-[0-9]+)?=.*"
    has_session = _matching("cookie", cookie)
    is_stranger = {**has_session, "invert_match": True, "treat_missing_header_as_empty": True}
    callback = {"path": _CALLBACK, "headers": match.get("headers", [])}
    back = f"the end of a login at {_CALLBACK}: not supported by the rehearsal"
    yield {"match": callback, **_answer(_NOT_IMPLEMENTED, "text/plain", back)}
    without = {**match, "headers": [*match.get("headers", []), is_stranger]}
    if login.on_unauthenticated == "deny":
        yield {"match": without, **_answer(_UNAUTHORIZED, "text/plain", "")}
    elif login.on_unauthenticated == "authenticate":
        answer = _answer(_FOUND, "text/plain", "")
        answer["response_headers_to_add"].append(
            {
                "header": {"key": "location", "value": _authorization(login)},
                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            }
        )
        yield {"match": without, **answer}


def _authorization(login: Login) -> str:
    """The address of the login as Envoy writes a header: `%` twice, the request's host by name."""
    asked = {
        "client_id": login.client_id,
        "redirect_uri": f"https://{_HOST_HERE}{_CALLBACK}",
        "response_type": "code",
        "scope": login.scope,
        "state": "rehearsal",
    }
    join = "&" if "?" in login.authorization_endpoint else "?"
    text = f"{login.authorization_endpoint}{join}{urlencode(asked)}"
    return text.replace("%", "%%").replace(_HOST_HERE, "%REQ(:AUTHORITY)%")


def _action(rule: TopologyRule, listener: TopologyListener, groups: Groups) -> dict[str, Any]:
    action = rule.action
    if isinstance(action, FixedResponse):
        return _answer(action.status_code, action.content_type or "text/plain", action.body)
    if isinstance(action, Redirect):
        return {"redirect": redirect_action(action, listener)}
    return _forward(action, groups)


def _forward(forward: Forward, groups: Groups) -> dict[str, Any]:
    if forward.stickiness_enabled:
        raise UnsupportedError("stickiness of target groups")
    for weighted in forward.target_groups:
        _require_supported(groups[weighted.arn])
    if len(forward.target_groups) == 1:
        return {"route": {"cluster": forward.target_groups[0].arn}}
    if not any(weighted.weight for weighted in forward.target_groups):
        raise UnsupportedError("a forward action whose weights are all 0")
    clusters = [{"name": g.arn, "weight": g.weight} for g in forward.target_groups]
    return {"route": {"weighted_clusters": {"clusters": clusters}}}


def _require_supported(group: TopologyTargetGroup) -> None:
    if group.attributes.get("stickiness.enabled") == "true":
        raise UnsupportedError(f"stickiness of {group.name}")
    if group.attributes.get("load_balancing.cross_zone.enabled") == "false":
        raise UnsupportedError(f"zones kept apart in {group.name}")
    if group.protocol_version != "HTTP1":
        raise UnsupportedError(f"{group.protocol_version} of {group.name}")


def _answer(status: int, content_type: str, body: str | None) -> dict[str, Any]:
    return {
        "direct_response": {"status": status, "body": {"inline_string": body or ""}},
        "response_headers_to_add": [
            {
                "header": {"key": "content-type", "value": content_type},
                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            }
        ],
    }
