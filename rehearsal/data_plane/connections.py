"""How many connections there are and were made, from Envoy's counters, per load balancer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from rehearsal.control_plane.topology import Forward, PortOf, Topology, each_listener
from rehearsal.data_plane.traffic_tally import MINUTE_SECONDS

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
