"""What a run is to do, as checked values; `probe.option_check` makes it from what was typed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from probe.expectation import Expectation
from probe.header import SECRET_NAMES, Header
from probe.record import Mode
from probe.resolve import Overrides
from probe.target import ProbeTarget


def default_max_in_flight(rate_per_s: float, timeout_s: float) -> int:
    """Room for all requests that a silent target keeps waiting, within what memory allows."""
    return min(max(1000, math.ceil(rate_per_s * timeout_s * 1.25)), 6000)


DEFAULT_MAX_RATE_PER_S = 1000.0
"""A rate above this needs `--max-rate`, so that a typo is no attack."""


@dataclass(frozen=True, slots=True)
class Options:
    """One run of the prober."""

    targets: tuple[ProbeTarget, ...]
    rate_per_s: float = 50.0
    """Of all URLs together."""
    duration_s: float | None = None
    """None: until stopped."""
    interval_s: float = 5.0
    """Between two lines of progress, or two `interval` events."""
    timeout_s: float = 5.0
    """For one request from leaving to its last byte; put off by stalls of the prober."""
    method: str = "GET"
    modes: tuple[Mode, ...] = (Mode.FRESH, Mode.KEPT)
    headers: tuple[Header, ...] = ()
    secret_names: frozenset[str] = SECRET_NAMES
    expectation: Expectation = field(default_factory=lambda: Expectation.parse("200"))
    slot_header: str = "x-slot"
    build_header: str = "x-build"
    overrides: Overrides = field(default_factory=dict[tuple[str, int], tuple[str, ...]])
    ca_file: Path | None = None
    follows_redirects: bool = False
    max_body_bytes: int = 1 << 20
    max_in_flight: int = 1000
    kept_connections: int = 4
    """Per origin."""
    long_s: float | None = None
    long_targets: tuple[ProbeTarget, ...] = ()
    websocket_targets: tuple[ProbeTarget, ...] = ()
    log_dir: Path | None = None
    log_format: str = "jsonl"
    allow_failures: int = 0
    user_agent: str = "failover-probe"

    @property
    def needs_tls(self) -> bool:
        """True if any URL speaks TLS, or may be redirected to one that does."""
        targets = (*self.targets, *self.long_targets, *self.websocket_targets)
        return self.follows_redirects or any(target.origin.is_tls for target in targets)
