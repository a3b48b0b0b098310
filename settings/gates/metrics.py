"""The gate `metrics` in the config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from settings.declaration.key import Key, key, optional
from settings.declaration.kind import Decimal, WholeNumber
from settings.gates.limits import GateLimits


@dataclass(frozen=True, kw_only=True)
class MetricsLimits(GateLimits):
    """CloudWatch's numbers; `None` is not judged."""

    name: ClassVar[str] = "metrics"
    what: ClassVar[str] = (
        "CloudWatch's numbers of the load balancer and its target groups. Reading them costs."
    )
    # The first partial minute is dropped, and what remains must hold at least two whole ones.
    # Source: CloudWatch metrics for your Application Load Balancer (periods of 60 s).
    least_bake_seconds: ClassVar[int] = 180
    least_bake_reason: ClassVar[str] = (
        "CloudWatch has one point a minute, and the first, partial one does not count"
    )

    max_5xx_percent: Key[float] = key(1.0, Decimal(0, 100), "The most responses of 500 to 599.")
    max_4xx_percent: Key[float | None] = optional(
        10.0, Decimal(0, 100), "The most responses of 400 to 499; not judged if absent."
    )
    max_latency_ms: Key[int | None] = optional(
        500,
        WholeNumber(1, 3_600_000),
        "The most that the latency percentile may be; not judged if absent.",
    )
    latency_percentile: Key[int] = key(95, WholeNumber(1, 99), "Which percentile of latency.")
    max_ratio_to_stable: Key[float] = key(
        2.0,
        Decimal(1, 1000),
        "How many times the stable slot's value the candidate's may be, over the same minutes.",
    )
    max_connection_errors: Key[int] = key(
        0, WholeNumber(0, 1_000_000), "The most connections to targets that failed."
    )
