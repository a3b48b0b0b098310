"""Application Load Balancers: names, zones, attributes, log bucket, protection from deletion."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import EC2Backend, ec2_backends
from moto.elbv2.exceptions import (
    DuplicateLoadBalancerName,
    ELBClientError,
    LoadBalancerNotFoundError,
    SubnetNotFoundError,
    ValidationError,
)
from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer
from moto.elbv2.responses import ELBV2Response
from moto.s3.models import s3_backends

from rehearsal.control_plane.correction import ComputedProperty, Correction, Replace
from rehearsal.control_plane.corrections.attributes import LOAD_BALANCER, check_attributes, defaults
from rehearsal.control_plane.world import World
from rollout.json_value import is_list, is_map

_Original = Callable[..., Any]

DELIVERY_SERVICE = "logdelivery.elasticloadbalancing.amazonaws.com"
_TEST_FILE = "ELBAccessLogTestFile"

_NAME = re.compile(r"(?!internal-)(?!-)[A-Za-z0-9-]{1,32}(?<!-)")
_UNSUPPORTED = ("CustomerOwnedIpv4Pool", "EnablePrefixForIpv6SourceNat", "IpamPools")


def check_log_bucket(backend: ELBv2Backend, bucket_name: str, prefix: str) -> None:
    """Refuse a bucket that is not there, or whose policy does not let the load balancer write.

    Raises:
        ELBClientError: no bucket named, none of that name, or no statement that allows it.
    """
    if not bucket_name:
        raise ValidationError("The access logs S3 bucket must be specified")
    bucket = s3_backends[backend.account_id][backend.partition].buckets.get(bucket_name)
    if bucket is None:
        raise ELBClientError(
            "InvalidConfigurationRequest", f"S3 bucket '{bucket_name}' does not exist"
        )
    folder = f"{prefix}/" if prefix else ""
    written = f"arn:aws:s3:::{bucket_name}/{folder}AWSLogs/{backend.account_id}/{_TEST_FILE}"
    if not any(_allows(statement, written) for statement in _statements(bucket.policy)):
        raise ELBClientError(
            "InvalidConfigurationRequest",
            f"Access Denied for bucket: {bucket_name}. Please check S3bucket permission",
        )


def _statements(policy: bytes | str | None) -> Sequence[dict[str, Any]]:
    if not policy:
        return []
    statements: Any = json.loads(policy).get("Statement", [])
    return statements if is_list(statements) else [statements]


def _allows(statement: dict[str, Any], written: str) -> bool:
    return (
        statement.get("Effect") == "Allow"
        and _is_load_balancing(statement.get("Principal"))
        and any(fnmatch.fnmatch("s3:PutObject", a) for a in _listed(statement.get("Action")))
        and any(fnmatch.fnmatch(written, r) for r in _listed(statement.get("Resource")))
    )


def _is_load_balancing(principal: Any) -> bool:
    """The log delivery service, or an account: older regions have one of Elastic Load Balancing."""
    if principal == "*":
        return True
    if not is_map(principal):
        return False
    services, accounts = _listed(principal.get("Service")), _listed(principal.get("AWS"))
    return DELIVERY_SERVICE in services or bool(accounts)


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(v) for v in value] if is_list(value) else [str(value)]


def _check_name(backend: ELBv2Backend, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValidationError(
            f"The load balancer name '{name}' must have 1 to 32 characters, alphanumeric or "
            "hyphens, not begin or end with a hyphen and not begin with 'internal-'"
        )
    if any(balancer.name == name for balancer in backend.load_balancers.values()):
        raise DuplicateLoadBalancerName


def _subnets(ec2: EC2Backend, subnet_ids: list[str]) -> list[Any]:
    """The subnets, checked: they exist, in one VPC, each in a zone of its own, two at least."""
    known = {s.id: s for by_zone in ec2.subnets.values() for s in by_zone.values()}
    if any(subnet_id not in known for subnet_id in subnet_ids):
        raise SubnetNotFoundError
    subnets = [known[subnet_id] for subnet_id in subnet_ids]
    zones = [subnet.availability_zone for subnet in subnets]
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        raise ELBClientError("InvalidConfigurationRequest", "The subnets must be in one VPC")
    if len(set(zones)) < len(zones):
        raise ELBClientError(
            "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
        )
    if len(zones) < 2:
        raise ValidationError(
            "At least two subnets in two different Availability Zones must be specified"
        )
    return subnets


def _check_gateway(ec2: EC2Backend, vpc_id: str, scheme: str) -> None:
    attached = any(
        gateway.vpc and gateway.vpc.id == vpc_id for gateway in ec2.internet_gateways.values()
    )
    if scheme == "internet-facing" and not attached:
        raise ELBClientError("InvalidSubnet", f"VPC {vpc_id} has no internet gateway")


def _check_security_groups(ec2: EC2Backend, vpc_id: str, group_ids: list[str]) -> None:
    for group_id in group_ids:
        group = ec2.get_security_group_from_id(group_id)
        if group is None:
            raise ELBClientError(
                "InvalidSecurityGroup", f"Security group '{group_id}' does not exist"
            )
        if group.vpc_id != vpc_id:
            raise ELBClientError(
                "InvalidConfigurationRequest",
                f"Security group '{group_id}' is not in the load balancer's VPC '{vpc_id}'",
            )


def _create(world: World, original: _Original, self: ELBV2Response) -> ActionResult:
    del world
    params, backend = self._get_params(), self.elbv2_backend
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    if params.get("Type", "application") != "application":
        raise ValidationError(f"Type {params['Type']}: not supported by the rehearsal")
    for name in _UNSUPPORTED:
        if params.get(name):
            raise ValidationError(f"{name}: not supported by the rehearsal")
    _check_name(backend, params.get("Name", ""))
    mapped = [mapping["SubnetId"] for mapping in params.get("SubnetMappings", [])]
    subnets = _subnets(ec2, params.get("Subnets", []) or mapped)
    vpc_id = subnets[0].vpc_id
    params.setdefault("Scheme", "internet-facing")
    _check_gateway(ec2, vpc_id, params["Scheme"])
    if not params.get("SecurityGroups"):
        params["SecurityGroups"] = [_default_group(ec2, vpc_id)]
    _check_security_groups(ec2, vpc_id, params["SecurityGroups"])
    return original(self)


def _default_group(ec2: EC2Backend, vpc_id: str) -> str:
    """A load balancer without security groups gets the VPC's default one."""
    return next(g.id for g in ec2.groups[vpc_id].values() if g.name == "default")


def _new(
    world: World, original: _Original, self: FakeLoadBalancer, *args: Any, **kwargs: Any
) -> None:
    del world
    original(self, *args, **kwargs)
    self.attrs = defaults(LOAD_BALANCER)
    if self.scheme == "internal":
        self.attrs["ipv6.deny_all_igw_traffic"] = "true"


def _active(world: World, self: FakeLoadBalancer) -> dict[str, str]:
    del world, self
    return {"Code": "active"}


def _delete(world: World, original: _Original, self: ELBv2Backend, arn: str) -> None:
    del world
    balancer = self.load_balancers.get(arn)
    if balancer is not None and balancer.attrs["deletion_protection.enabled"] == "true":
        raise ELBClientError(
            "OperationNotPermitted",
            f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
        )
    original(self, arn)


def _modify_attributes(
    world: World, original: _Original, self: ELBv2Backend, arn: str, attrs: dict[str, str]
) -> dict[str, str]:
    del world
    balancer = self.load_balancers.get(arn)
    if balancer is None:
        raise LoadBalancerNotFoundError
    check_attributes("Load balancer", LOAD_BALANCER, attrs)
    merged = {**balancer.attrs, **attrs}
    for kind in ("access_logs", "connection_logs", "health_check_logs"):
        if merged[f"{kind}.s3.enabled"] == "true":
            check_log_bucket(self, merged[f"{kind}.s3.bucket"], merged[f"{kind}.s3.prefix"])
    return original(self, arn, attrs)


def _describe(
    world: World,
    original: _Original,
    self: ELBv2Backend,
    arns: list[str] | None,
    names: list[str] | None,
) -> list[Any]:
    """Every one that is asked for has to be there."""
    del world
    known_names = {balancer.name for balancer in self.load_balancers.values()}
    missing = [arn for arn in arns or [] if arn not in self.load_balancers]
    missing += [name for name in names or [] if name not in known_names]
    if missing:
        raise ELBClientError("LoadBalancerNotFound", f"Load balancers '[{missing[0]}]' not found")
    return original(self, arns, names)


def _set_subnets(world: World, original: _Original, self: ELBV2Response) -> ActionResult:
    del world
    backend = self.elbv2_backend
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    mapped = [mapping["SubnetId"] for mapping in self._get_param("SubnetMappings", [])]
    _subnets(ec2, self._get_param("Subnets", []) or mapped)
    return original(self)


LOAD_BALANCERS = Correction(
    name="load-balancers",
    moto=(
        "Any name, one subnet, no internet gateway, security groups that are not there; few "
        "attributes; deletion protection is ignored; provisioning until it was described once."
    ),
    aws=(
        "Names by the rules and each once; two zones at least, a subnet each, of one VPC with an "
        "internet gateway; every attribute with default and range; a log bucket that may be "
        "written; no deletion while protected. Active at once, where AWS takes some minutes."
    ),
    changes=(
        Replace(ELBV2Response, "create_load_balancer", _create),
        Replace(ELBV2Response, "set_subnets", _set_subnets),
        Replace(ELBv2Backend, "describe_load_balancers", _describe),
        Replace(ELBv2Backend, "delete_load_balancer", _delete),
        Replace(ELBv2Backend, "modify_load_balancer_attributes", _modify_attributes),
        Replace(FakeLoadBalancer, "__init__", _new),
        ComputedProperty(FakeLoadBalancer, "load_balancer_state", _active),
    ),
)
