"""Auto Scaling groups: a build with a numbered version, and health as the load balancer sees it."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from .policy import configured, security_policy, traffic_policy
from .resource_type import AUTO_SCALING_GROUP
from .value import Properties, count_distinct, has, items, section, shown, whole_number

_MIN = "minSeconds"
_DEFAULT_MIN_SECONDS = 1


def _version_without_a_number(args: ResourceValidationArgs) -> Iterator[str]:
    for path, template in _templates(args.props):
        version = template.get("version")
        if not str(version).isdigit():
            yield (
                f"{path}.version is {shown(version)}; expected the number of a version: a renewal "
                "by name cannot go back, and does not show which build a slot has"
            )


def _no_launch_template(args: ResourceValidationArgs) -> Iterator[str]:
    if not list(_templates(args.props)):
        has_old = has(args.props, "launchConfiguration")
        yield (
            f"launchTemplate is not set{', launchConfiguration is' if has_old else ''}; expected "
            "launchTemplate, or mixedInstancesPolicy with one"
        )


def _health_of_the_instance_only(args: ResourceValidationArgs) -> Iterator[str]:
    kind = args.props.get("healthCheckType")
    if kind != "ELB":
        yield (
            f'healthCheckType is {shown(kind)}; expected "ELB": an instance that its target group '
            "calls unhealthy is replaced"
        )


def _short_grace(args: ResourceValidationArgs) -> Iterator[str]:
    grace = args.props.get("healthCheckGracePeriod")
    seconds = whole_number(grace)
    least = configured(args, _MIN, _DEFAULT_MIN_SECONDS)
    if seconds is None or seconds < least:
        yield (
            f"healthCheckGracePeriod is {shown(grace)}; expected at least {least:.0f} s: "
            "what boots longer is ended before it serves"
        )


def _one_zone(args: ResourceValidationArgs) -> Iterator[str]:
    names = ("vpcZoneIdentifiers", "availabilityZones")
    name = next((each for each in names if items(args.props, each)), names[0])
    count = count_distinct(items(args.props, name))
    if count < 2:
        yield f"{name} names {count}; expected at least 2, of different zones"


def _templates(properties: Properties) -> Iterator[tuple[str, Properties]]:
    """The launch templates that a group starts instances from, and where each is named."""
    if has(properties, "launchTemplate"):
        yield "launchTemplate", section(properties, "launchTemplate")
    mixed = section(section(properties, "mixedInstancesPolicy"), "launchTemplate")
    if has(mixed, "launchTemplateSpecification"):
        path = "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification"
        yield path, section(mixed, "launchTemplateSpecification")


POLICIES = (
    traffic_policy(
        "auto-scaling-group-template-version",
        "A group starts instances from a numbered launch template version.",
        AUTO_SCALING_GROUP,
        _version_without_a_number,
    ),
    traffic_policy(
        "auto-scaling-group-grace",
        "An instance has time to boot before a failed health check ends it.",
        AUTO_SCALING_GROUP,
        _short_grace,
        {
            _MIN: {
                "type": "number",
                "minimum": 0,
                "default": _DEFAULT_MIN_SECONDS,
                "description": "What the slowest build takes to boot.",
            }
        },
    ),
    security_policy(
        "auto-scaling-group-health-check",
        "FSBP AutoScaling.1",
        "A group behind a load balancer replaces what the load balancer calls unhealthy.",
        AUTO_SCALING_GROUP,
        _health_of_the_instance_only,
    ),
    security_policy(
        "auto-scaling-group-zones",
        "FSBP AutoScaling.2",
        "A group spans at least two Availability Zones.",
        AUTO_SCALING_GROUP,
        _one_zone,
    ),
    security_policy(
        "auto-scaling-group-launch-template",
        "FSBP AutoScaling.9",
        "A group starts its instances from a launch template.",
        AUTO_SCALING_GROUP,
        _no_launch_template,
    ),
)
