"""A request of the prober's record, and the record's file, read while it grows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEDULED = frozenset({"fresh", "kept"})
"""The modes of requests that leave one by one, each by a draw of its own."""


@dataclass(frozen=True, slots=True)
class ObservedAnswer:
    """One request, answered or not. Times are Unix seconds."""

    service: str
    mode: str
    """`fresh`, `kept`, `long` or `websocket`."""
    verdict: str
    """`ok`, `failed`, or `excluded`, which proves nothing about the load balancer."""
    slot: str | None
    build: str | None
    status: int | None
    asked_s: float
    """When its bytes had left: the moment at which a load balancer chooses a slot for it."""
    error: str | None
    """The prober's class of what went wrong."""

    @property
    def is_drawn(self) -> bool:
        """Whether it was answered by a slot that was drawn for it alone."""
        return self.mode in SCHEDULED and self.slot is not None


def answer_from(line: Mapping[str, Any], services: Mapping[str, str]) -> ObservedAnswer | None:
    """The request of a line of the record; None for a line of another kind.

    Args:
        line: as docs/probe.md describes it.
        services: URL to the service that answers there.
    """
    if line["kind"] != "request":
        return None
    before_ms = line["late_ms"] + line.get("connect_ms", 0.0) + line.get("tls_ms", 0.0)
    return ObservedAnswer(
        service=services[line["url"]],
        mode=line["mode"],
        verdict=line["verdict"],
        slot=line.get("slot"),
        build=line.get("build"),
        status=line.get("status"),
        asked_s=line["planned_s"] + before_ms / 1000,
        error=line.get("error"),
    )


class GrowingRecord:
    """Reads what was added to a record since the last look, whole lines only."""

    def __init__(self, folder: Path) -> None:
        """Look in `folder`, where the prober makes one file."""
        self._folder = folder
        self._offset = 0

    @property
    def file(self) -> Path | None:
        """The record; None before the prober has made it."""
        return next(iter(sorted(self._folder.glob("probe-*.jsonl"))), None)

    def new_lines(self) -> Iterator[dict[str, Any]]:
        """The lines that came since."""
        if (file := self.file) is None:
            return
        with file.open("rb") as record:
            record.seek(self._offset)
            added = record.read()
        whole = added[: added.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            yield json.loads(line)
