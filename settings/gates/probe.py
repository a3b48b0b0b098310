"""The gate `probe` in the config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from settings.declaration.key import Key, key
from settings.declaration.kind import Decimal, WholeNumber
from settings.gates.limits import GateLimits, slot_header


@dataclass(frozen=True, kw_only=True)
class ProbeLimits(GateLimits):
    """Constant requests through the load balancer."""

    name: ClassVar[str] = "probe"
    what: ClassVar[str] = "Constant requests through the load balancer."
    is_default: ClassVar[bool] = True

    rate_per_second: Key[int] = key(
        20,
        WholeNumber(1, 10_000),
        "Requests per second to each service, and as many directly to each of its slots.",
    )
    max_failed_percent: Key[float] = key(
        0.1,
        Decimal(0, 100),
        "Share of failed requests that is tolerated. A larger share, and larger than "
        "the stable slot's, fails the stage.",
    )
    max_latency_ratio: Key[float] = key(
        3.0,
        Decimal(1, 1000),
        "Limit of the candidate's 95th percentile of latency, as a multiple of the stable slot's.",
    )
    latency_floor_ms: Key[int] = key(
        20, WholeNumber(0, 60_000), "Milliseconds by which the candidate may always be slower."
    )
    timeout_seconds: Key[int] = key(
        5, WholeNumber(1, 60), "How long one request may take before it counts as failed."
    )
    slot_header: Key[str] = slot_header()
