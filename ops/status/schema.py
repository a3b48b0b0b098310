"""The shape of the JSON document, for the programs that read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def status_schema() -> dict[str, Any]:
    """The JSON Schema of `failover status --json`."""
    schema: dict[str, Any] = json.loads(Path(__file__).with_name("status.schema.json").read_text())
    return schema
