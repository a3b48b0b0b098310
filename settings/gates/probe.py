"""The gate `probe` in the config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from settings.declaration.key import Key, key
from settings.declaration.kind import Decimal, WholeNumber
from settings.gates.limits import GateLimits, slot_header


@dataclass(frozen=True, kw_only=True)
class ProbeLimits(GateLimits):
    """Requests through the load balancer, the whole time."""

    name: ClassVar[str] = "probe"
    what: ClassVar[str] = "Requests through the load balancer, the whole time."
    is_default: ClassVar[bool] = True

    rate_per_second: Key[int] = key(
        20,
        WholeNumber(1, 10_000),
        "Requests a second to each service, and as many straight to each of its slots.",
    )
    max_failed_percent: Key[float] = key(
        0.1,
        Decimal(0, 100),
        "Share of failed requests that is tolerated; more of them, and more than the stable "
        "slot's, fail the stage.",
    )
    max_latency_ratio: Key[float] = key(
        3.0,
        Decimal(1, 1000),
        "How many times the stable slot's 95th percentile of latency the candidate's may be.",
    )
    latency_floor_ms: Key[int] = key(
        20, WholeNumber(0, 60_000), "Milliseconds by which the candidate may be slower in any case."
    )
    timeout_seconds: Key[int] = key(
        5, WholeNumber(1, 60), "How long one request may take before it counts as failed."
    )
    slot_header: Key[str] = slot_header()
