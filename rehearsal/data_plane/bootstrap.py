"""What Envoy is started with; everything else it reads from the files beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rehearsal.data_plane.resource_files import CLUSTERS, LISTENERS

ADMIN_SOCKET = "admin.sock"
"""Relative to Envoy's working folder."""


def bootstrap(folder: Path) -> dict[str, Any]:
    """Envoy's bootstrap configuration, for resource files in `folder`."""
    return {
        "node": {"id": "rehearsal", "cluster": "rehearsal"},
        "admin": {"address": {"pipe": {"path": ADMIN_SOCKET, "mode": 0o600}}},
        "dynamic_resources": {
            "lds_config": {"path_config_source": {"path": str(folder / LISTENERS)}},
            "cds_config": {"path_config_source": {"path": str(folder / CLUSTERS)}},
        },
        "stats_config": {"use_all_default_tags": False},
    }
