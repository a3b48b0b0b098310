"""What in a plan costs money, or stops to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ops.plan.resource_step import Operation, ResourceStep
from ops.plan.service_plan import ServicePlan, SlotPlan

_PRICED = {
    "aws:lb/loadBalancer:LoadBalancer": ("load balancer", "load balancers"),
    "aws:s3/bucket:Bucket": ("bucket of access logs", "buckets of access logs"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("CloudWatch alarm", "CloudWatch alarms"),
    "aws:cloudwatch/dashboard:Dashboard": ("CloudWatch dashboard", "CloudWatch dashboards"),
}
"""Types that AWS bills by themselves, beside the instances. Source: the pricing pages of Elastic
Load Balancing, Amazon S3 and Amazon CloudWatch."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One thing that is paid for from now on, or no longer."""

    what: str
    is_more: bool


def costs(steps: Sequence[ResourceStep], services: Sequence[ServicePlan]) -> tuple[Cost, ...]:
    """What is paid for beside today, in words; no amounts, which differ by region and contract."""
    instances = [
        cost for service in services for slot in service.slots for cost in _instances(service, slot)
    ]
    return (*instances, *_resources(steps))


def _instances(service: ServicePlan, slot: SlotPlan) -> Iterator[Cost]:
    where = f"{service.name}-{slot.slot}"
    kind = f"{slot.instance_type.after or slot.instance_type.before or ''} ".lstrip()
    before, after = int(slot.min_size.before or 0), int(slot.min_size.after or 0)
    most_before, most_after = int(slot.max_size.before or 0), int(slot.max_size.after or 0)
    if not most_before or not most_after:
        if most_before != most_after:
            verb = "new" if most_after else "no longer"
            count = f"{after} to {most_after}" if most_after else f"{before} to {most_before}"
            yield Cost(f"{where}: {count} {kind}instances, {verb}", bool(most_after))
        return
    if before != after:
        yield Cost(
            f"{where}: {abs(after - before)} {kind}{_plural('instance', abs(after - before))} "
            f"{'more' if after > before else 'less'} at least (min {before} → {after})",
            after > before,
        )
    if most_before != most_after:
        more = most_after > most_before
        yield Cost(
            f"{where}: up to {most_after} {kind}{_plural('instance', most_after)} "
            f"(max {most_before} → {most_after})",
            more,
        )
    if slot.instance_type.is_change and slot.instance_type.before and slot.instance_type.after:
        change = slot.instance_type
        yield Cost(f"{where}: instances of another type, {change.before} → {change.after}", True)
    if slot.image.is_change and slot.image.before and slot.image.after and after:
        yield Cost(
            f"{where}: up to twice its instances while they are renewed; new ones start before "
            "old ones end",
            True,
        )


def _resources(steps: Sequence[ResourceStep]) -> Iterator[Cost]:
    counts = Counter((step.operation, step.type_token) for step in steps)
    for operation, is_more in ((Operation.CREATE, True), (Operation.DELETE, False)):
        for type_token, (one, many) in _PRICED.items():
            if count := counts[operation, type_token]:
                named = f"{count} {one if count == 1 else many}"
                yield Cost(f"{named} {'more' if is_more else 'less'}", is_more)


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
