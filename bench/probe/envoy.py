"""Envoy from the wheel as a TLS proxy in front of a plain server."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from pathlib import Path
from typing import Any

from tests.probe.certificates import Certificates

_TYPES = "type.googleapis.com/envoy.extensions"


@contextlib.contextmanager
def envoy(folder: Path, certificates: Certificates, upstream: int) -> Generator[int, None, None]:
    """Run Envoy with one worker; yields its TLS port."""
    config, admin = folder / "envoy.json", folder / "admin"
    config.write_text(json.dumps(_config(certificates, upstream)))
    admin.unlink(missing_ok=True)
    binary = Path(sys.executable).with_name("envoy")
    process = subprocess.Popen(
        [
            binary,
            "-c",
            config,
            "--concurrency",
            "1",
            "-l",
            "off",
            "--disable-hot-restart",
            "--admin-address-path",
            admin,
        ]
    )
    try:
        yield _tls_port(admin, process)
    finally:
        process.terminate()
        process.wait()


def _tls_port(admin: Path, process: subprocess.Popen[bytes]) -> int:
    """Ask the admin port, once Envoy has written where it is, for the listener's."""
    while process.poll() is None:
        if admin.exists() and (address := admin.read_text().strip()):
            with urllib.request.urlopen(f"http://{address}/listeners?format=json") as answer:
                statuses = json.load(answer).get("listener_statuses", [])
            if statuses:
                port: int = statuses[0]["local_address"]["socket_address"]["port_value"]
                return port
        time.sleep(0.05)
    raise RuntimeError(f"envoy ended with {process.returncode}")


def _config(certificates: Certificates, upstream: int) -> dict[str, Any]:
    def loopback(port: int) -> dict[str, Any]:
        return {"socket_address": {"address": "127.0.0.1", "port_value": port}}

    tls = {
        "name": "tls",
        "typed_config": {
            "@type": f"{_TYPES}.transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {
                "alpn_protocols": ["h2", "http/1.1"],
                "tls_certificates": [
                    {
                        "certificate_chain": {"filename": str(certificates.chain)},
                        "private_key": {"filename": str(certificates.key)},
                    }
                ],
            },
        },
    }
    http = {
        "name": "http",
        "typed_config": {
            "@type": f"{_TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "bench",
            "route_config": {
                "virtual_hosts": [
                    {
                        "name": "all",
                        "domains": ["*"],
                        "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "bare"}}],
                    }
                ]
            },
            "http_filters": [
                {
                    "name": "router",
                    "typed_config": {"@type": f"{_TYPES}.filters.http.router.v3.Router"},
                }
            ],
        },
    }
    cluster = {
        "name": "bare",
        "load_assignment": {
            "cluster_name": "bare",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": loopback(upstream)}}]}],
        },
    }
    listener = {
        "address": loopback(0),
        "filter_chains": [{"transport_socket": tls, "filters": [http]}],
    }
    return {
        "admin": {"address": loopback(0)},
        "static_resources": {"listeners": [listener], "clusters": [cluster]},
    }
