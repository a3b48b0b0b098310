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
        "CloudWatch metrics of the load balancer and its target groups. Reading them costs."
    )
    # The first partial minute is dropped, and what remains must hold at least two whole ones.
    # Source: CloudWatch metrics for your Application Load Balancer (periods of 60 s).
    least_bake_seconds: ClassVar[int] = 180
    least_bake_reason: ClassVar[str] = (
        "CloudWatch has one point a minute, and the first, partial one does not count"
    )

    max_5xx_percent: Key[float] = key(
        1.0, Decimal(0, 100), "Limit of responses with 500 to 599, in percent."
    )
    max_4xx_percent: Key[float | None] = optional(
        10.0, Decimal(0, 100), "Limit of responses with 400 to 499, in percent. Default: no limit."
    )
    max_latency_ms: Key[int | None] = optional(
        500,
        WholeNumber(1, 3_600_000),
        "Limit of the latency percentile. Default: no limit.",
    )
    latency_percentile: Key[int] = key(
        95, WholeNumber(1, 99), "The percentile of latency to judge."
    )
    max_ratio_to_stable: Key[float] = key(
        2.0,
        Decimal(1, 1000),
        "Limit of the candidate's value, as a multiple of the stable slot's over the same minutes.",
    )
    max_connection_errors: Key[int] = key(
        0, WholeNumber(0, 1_000_000), "Limit of failed connections to targets."
    )
