"""What a load balancer stands in: network, servers, launch templates. A rehearsal is built from it.

Parts that AWS describes are kept in its own words, without secrets: no user data, no client
secrets. Only `failover inspect --json` reads this.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from live.launch_source import LaunchKind
from ops.errors import InputError
from ops.inspect.calls import Calls, reported
from ops.inspect.document import AutoScalingGroup, Inspection
from rollout.json_value import map_of

_MOST_VALUES = 200
"""Values of one filter. Source: EC2 API, DescribeInstances."""
_TEMPLATE = "lt-"
_NO_TEMPLATE = ("InvalidLaunchTemplateId.", "InvalidLaunchTemplateName.")
_USER_DATA = "UserData"
_CONFIGURED = frozenset(
    {"ImageId", "InstanceType", "KeyName", "SecurityGroups", "AssociatePublicIpAddress"}
    | {"IamInstanceProfile", "EbsOptimized", "InstanceMonitoring", "MetadataOptions"}
    | {"BlockDeviceMappings"}
)
"""What is kept of a launch configuration. Source: EC2 Auto Scaling API, LaunchConfiguration."""

Part = Mapping[str, Any]
"""As AWS describes it."""


@dataclass(frozen=True, slots=True)
class SubnetReport:
    """A subnet of the load balancer's VPC."""

    id: str
    cidr_block: str
    zone: str


@dataclass(frozen=True, slots=True)
class SecurityGroupReport:
    """A security group. Source: EC2 API, IpPermission."""

    id: str
    name: str
    description: str
    ingress: tuple[Part, ...]
    egress: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ServerReport:
    """An instance that is registered by its id."""

    id: str
    private_ip: str | None
    subnet_id: str | None
    security_group_ids: tuple[str, ...]
    image_id: str
    instance_type: str


@dataclass(frozen=True, slots=True)
class TemplateVersionReport:
    """A version of a launch template. Source: EC2 API, ResponseLaunchTemplateData."""

    number: int
    description: str | None
    has_user_data: bool
    data: Part
    """Without its user data, which can hold secrets."""


@dataclass(frozen=True, slots=True)
class LaunchTemplateReport:
    """A launch template with all its versions."""

    id: str
    name: str
    default_version: int
    versions: tuple[TemplateVersionReport, ...]


@dataclass(frozen=True, slots=True)
class LaunchConfigurationReport:
    """A launch configuration."""

    name: str
    has_user_data: bool
    data: Part


@dataclass(frozen=True, slots=True)
class BalancerSurroundings:
    """All of it."""

    cidr_blocks: tuple[str, ...]
    """Those of the VPC."""
    subnets: tuple[SubnetReport, ...]
    security_groups: tuple[SecurityGroupReport, ...]
    """All of the VPC."""
    servers: tuple[ServerReport, ...]
    launch_templates: tuple[LaunchTemplateReport, ...]
    launch_configurations: tuple[LaunchConfigurationReport, ...]
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    """Those of the load balancer, by AWS's keys."""


def read_surroundings(
    calls: Calls, inspection: Inspection, templates: Collection[str] = ()
) -> BalancerSurroundings:
    """Read what surrounds the load balancer of `inspection`.

    Args:
        calls: The session of the inspection.
        inspection: What was read; the targets of the groups that it has in full are the servers.
        templates: Ids or names of launch templates that no Auto Scaling group of it uses.

    Raises:
        InputError: there is no launch template of such a name.
        UnsureError: AWS gave no answer, or a refusal.
    """
    with contextlib.ExitStack() as open_clients, reported():
        elb, ec2, autoscaling = (
            open_clients.enter_context(contextlib.closing(calls.client(service)))
            for service in ("elbv2", "ec2", "autoscaling")
        )
        balancer = inspection.load_balancer
        fleet = inspection.auto_scaling_groups
        listed = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer.arn)["Attributes"]
        return BalancerSurroundings(
            cidr_blocks=_cidr_blocks(ec2, balancer.vpc_id),
            subnets=_subnets(ec2, balancer.vpc_id),
            security_groups=_security_groups(ec2, balancer.vpc_id),
            servers=tuple(_servers(ec2, inspection)),
            launch_templates=tuple(_templates(ec2, fleet, templates)),
            launch_configurations=tuple(_configurations(autoscaling, fleet)),
            attributes={each["Key"]: each.get("Value", "") for each in listed},
        )


def _servers(ec2: Any, inspection: Inspection) -> Iterator[ServerReport]:
    details = [group.details for group in inspection.target_groups if group.details is not None]
    ids = sorted({t.id for each in details for t in each.targets if t.id.startswith("i-")})
    launched = {i.id for group in inspection.auto_scaling_groups for i in group.instances}
    for instance in _instances(ec2, [each for each in ids if each not in launched]):
        yield ServerReport(
            id=instance["InstanceId"],
            private_ip=instance.get("PrivateIpAddress"),
            subnet_id=instance.get("SubnetId"),
            security_group_ids=tuple(g["GroupId"] for g in instance.get("SecurityGroups", ())),
            image_id=instance["ImageId"],
            instance_type=instance["InstanceType"],
        )


def _instances(ec2: Any, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for start in range(0, len(ids), _MOST_VALUES):
        # By filter: an instance that has just gone is then left out, where an id is refused.
        wanted = [{"Name": "instance-id", "Values": ids[start : start + _MOST_VALUES]}]
        for page in ec2.get_paginator("describe_instances").paginate(Filters=wanted):
            for reservation in page["Reservations"]:
                yield from reservation["Instances"]


def _cidr_blocks(ec2: Any, vpc_id: str) -> tuple[str, ...]:
    (vpc,) = ec2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"]
    associated = [
        each["CidrBlock"]
        for each in vpc.get("CidrBlockAssociationSet", ())
        if map_of(each.get("CidrBlockState")).get("State", "associated") == "associated"
    ]
    return tuple(dict.fromkeys([vpc["CidrBlock"], *associated]))


def _subnets(ec2: Any, vpc_id: str) -> tuple[SubnetReport, ...]:
    found = _of_vpc(ec2, "describe_subnets", "Subnets", vpc_id)
    subnets = (
        SubnetReport(each["SubnetId"], each["CidrBlock"], each["AvailabilityZone"])
        for each in found
        if each.get("CidrBlock")
    )
    return tuple(sorted(subnets, key=lambda subnet: subnet.id))


def _of_vpc(ec2: Any, operation: str, key: str, vpc_id: str) -> Iterator[Mapping[str, Any]]:
    wanted = [{"Name": "vpc-id", "Values": [vpc_id]}]
    for page in ec2.get_paginator(operation).paginate(Filters=wanted):
        yield from page[key]


def _security_groups(ec2: Any, vpc_id: str) -> tuple[SecurityGroupReport, ...]:
    """All of the VPC: a stack may name any."""
    found = (
        SecurityGroupReport(
            id=each["GroupId"],
            name=each["GroupName"],
            description=each.get("Description", ""),
            ingress=tuple(each.get("IpPermissions", ())),
            egress=tuple(each.get("IpPermissionsEgress", ())),
        )
        for each in _of_vpc(ec2, "describe_security_groups", "SecurityGroups", vpc_id)
    )
    return tuple(sorted(found, key=lambda group: group.id))


def _templates(
    ec2: Any, fleet: Sequence[AutoScalingGroup], more: Collection[str]
) -> Iterator[LaunchTemplateReport]:
    used = [group.template.id for group in fleet if not group.template.is_gone]
    seen: set[str] = set()
    for named in dict.fromkeys([*(each for each in used if each), *more]):
        template = _template(ec2, named)
        if template is None and named in more:
            raise InputError(f"--launch-template {named}: no launch template of this id or name")
        if template is not None and template.id not in seen:
            seen.add(template.id)
            yield template


def _template(ec2: Any, named: str) -> LaunchTemplateReport | None:
    key = "LaunchTemplateId" if named.startswith(_TEMPLATE) else "LaunchTemplateName"
    pages = ec2.get_paginator("describe_launch_template_versions").paginate(**{key: named})
    try:
        found = [version for page in pages for version in page["LaunchTemplateVersions"]]
    except ClientError as error:
        if not error.response.get("Error", {}).get("Code", "").startswith(_NO_TEMPLATE):
            raise
        return None
    if not found:
        return None
    versions = tuple(sorted(map(_version, found), key=lambda version: version.number))
    default = next((v["VersionNumber"] for v in found if v.get("DefaultVersion")), 1)
    first = found[0]
    return LaunchTemplateReport(
        first["LaunchTemplateId"], first["LaunchTemplateName"], default, versions
    )


def _version(version: Mapping[str, Any]) -> TemplateVersionReport:
    data = map_of(version.get("LaunchTemplateData"))
    return TemplateVersionReport(
        number=version["VersionNumber"],
        description=version.get("VersionDescription"),
        has_user_data=bool(data.get(_USER_DATA)),
        data={name: value for name, value in data.items() if name != _USER_DATA},
    )


def _configurations(
    autoscaling: Any, fleet: Sequence[AutoScalingGroup]
) -> Iterator[LaunchConfigurationReport]:
    kind = LaunchKind.CONFIGURATION.value
    names = sorted({group.template.name for group in fleet if group.template.kind == kind})
    if not names:
        return
    pages = autoscaling.get_paginator("describe_launch_configurations").paginate(
        LaunchConfigurationNames=names
    )
    for page in pages:
        for each in page["LaunchConfigurations"]:
            data = {key: value for key, value in each.items() if key in _CONFIGURED and value}
            has_user_data = bool(each.get(_USER_DATA))
            yield LaunchConfigurationReport(each["LaunchConfigurationName"], has_user_data, data)
