"""How much each target group carries now, by the proxy's own counters."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.errors import RehearsalError

ADMIN_SOCKET = "admin.sock"
_COUNTERS = r"^cluster\.target_group\..*\.upstream_rq_(completed|5xx)$"
_NAME = re.compile(r"cluster\.target_group\.(.+)\.upstream_rq_(completed|5xx)")
_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Load:
    """What one target group carries."""

    requests_per_s: float
    errors_per_s: float
    """Of those, answered with 5xx, by a target or by the load balancer for want of one."""


IDLE = Load(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class ProxyCounters:
    """The proxy's counters at one moment."""

    at_s: float
    """Monotonic seconds."""
    answered: Mapping[str, int]
    """Target group's name to requests since the proxy began."""
    errors: Mapping[str, int]

    def load_since(self, before: ProxyCounters) -> dict[str, Load]:
        """Target group's name to its load between two moments."""
        seconds = max(self.at_s - before.at_s, 1e-9)

        def rate(now: Mapping[str, int], then: Mapping[str, int], name: str) -> float:
            return max(now.get(name, 0) - then.get(name, 0), 0) / seconds

        return {
            name: Load(
                rate(self.answered, before.answered, name), rate(self.errors, before.errors, name)
            )
            for name in self.answered
        }


def counted(folder: Path) -> ProxyCounters:
    """Ask the proxy whose working folder is `folder`.

    Raises:
        RehearsalError: it does not answer.
    """
    connection = _AdminConnection(folder)
    try:
        connection.request("GET", f"/stats?format=json&filter={_COUNTERS}")
        answer = json.load(connection.getresponse())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise RehearsalError(f"the proxy does not tell its counters: {error}") from error
    finally:
        connection.close()
    found: dict[str, dict[str, int]] = {"completed": {}, "5xx": {}}
    for stat in answer["stats"]:
        if (match := _NAME.fullmatch(stat.get("name", ""))) is not None:
            found[match[2]][match[1]] = int(stat["value"])
    return ProxyCounters(time.monotonic(), found["completed"], found["5xx"])


def target_group_name(arn: str) -> str:
    """`hankooktire-us-prd-web-01-tg` of `arn:…:targetgroup/hankooktire-us-prd-web-01-tg/…`."""
    return arn.split("/")[1]


class _AdminConnection(http.client.HTTPConnection):
    """By the Unix socket in a folder, whose path may be longer than such a socket's may be."""

    def __init__(self, folder: Path) -> None:
        super().__init__("admin", timeout=_TIMEOUT_SECONDS)
        self._folder = folder

    def connect(self) -> None:
        """Connect by a path that is relative to the folder."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_TIMEOUT_SECONDS)
        with contextlib.chdir(self._folder):
            self.sock.connect(ADMIN_SOCKET)
