"""The rules of a listener, as an Envoy route configuration."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.control_plane.topology import (
    FixedResponse,
    Forward,
    Redirect,
    TopologyListener,
    TopologyRule,
    TopologyTargetGroup,
)
from rehearsal.data_plane.conditions import route_match
from rehearsal.data_plane.redirects import redirect_action
from rehearsal.data_plane.unsupported import UnsupportedError

log = logging.getLogger(__name__)

_TYPE = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
_NOT_IMPLEMENTED = 501

Groups = Mapping[str, TopologyTargetGroup]


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

    What is not supported answers 501 and says what it is, rather than something untrue.
    """
    try:
        match = route_match(rule.conditions)
    except UnsupportedError as error:
        log.warning("rule %s: %s; it takes no request", rule.arn, error)
        return
    if match is None:
        return
    try:
        yield {"match": match, **_action(rule, listener, groups)}
    except UnsupportedError as error:
        log.warning("rule %s: %s", rule.arn, error)
        yield {"match": match, **_answer(_NOT_IMPLEMENTED, "text/plain", str(error))}


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
    if (group.protocol, group.protocol_version) != ("HTTP", "HTTP1"):
        raise UnsupportedError(f"{group.protocol} {group.protocol_version} of {group.name}")
    if group.health_check.protocol != "HTTP":
        raise UnsupportedError(f"health checks of {group.name} by {group.health_check.protocol}")


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
