"""One target group on one line: its health, its instances, what they run."""

from __future__ import annotations

from collections import Counter

from ops.inspect.document import AutoScalingGroup, Details, Inspection, TargetGroupReport

NOT_READ = "not read"


def health(group: TargetGroupReport, inspection: Inspection) -> str:
    """`2 healthy, 1 initial`; of a group that was not read, what its Auto Scaling group thinks."""
    if group.details is not None:
        return health_of(group.details)
    fleet = inspection.auto_scaling_groups_of(group.arn)
    if not fleet:
        return NOT_READ
    serving = sum(i.health == "Healthy" for each in fleet for i in each.in_service)
    desired = sum(each.desired for each in fleet)
    return f"{NOT_READ}; {serving} of {desired} in service by Auto Scaling"


def health_of(details: Details) -> str:
    """The targets by their states."""
    counted = Counter(target.state for target in details.targets)
    return ", ".join(f"{count} {state}" for state, count in sorted(counted.items())) or "no target"


def stickiness(group: TargetGroupReport) -> str:
    """`on`, `off`, or that it was not read."""
    if group.details is None:
        return NOT_READ
    return "on" if group.details.has_stickiness else "off"


def checks(group: TargetGroupReport) -> str:
    """`GET /healthz every 10 s, 200`."""
    check = group.check
    return f"{check.path or check.protocol} every {check.interval_seconds} s, {check.matcher}"


def fleet(group: AutoScalingGroup) -> str:
    """`web-asg, 2 of 1 to 4`."""
    return f"{group.name}, {group.desired} of {group.min_size} to {group.max_size}"


def template(group: AutoScalingGroup) -> str:
    """`launch template web, version 3`."""
    found = group.template
    version = f", version {found.version}" if found.version else ""
    gone = ", which is gone: nothing can be launched" if found.is_gone else ""
    return f"{found.kind} {found.name}{version}{gone}".strip()


def images(group: AutoScalingGroup) -> str:
    """The images that its instances run."""
    return ", ".join(group.image_ids) or NOT_READ


def calls(inspection: Inspection) -> str:
    """How much was asked, and of how many groups all is known."""
    full = sum(group.details is not None for group in inspection.target_groups)
    total = len(inspection.target_groups)
    said = f"{inspection.calls} API calls; health and attributes of {full} of {total} target groups"
    return said if full == total else f"{said} (--all reads the rest, two calls each)"
