"""What CloudWatch gets of the traffic: a fold over the lines of Envoy's access log, per minute.

The log has one short line a request. Source of every metric's name and of what it counts: ELB user
guide, "CloudWatch metrics for your Application Load Balancer".
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_STDOUT = "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"
_SENT_TO_ANSWERED = "%COMMON_DURATION(US_TX_BEG:US_RX_BEG:us)%"
_FORMAT = (
    "%START_TIME(%s.%6f)%\t%DURATION%\t%RESPONSE_CODE%\t%RESPONSE_FLAGS%\t%UPSTREAM_CLUSTER_RAW%"
    f"\t%UPSTREAM_HOST%\t{_SENT_TO_ANSWERED}\t%METADATA(UPSTREAM_HOST:rehearsal:healthy)%"
    "\t%RESPONSE_CODE_DETAILS%"
)
_NONE = "-"
_CLIENT_LEFT = "DC"
_CONNECTION_FAILED = "UF"
_CLIENT_CLOSED_REQUEST = 460
"""What an ALB writes down for a client that left. Source: ELB user guide, "HTTP 460"."""
MINUTE_SECONDS = 60
_DIGITS = 3
"""Response times have this many digits, so that a minute has few different ones; their sum,
least and greatest are exact."""
_ELB_CODES = (500, 502, 503, 504)
"""Codes with a metric of their own."""
Subject = tuple[str, str | None, int]
"""Load balancer, target group (None: the load balancer as a whole), minute in epoch seconds."""


def access_log(load_balancer_arn: str) -> list[dict[str, Any]]:
    """The access loggers of a listener of that load balancer."""
    line = {"text_format_source": {"inline_string": f"{load_balancer_arn}\t{_FORMAT}\n"}}
    return [
        {
            "name": "envoy.access_loggers.stdout",
            "typed_config": {"@type": _STDOUT, "log_format": line},
        }
    ]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, as the proxy saw them."""

    load_balancer_arn: str
    target_group_arn: str | None
    """The group whose turn it was; None for a redirect or a fixed response."""
    ended_at: float
    """Epoch seconds."""
    status: int
    """460 where the client left before there was one."""
    has_target: bool
    """Whether a target was chosen."""
    was_healthy: bool
    """Whether that target passed its checks."""
    did_connect: bool
    """Whether it could be connected to."""
    answer_seconds: float | None
    """From the request's way to the target until its answer began; None where none did."""
    details: str
    """Envoy's word for where the status came from."""


def parsed(line: str) -> Exchange:
    """The exchange that a line of the log reports.

    Raises:
        ValueError: it is not such a line.
    """
    (
        load_balancer_arn,
        started,
        milliseconds,
        status,
        flags,
        cluster,
        host,
        answered_us,
        healthy,
        details,
    ) = line.rstrip("\n").split("\t")
    code = int(status)
    return Exchange(
        load_balancer_arn=load_balancer_arn,
        target_group_arn=None if cluster == _NONE else cluster,
        ended_at=float(started) + int(milliseconds) / 1000,
        status=code or (_CLIENT_CLOSED_REQUEST if _CLIENT_LEFT in flags.split(",") else 0),
        has_target=host != _NONE,
        was_healthy=healthy != "false",
        did_connect=_CONNECTION_FAILED not in flags.split(","),
        answer_seconds=None if answered_us == _NONE else int(answered_us) / 1_000_000,
        details=details,
    )


@dataclass(slots=True)
class Times:
    """Response times of a minute, in seconds."""

    total: float = 0.0
    least: float = math.inf
    greatest: float = 0.0
    counted: Counter[float] = field(default_factory=Counter[float])

    def add(self, seconds: float) -> None:
        """Take one more."""
        self.total += seconds
        self.least = min(self.least, seconds)
        self.greatest = max(self.greatest, seconds)
        self.counted[float(f"{seconds:.{_DIGITS}g}")] += 1

    @property
    def as_json(self) -> dict[str, Any]:
        """The times as JSON can hold them."""
        return {
            "sum": self.total,
            "minimum": self.least,
            "maximum": self.greatest,
            "values": list(self.counted.items()),
        }


@dataclass(slots=True)
class TargetGroupTally:
    """What happened in a minute."""

    counts: Counter[str] = field(default_factory=Counter[str])
    """By the name of the metric."""
    times: Times = field(default_factory=Times)


class TrafficTally:
    """Counts exchanges until they are taken."""

    def __init__(self) -> None:
        self._tallies: dict[Subject, TargetGroupTally] = {}

    def add(self, exchange: Exchange) -> None:
        """Count an exchange, for its load balancer and for its target group."""
        minute = int(exchange.ended_at // MINUTE_SECONDS) * MINUTE_SECONDS
        names = tuple(counted_of_both(exchange))
        subjects: list[tuple[str | None, tuple[str, ...]]] = [
            (None, (*names, *counted_of_load_balancer(exchange)))
        ]
        if exchange.target_group_arn is not None:
            subjects.append((exchange.target_group_arn, names))
        for target_group_arn, counted in subjects:
            key = (exchange.load_balancer_arn, target_group_arn, minute)
            tally = self._tallies.setdefault(key, TargetGroupTally())
            tally.counts.update(counted)
            if exchange.answer_seconds is not None:
                tally.times.add(exchange.answer_seconds)

    def taken(self) -> list[dict[str, Any]]:
        """Everything since the last time, as JSON can hold it; it is forgotten here."""
        tallies, self._tallies = self._tallies, {}
        return [
            {
                "loadBalancerArn": load_balancer_arn,
                "targetGroupArn": target_group_arn,
                "minute": minute,
                "counts": dict(tally.counts),
                "responseTimes": tally.times.as_json if tally.times.counted else None,
            }
            for (load_balancer_arn, target_group_arn, minute), tally in tallies.items()
            if tally.counts
        ]


def counted_of_both(exchange: Exchange) -> Iterator[str]:
    """Metrics that there are of a target group as well as of a load balancer."""
    if exchange.has_target:
        yield "RequestCount"
        if not exchange.was_healthy:
            yield "UnhealthyRoutingRequestCount"
        if not exchange.did_connect:
            yield "TargetConnectionErrorCount"
    if exchange.answer_seconds is not None and exchange.status >= 200:
        yield f"HTTPCode_Target_{exchange.status // 100}XX_Count"


def counted_of_load_balancer(exchange: Exchange) -> Iterator[str]:
    """Metrics that there are of a load balancer only: what it answered by itself."""
    if exchange.answer_seconds is not None or exchange.status == 0:
        return
    is_rule = exchange.details == "direct_response"
    if is_rule:
        is_redirect = 300 <= exchange.status < 400
        yield "HTTP_Redirect_Count" if is_redirect else "HTTP_Fixed_Response_Count"
    if exchange.status >= 300:
        yield f"HTTPCode_ELB_{exchange.status // 100}XX_Count"
    if exchange.status in _ELB_CODES:
        yield f"HTTPCode_ELB_{exchange.status}_Count"
