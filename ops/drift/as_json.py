"""A drift as one JSON document, and the shape of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ops.drift.drift import Drift
from ops.status.as_json import VERSION, fix_documents


def drift_schema() -> dict[str, Any]:
    """The JSON Schema of `failover status --drift --json` and `failover drift --json`."""
    schema: dict[str, Any] = json.loads(Path(__file__).with_name("drift.schema.json").read_text())
    return schema


def as_document(drift: Drift) -> dict[str, Any]:
    """The drift as one JSON document; `drift.schema.json` is its shape."""
    return {
        "version": VERSION,
        "stack": drift.stack,
        "drifted": [
            {
                "resource": each.resource,
                "property": each.path or None,
                "live": each.live,
                "program": each.program,
                "key": each.key,
                "note": each.note,
                "ways": fix_documents(each.fixes),
            }
            for each in drift.drifted
        ],
        "together": fix_documents(drift.together),
        "notDeployed": list(drift.pending),
        "refusals": list(drift.refusals),
        "surprises": list(drift.out_of_band_changes),
    }
