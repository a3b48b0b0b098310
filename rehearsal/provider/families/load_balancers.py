"""Load balancer.

Source: hashicorp/aws 6 internal/service/elbv2/load_balancer.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.families.tags import ELBV2_TAGGING, TAGS, listed, read_elbv2
from rehearsal.provider.table import AutoName, Block, Property, ResourceType, SetOf, Values
from rehearsal.provider.values import BOOLEAN, INTEGER, STRING, matching, one_of

ACTIVE_LIMIT_SECONDS = 600
_NOT_FOUND = "LoadBalancerNotFound"

_ATTRIBUTES = {
    "desyncMitigationMode": "routing.http.desync_mitigation_mode",
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "enableDeletionProtection": "deletion_protection.enabled",
    "enableHttp2": "routing.http2.enabled",
    "idleTimeout": "idle_timeout.timeout_seconds",
}
"""Source: ELBv2 API Reference, LoadBalancerAttribute."""


def is_load_balancer_name(value: Any) -> str | None:
    """At most 32 letters, digits and hyphens, neither at the ends, not `internal-…`."""
    wrong = matching(r"[0-9A-Za-z](?:[0-9A-Za-z-]{0,30}[0-9A-Za-z])?", NAME_EXPECTATION)(value)
    if wrong is None and value.startswith("internal-"):
        return f"cannot begin with 'internal-': {value!r}"
    return wrong


NAME_EXPECTATION = "at most 32 letters, digits and hyphens, not beginning or ending with a hyphen"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _attributes(inputs: Values, names: Iterator[str] | frozenset[str]) -> list[Any]:
    wanted = [
        {"Key": _ATTRIBUTES[name], "Value": _text(inputs[name])}
        for name in names
        if name in _ATTRIBUTES and inputs.get(name) is not None
    ]
    if "accessLogs" in names:
        wanted += _access_logs_attributes(inputs.get("accessLogs"))
    return wanted


def _access_logs_attributes(logs: Values | None) -> list[Any]:
    if not logs or not logs.get("enabled"):
        return [{"Key": "access_logs.s3.enabled", "Value": "false"}]
    return [
        {"Key": "access_logs.s3.enabled", "Value": "true"},
        {"Key": "access_logs.s3.bucket", "Value": logs["bucket"]},
        {"Key": "access_logs.s3.prefix", "Value": logs.get("prefix") or ""},
    ]


def _create(call: ProviderCall, inputs: Values) -> str:
    arguments: dict[str, Any] = {
        "Name": inputs["name"],
        "Type": inputs["loadBalancerType"],
        "Subnets": inputs["subnets"],
    }
    if inputs.get("internal"):
        arguments["Scheme"] = "internal"
    if inputs.get("ipAddressType"):
        arguments["IpAddressType"] = inputs["ipAddressType"]
    if inputs.get("securityGroups"):
        arguments["SecurityGroups"] = inputs["securityGroups"]
    answer = call.aws.elbv2.create_load_balancer(**arguments, **listed(inputs.get("tags")))
    return answer["LoadBalancers"][0]["LoadBalancerArn"]  # pyright: ignore[reportTypedDictNotRequiredAccess]


def _settle(call: ProviderCall, arn: str, inputs: Values) -> None:
    names = frozenset(name for name in [*_ATTRIBUTES, "accessLogs"] if name in inputs)
    attributes = _attributes(inputs, names)
    if attributes:
        call.aws.elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)
    _wait_until_active(call, arn)


def _wait_until_active(call: ProviderCall, arn: str) -> None:
    def is_active() -> bool:
        found = _describe(call, arn)
        return found is not None and found["State"]["Code"] in ("active", "active_impaired")

    call.wait_until(
        is_active, f"{arn} active", limit_seconds=call.limit_seconds(ACTIVE_LIMIT_SECONDS)
    )


def _update(
    call: ProviderCall, arn: str, _old: Values, new: Values, changed: frozenset[str]
) -> None:
    elbv2 = call.aws.elbv2
    attributes = _attributes(new, changed)
    if attributes:
        elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)
    if "securityGroups" in changed:
        elbv2.set_security_groups(LoadBalancerArn=arn, SecurityGroups=new["securityGroups"])
    if "subnets" in changed:
        elbv2.set_subnets(LoadBalancerArn=arn, Subnets=new["subnets"])
    if "ipAddressType" in changed:
        elbv2.set_ip_address_type(LoadBalancerArn=arn, IpAddressType=new["ipAddressType"])
    _wait_until_active(call, arn)


def _describe(call: ProviderCall, arn: str) -> Any:
    found = unless_gone(
        lambda: call.aws.elbv2.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"],
        _NOT_FOUND,
    )
    return found[0] if found else None


def read_load_balancer(call: ProviderCall, arn: str) -> Values | None:
    """The state in AWS of a load balancer, its attributes and tags."""
    found = _describe(call, arn)
    if found is None:
        return None
    shown = call.aws.elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    attributes = {entry.get("Key"): entry.get("Value", "") for entry in shown}
    return {
        "arn": arn,
        "arnSuffix": arn.partition("loadbalancer/")[2],
        "name": found["LoadBalancerName"],
        "internal": found.get("Scheme") == "internal",
        "loadBalancerType": found["Type"],
        "ipAddressType": found.get("IpAddressType"),
        "securityGroups": found.get("SecurityGroups", []),
        "subnets": [zone["SubnetId"] for zone in found["AvailabilityZones"]],
        "desyncMitigationMode": attributes.get(_ATTRIBUTES["desyncMitigationMode"], "defensive"),
        "dropInvalidHeaderFields": _is_on(attributes, "dropInvalidHeaderFields"),
        "enableDeletionProtection": _is_on(attributes, "enableDeletionProtection"),
        "enableHttp2": _is_on(attributes, "enableHttp2", "true"),
        "idleTimeout": int(attributes.get(_ATTRIBUTES["idleTimeout"], 60)),
        "accessLogs": {
            "enabled": attributes.get("access_logs.s3.enabled") == "true",
            "bucket": attributes.get("access_logs.s3.bucket", ""),
            "prefix": attributes.get("access_logs.s3.prefix", ""),
        },
        "dnsName": found["DNSName"],
        "zoneId": found["CanonicalHostedZoneId"],
        "vpcId": found["VpcId"],
        "tags": read_elbv2(call, arn),
    }


def _is_on(attributes: dict[Any, str], name: str, otherwise: str = "false") -> bool:
    return attributes.get(_ATTRIBUTES[name], otherwise) == "true"


def _delete(call: ProviderCall, arn: str, _state: Values) -> None:
    # With deletion protection on, AWS answers OperationNotPermitted: that is the message.
    unless_gone(lambda: call.aws.elbv2.delete_load_balancer(LoadBalancerArn=arn), _NOT_FOUND)
    call.wait_until(
        lambda: _describe(call, arn) is None,
        f"{arn} deleted",
        limit_seconds=call.limit_seconds(ACTIVE_LIMIT_SECONDS),
    )


def _as_declared(state: Values, inputs: Values) -> Values:
    """While access logs are off, bucket and prefix are not sent, so AWS may hold others or none."""
    logs, declared = state.get("accessLogs"), inputs.get("accessLogs")
    if not logs or logs["enabled"]:
        return state
    if declared is None:
        return {**state, "accessLogs": None}
    if declared.get("enabled"):
        return state
    return {**state, "accessLogs": {**logs, **{k: declared.get(k) for k in ("bucket", "prefix")}}}


def _problems(inputs: Values) -> Iterator[tuple[str, str]]:
    if not inputs.get("subnets"):
        yield "subnets", "one of subnetMappings or subnets is needed (only subnets are supported)"
    if inputs.get("loadBalancerType") != "application":
        yield "loadBalancerType", "only application is supported by the rehearsal"


LOAD_BALANCER = ResourceType(
    token="aws:lb/loadBalancer:LoadBalancer",
    properties={
        "name": Property(STRING, replaces=True, valid=is_load_balancer_name),
        "internal": Property(BOOLEAN, computed=True, replaces=True),
        "loadBalancerType": Property(STRING, default="application", replaces=True),
        "ipAddressType": Property(
            STRING,
            computed=True,
            valid=one_of("ipv4", "dualstack", "dualstack-without-public-ipv4"),
        ),
        "securityGroups": Property(SetOf(STRING), computed=True),
        "subnets": Property(SetOf(STRING), computed=True),
        "idleTimeout": Property(INTEGER, default=60),
        "enableDeletionProtection": Property(BOOLEAN, default=False),
        "dropInvalidHeaderFields": Property(BOOLEAN, default=False),
        "desyncMitigationMode": Property(
            STRING, default="defensive", valid=one_of("monitor", "defensive", "strictest")
        ),
        "enableHttp2": Property(BOOLEAN, default=True),
        "accessLogs": Property(
            Block(
                {
                    "bucket": Property(STRING, required=True),
                    "prefix": Property(STRING),
                    "enabled": Property(BOOLEAN, default=False),
                }
            )
        ),
        "tags": TAGS,
    },
    outputs=("arn", "arnSuffix", "dnsName", "vpcId", "zoneId"),
    create=_create,
    read=read_load_balancer,
    update=_update,
    delete=_delete,
    settle=_settle,
    tagging=ELBV2_TAGGING,
    autoname=AutoName(most=32),
    problems=_problems,
    as_declared=_as_declared,
)
