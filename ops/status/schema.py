"""The shapes of the JSON documents, for the programs that read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def status_schema() -> dict[str, Any]:
    """The JSON Schema of `failover status --json`."""
    return _schema("status.schema.json")


def drift_schema() -> dict[str, Any]:
    """The JSON Schema of `failover status --drift --json`."""
    return _schema("drift.schema.json")


def _schema(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(Path(__file__).with_name(name).read_text())
    return schema
