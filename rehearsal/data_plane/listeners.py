"""Listeners as Envoy listeners, with the trace header that an ALB adds to each request."""

from __future__ import annotations

from typing import Any

from rehearsal.control_plane.topology import Certificate, TopologyListener, TopologyLoadBalancer
from rehearsal.data_plane.traffic_tally import access_log

_LUA = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua"

# Each worker of Envoy runs this by itself, so each needs numbers of its own.
_CODE = """
local place = tonumber(string.match(tostring({}), "0x(%x+)"), 16)
math.randomseed(os.time() + place % 2147483647)

local function new_id()
  local parts = {}
  for i = 1, 6 do parts[i] = string.format("%04x", math.random(0, 65535)) end
  return string.format("1-%08x-%s", os.time(), table.concat(parts))
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local given = headers:get("x-amzn-trace-id")
  if given == nil then
    headers:replace("x-amzn-trace-id", "Root=" .. new_id())
  else
    local others = string.gsub(given, "Self=[^;]*;?", "")
    headers:replace("x-amzn-trace-id", "Self=" .. new_id() .. ";" .. others)
  end
end
"""

HOST = "127.0.0.1"
_LISTENER = "type.googleapis.com/envoy.config.listener.v3.Listener"
_HCM = (
    "type.googleapis.com/envoy.extensions.filters.network."
    "http_connection_manager.v3.HttpConnectionManager"
)

_ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
_TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
_SECRET = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"
_CEL = "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"
_BAD_GATEWAY = 502
_GATEWAY_TIMEOUT = 504
_NO_CONNECTION_IN_TIME = "response.code_details.contains('connection_timeout')"
"""Envoy has the same flag for this as for a target that refused."""

_FROM_TARGET_FAILURES = ["UF", "UC", "LR", "UR", "UPE"]
"""Envoy's flags for a target that refused, reset or closed the connection, or spoke no HTTP. Envoy
answers 503 to most; an ALB 502. Source: ELB user guide, "Troubleshoot your load balancers"."""


def trace_header_filter() -> dict[str, Any]:
    """The HTTP filter that adds `X-Amzn-Trace-Id`: a new `Root`, or a `Self` before what was given.

    Source: ELB user guide, "Request tracing for your Application Load Balancer".
    """
    return {
        "name": "trace header",
        "typed_config": {"@type": _LUA, "default_source_code": {"inline_string": _CODE}},
    }


def idle_timeout_seconds(balancer: TopologyLoadBalancer) -> int:
    """The load balancer's idle timeout."""
    return int(balancer.attributes.get("idle_timeout.timeout_seconds", "60"))


def envoy_listener(
    balancer: TopologyLoadBalancer,
    listener: TopologyListener,
    port: int,
    routes_path: str,
    secret_path: str,
) -> dict[str, Any]:
    """A listener on the loopback port `port` that stays as it is whatever its rules become."""
    chain: dict[str, Any] = {"filters": [_connection_manager(balancer, listener, routes_path)]}
    if listener.protocol == "HTTPS":
        chain["transport_socket"] = _tls(balancer, listener, secret_path)
    return {
        "@type": _LISTENER,
        "name": listener.arn,
        "address": {"socket_address": {"address": HOST, "port_value": port}},
        "filter_chains": [chain],
    }


def secret(name: str, certificate: Certificate) -> dict[str, Any]:
    """The certificate in the form in which Envoy reads it from a file that may change."""
    chain = certificate.certificate.strip() + "\n" + certificate.chain
    return {
        "@type": _SECRET,
        "name": name,
        "tls_certificate": {
            "certificate_chain": {"inline_string": chain},
            "private_key": {"inline_string": certificate.private_key},
        },
    }


def tls_versions(ssl_policy: str | None) -> tuple[str, str]:
    """The lowest and the highest version that a policy's name promises.

    Source: ELB user guide, "Security policies for your Application Load Balancer".
    """
    name = ssl_policy or ""
    highest = "TLSv1_3" if "TLS13" in name else "TLSv1_2"
    for part, lowest in (
        ("TLS13-1-3", "TLSv1_3"),
        ("-1-2-", "TLSv1_2"),
        ("-1-1-", "TLSv1_1"),
    ):
        if part in f"{name}-":
            return lowest, highest
    return "TLSv1_0", highest


def _connection_manager(
    balancer: TopologyLoadBalancer, listener: TopologyListener, routes_path: str
) -> dict[str, Any]:
    idle = idle_timeout_seconds(balancer)
    is_secure = listener.protocol == "HTTPS"
    manager = {
        "@type": _HCM,
        "access_log": access_log(balancer.arn),
        "stat_prefix": f"listener.{listener.port}",
        "codec_type": "AUTO" if is_secure else "HTTP1",
        "rds": {
            "route_config_name": listener.arn,
            "config_source": {"path_config_source": {"path": routes_path}},
        },
        "http_filters": [
            trace_header_filter(),
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": _ROUTER, "suppress_envoy_headers": True},
            },
        ],
        "use_remote_address": True,
        "generate_request_id": False,
        "strip_any_host_port": True,
        "server_name": "awselb/2.0",
        "server_header_transformation": "APPEND_IF_ABSENT",
        "http_protocol_options": {"accept_http_10": True, "default_host_for_http_10": "http10"},
        "common_http_protocol_options": {"idle_timeout": f"{idle}s"},
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "local_reply_config": {"mappers": _mappers()},
    }
    return {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}


def _mappers() -> list[dict[str, Any]]:
    """The status of an answer that Envoy makes by itself; the first that fits."""
    timeout = {
        "name": "envoy.access_loggers.extension_filters.cel",
        "typed_config": {"@type": _CEL, "expression": _NO_CONNECTION_IN_TIME},
    }
    return [
        {"filter": {"extension_filter": timeout}, "status_code": _GATEWAY_TIMEOUT},
        {
            "filter": {"response_flag_filter": {"flags": _FROM_TARGET_FAILURES}},
            "status_code": _BAD_GATEWAY,
        },
    ]


def _tls(
    balancer: TopologyLoadBalancer, listener: TopologyListener, secret_path: str
) -> dict[str, Any]:
    lowest, highest = tls_versions(listener.ssl_policy)
    has_http2 = balancer.attributes.get("routing.http2.enabled", "true") == "true"
    secrets = [
        {"name": arn, "sds_config": {"path_config_source": {"path": f"{secret_path}{number}"}}}
        for number, arn in enumerate(listener.certificate_arns)
    ]
    context = {
        "tls_params": {
            "tls_minimum_protocol_version": lowest,
            "tls_maximum_protocol_version": highest,
        },
        "tls_certificate_sds_secret_configs": secrets,
        "alpn_protocols": ["h2", "http/1.1"] if has_http2 else ["http/1.1"],
    }
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {"@type": _TLS, "common_tls_context": context},
    }
