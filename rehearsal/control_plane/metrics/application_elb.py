"""`AWS/ApplicationELB`: the data plane's counts and the targets' health, as CloudWatch has them.

Source: ELB user guide, "CloudWatch metrics for your Application Load Balancer".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moto.elbv2.models import ELBv2Backend, elbv2_backends

from rehearsal.control_plane.metrics.store import MINUTE_SECONDS, Distribution, Metric
from rehearsal.control_plane.target_reconciler import users_of_target_groups
from rehearsal.control_plane.world import World

NAMESPACE = "AWS/ApplicationELB"

Place = tuple[str, str]
"""Account id and region."""


def take_traffic(world: World, tallies: Sequence[Mapping[str, Any]]) -> None:
    """Add what a data plane counted. The caller holds the world's lock."""
    for tally in tallies:
        place, suffix = _place_of(tally["loadBalancerArn"]), _suffix_of(tally["loadBalancerArn"])
        dimensions = {"LoadBalancer": suffix}
        group_arn = tally["targetGroupArn"]
        if group_arn is not None:
            dimensions["TargetGroup"] = _suffix_of(group_arn)
        add = _Adder(world, place, int(tally["minute"]))
        for name, count in tally["counts"].items():
            add(name, dimensions, Distribution.of(1.0, count))
        for name, value in tally.get("samples", {}).items():
            add(name, dimensions, Distribution.of(float(value)))
        if tally["responseTimes"] is not None:
            add("TargetResponseTime", dimensions, _times(tally["responseTimes"]), "Seconds")
        requests = tally["counts"].get("RequestCount", 0)
        if group_arn is not None and requests:
            shared = Distribution.of(1 / _sharing(world, group_arn), requests)
            add("RequestCountPerTarget", dimensions, shared)
            add("RequestCountPerTarget", {"TargetGroup": dimensions["TargetGroup"]}, shared)


class _Adder:
    """Adds samples to the data points of one minute."""

    def __init__(self, world: World, place: Place, minute: int) -> None:
        self._world, self._place, self._minute = world, place, minute

    def __call__(
        self, name: str, dimensions: Mapping[str, str], samples: Distribution, unit: str = "Count"
    ) -> None:
        metric = Metric.of(self._place, NAMESPACE, name, dimensions)
        lag = self._world.metric_lag_seconds
        self._world.metrics.add(metric, self._minute, samples, unit, lag)


def _times(reported: Mapping[str, Any]) -> Distribution:
    values = tuple((float(value), float(count)) for value, count in reported["values"])
    count = sum(count for _, count in values)
    return Distribution(count, reported["sum"], reported["minimum"], reported["maximum"], values)


def _sharing(world: World, group_arn: str) -> int:
    """How many targets share the requests: the healthy ones, or all where none is."""
    targets = world.targets.active(group_arn)
    healthy = sum(target.state.state == "healthy" for target in targets)
    return healthy or len(targets) or 1


def sample_hosts(world: World, now: float) -> None:
    """Look how many targets are healthy, once a second at most. The caller holds the lock."""
    if now < world.hosts_sampled_at + 1.0:
        return
    world.hosts_sampled_at = now
    minute = int(now // MINUTE_SECONDS) * MINUTE_SECONDS
    for place, dimensions, states in _used_groups(world):
        add = _Adder(world, place, minute)
        for name, state in (("HealthyHostCount", "healthy"), ("UnHealthyHostCount", "unhealthy")):
            add(name, dimensions, Distribution.of(float(states.count(state))))


def _used_groups(world: World) -> Iterator[tuple[Place, dict[str, str], list[str]]]:
    """Every target group with registered targets, per load balancer that uses it."""
    for _, _, elbv2 in list(elbv2_backends.iter_backends()):
        assert isinstance(elbv2, ELBv2Backend)
        place = (elbv2.account_id, elbv2.region_name)
        for arn, balancers in users_of_target_groups(elbv2).items():
            states = [target.state.state for target in world.targets.active(arn)]
            for balancer in balancers if states else ():
                dimensions = {
                    "LoadBalancer": _suffix_of(balancer.arn),
                    "TargetGroup": _suffix_of(arn),
                }
                yield place, dimensions, states


def _suffix_of(arn: str) -> str:
    """`app/name/id` of a load balancer, `targetgroup/name/id` of a target group."""
    return arn.rpartition(":")[2].removeprefix("loadbalancer/")


def _place_of(arn: str) -> Place:
    _, _, _, region, account_id, _ = arn.split(":", 5)
    return account_id, region
