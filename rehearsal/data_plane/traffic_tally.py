"""What CloudWatch gets of the traffic, per minute: the exchanges of Envoy's log, and connections.

The log has one short line a request. How many connections there are and were made comes from
Envoy's counters, per load balancer. Source of every metric's name and of what it counts: ELB user
guide, "CloudWatch metrics for your Application Load Balancer".
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.control_plane.topology import Forward, PortOf, Topology, each_listener

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
STATS_PATH = (
    "/stats?usedonly&filter="
    "^(listener[.]127[.]0[.]0[.]1_[0-9]%2B[.](downstream_cx_(total|active)|ssl[.]connection_error)"
    "|cluster[.]target_group[.].*[.]upstream_cx_(total|active))$"
)
"""Of Envoy's admin interface: connections of clients, and to targets."""
_LINE = re.compile(
    r"(?:listener\.127\.0\.0\.1_(?P<port>\d+)\.(?:downstream_cx_|ssl\.)"
    r"|cluster\.target_group\.(?P<group>.*)\.upstream_cx_)"
    r"(?P<what>total|active|connection_error): (?P<count>\d+)"
)
_METRICS = {"total": "NewConnectionCount", "connection_error": "ClientTLSNegotiationErrorCount"}
Owners = Mapping[str, tuple[str, ...]]
"""Load balancer ARNs by a listener's loopback port or a target group's name."""


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


def owners_of(topology: Topology, port_of: PortOf) -> dict[str, tuple[str, ...]]:
    """Whose connections those of each listener and each target group are."""
    names = {group.arn: group.name for group in topology.target_groups}
    found: dict[str, tuple[str, ...]] = {}
    for balancer, listener in each_listener(topology):
        found[str(port_of(balancer, listener))] = (balancer.arn,)
        for rule in listener.rules:
            for weighted in rule.action.target_groups if isinstance(rule.action, Forward) else ():
                known = found.setdefault(names[weighted.arn], ())
                if balancer.arn not in known:
                    found[names[weighted.arn]] = (*known, balancer.arn)
    return found


class Connections:
    """Turns Envoy's ever-growing counters into what is new since the last look."""

    def __init__(self) -> None:
        self._before: dict[str, int] = {}
        self._active_told_of = 0

    def seen(self, stats: str, owners: Owners, now: float) -> list[dict[str, Any]]:
        """What CloudWatch gets after a look at `now`, in the form of a traffic tally.

        The active ones are one sample a minute.

        Args:
            stats: What Envoy answered to `STATS_PATH`.
            owners: Of the listeners and target groups that there are.
            now: Epoch seconds.
        """
        minute = int(now // MINUTE_SECONDS) * MINUTE_SECONDS
        counts: dict[str, Counter[str]] = {}
        active: Counter[str] = Counter()
        for match in map(_LINE.fullmatch, stats.splitlines()):
            if match is None:
                continue
            place, what = match["port"] or match["group"], match["what"]
            new = self._new(f"{place} {what}", int(match["count"])) if what != "active" else 0
            for arn in owners.get(place, ()):
                active[arn] += int(match["count"]) if what == "active" else 0
                counts.setdefault(arn, Counter())[_METRICS.get(what, "")] += new
        is_first = minute != self._active_told_of
        self._active_told_of = minute
        return [
            _reported(arn, minute, counted, active[arn] if is_first else 0)
            for arn, counted in counts.items()
            if counted.total() or (is_first and active[arn])
        ]

    def _new(self, key: str, count: int) -> int:
        """How much a counter has grown; a smaller one has started again."""
        before = self._before.get(key, 0)
        self._before[key] = count
        return count - before if count >= before else count


def _reported(arn: str, minute: int, counted: Counter[str], active: int) -> dict[str, Any]:
    return {
        "loadBalancerArn": arn,
        "targetGroupArn": None,
        "minute": minute,
        "counts": {name: n for name, n in counted.items() if n and name},
        "samples": {"ActiveConnectionCount": active} if active else {},
        "responseTimes": None,
    }
