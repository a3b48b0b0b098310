"""A redirect of a listener rule, as Envoy's redirect action."""

from __future__ import annotations

from typing import Any

from rehearsal.control_plane.topology import Redirect, TopologyListener
from rehearsal.data_plane.unsupported import UnsupportedError

_CODES = {301: "MOVED_PERMANENTLY", 302: "FOUND"}


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
