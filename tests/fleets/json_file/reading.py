"""Reads fleets from a JSON file: `{"web-02-tg": {"desired": 3}}`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from rollout.fleet import Fleet, FleetKind
from rollout.observation import Target


class JsonFileReader:
    """Finds a target group's entry by the name in its ARN."""

    def __init__(self, kind: FleetKind, path: str) -> None:
        self.kind = kind
        self._path = path

    def read(self, targets: Mapping[str, Sequence[Target]]) -> Mapping[str, Fleet | None]:
        """A fleet for each target group that the file has."""
        known = json.loads(Path(self._path).read_text())
        return {arn: self._fleet(known.get(arn.split("/")[1])) for arn in targets}

    def _fleet(self, entry: dict[str, int] | None) -> Fleet | None:
        if entry is None:
            return None
        desired = entry["desired"]
        return Fleet(self.kind, self._path, "us-east-1", desired, 0, None, 0, None, None, ())
