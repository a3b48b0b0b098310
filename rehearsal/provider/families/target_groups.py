"""Target group and its attributes.

Source: hashicorp/aws 6 internal/service/elbv2/target_group.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.errors import ProviderError
from rehearsal.provider.families.tags import ELBV2_TAGGING, TAGS, listed, read_elbv2
from rehearsal.provider.table import AutoName, Block, Property, ResourceType, Values
from rehearsal.provider.values import (
    BOOLEAN,
    INTEGER,
    STRING,
    between,
    either,
    every,
    length,
    matching,
    one_of,
    text_number,
)
from rollout.json_value import map_of

_ATTRIBUTES: dict[tuple[str, ...], str] = {
    ("deregistrationDelay",): "deregistration_delay.timeout_seconds",
    ("slowStart",): "slow_start.duration_seconds",
    ("loadBalancingAlgorithmType",): "load_balancing.algorithm.type",
    ("loadBalancingAnomalyMitigation",): "load_balancing.algorithm.anomaly_mitigation",
    ("loadBalancingCrossZoneEnabled",): "load_balancing.cross_zone.enabled",
    ("stickiness", "enabled"): "stickiness.enabled",
    ("stickiness", "type"): "stickiness.type",
    ("stickiness", "cookieDuration"): "stickiness.lb_cookie.duration_seconds",
    **{
        ("targetGroupHealth", block, f"minimumHealthyTargets{unit.capitalize()}"): (
            f"target_group_health.{name}.minimum_healthy_targets.{unit}"
        )
        for block, name in (
            ("dnsFailover", "dns_failover"),
            ("unhealthyStateRouting", "unhealthy_state_routing"),
        )
        for unit in ("count", "percentage")
    },
}
"""Where each attribute stands in the inputs. Source: ELBv2 API Reference, TargetGroupAttribute."""

_INTEGERS = {
    ("deregistrationDelay",),
    ("slowStart",),
    ("stickiness", "cookieDuration"),
    ("targetGroupHealth", "unhealthyStateRouting", "minimumHealthyTargetsCount"),
}

IN_USE_LIMIT_SECONDS = 20
"""How long a deletion waits for the rules that hold the group to go; the real provider: 120."""

_NOT_FOUND = "TargetGroupNotFound"
_HEALTH_CHECK = {
    "enabled": "HealthCheckEnabled",
    "healthyThreshold": "HealthyThresholdCount",
    "interval": "HealthCheckIntervalSeconds",
    "path": "HealthCheckPath",
    "port": "HealthCheckPort",
    "protocol": "HealthCheckProtocol",
    "timeout": "HealthCheckTimeoutSeconds",
    "unhealthyThreshold": "UnhealthyThresholdCount",
}

_COUNT = Property(STRING, default="off", valid=text_number(1, 2**31, "off"))
_PERCENTAGE = Property(STRING, default="off", valid=text_number(1, 100, "off"))
NAME_RULE = every(
    length(1, 32),
    matching(r"[0-9A-Za-z-]+", "only letters, digits and hyphens"),
    matching(r"[^-](?:.*[^-])?", "a name that neither begins nor ends with a hyphen"),
)


def attributes_as_aws(inputs: Values, names: Iterable[str]) -> list[Any]:
    """The attributes that stand in these top-level properties, as AWS takes them."""
    wanted: list[Any] = []
    for path, key in _ATTRIBUTES.items():
        value: Any = inputs if path[0] in names else None
        for step in path:
            value = value.get(step) if value is not None else None
        if value is not None:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            wanted.append({"Key": key, "Value": text})
    return wanted


def attributes_from_aws(attributes: Iterable[Any]) -> Values:
    """AWS's attributes as the properties that they stand in."""
    texts = {entry.get("Key"): entry.get("Value") for entry in attributes}
    shown: Values = {}
    for path, key in _ATTRIBUTES.items():
        text = texts.get(key)
        if text is None:
            continue
        block = shown
        for step in path[:-1]:
            block = block.setdefault(step, {})
        block[path[-1]] = _typed(path, text)
    return shown


def _typed(path: tuple[str, ...], text: str) -> Any:
    if path == ("stickiness", "enabled"):
        return text == "true"
    return int(text) if path in _INTEGERS else text


def _health_check_arguments(inputs: Values) -> dict[str, Any]:
    check = map_of(inputs.get("healthCheck"))
    arguments = {aws: check[name] for name, aws in _HEALTH_CHECK.items() if name in check}
    if check.get("matcher"):
        code = "GrpcCode" if inputs.get("protocolVersion") == "GRPC" else "HttpCode"
        arguments["Matcher"] = {code: check["matcher"]}
    return arguments


def _create(call: ProviderCall, inputs: Values) -> str:
    elbv2 = call.aws.elbv2
    # AWS hands the existing group back when all settings are the same; it is not ours to take.
    if unless_gone(lambda: elbv2.describe_target_groups(Names=[inputs["name"]]), _NOT_FOUND):
        raise ProviderError(f"target group {inputs['name']} already exists")
    arguments: dict[str, Any] = {
        "Name": inputs["name"],
        "Port": inputs["port"],
        "Protocol": inputs["protocol"],
        "TargetType": inputs["targetType"],
        "VpcId": inputs["vpcId"],
    }
    if inputs.get("protocolVersion"):
        arguments["ProtocolVersion"] = inputs["protocolVersion"]
    answer = elbv2.create_target_group(
        **arguments, **_health_check_arguments(inputs), **listed(inputs.get("tags"))
    )
    return answer["TargetGroups"][0]["TargetGroupArn"]  # pyright: ignore[reportTypedDictNotRequiredAccess]


def _settle(call: ProviderCall, arn: str, inputs: Values) -> None:
    attributes = attributes_as_aws(inputs, inputs)
    if attributes:
        call.aws.elbv2.modify_target_group_attributes(TargetGroupArn=arn, Attributes=attributes)


def _update(
    call: ProviderCall, arn: str, _old: Values, new: Values, changed: frozenset[str]
) -> None:
    if "healthCheck" in changed and new.get("healthCheck"):
        call.aws.elbv2.modify_target_group(TargetGroupArn=arn, **_health_check_arguments(new))
    attributes = attributes_as_aws(new, changed)
    if attributes:
        call.aws.elbv2.modify_target_group_attributes(TargetGroupArn=arn, Attributes=attributes)


def read_target_group(call: ProviderCall, arn: str) -> Values | None:
    """The state in AWS of a target group, its attributes and tags."""
    answer = unless_gone(
        lambda: call.aws.elbv2.describe_target_groups(TargetGroupArns=[arn]), _NOT_FOUND
    )
    if not answer or not answer["TargetGroups"]:
        return None
    found: Any = answer["TargetGroups"][0]
    shown = call.aws.elbv2.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    check = {name: found.get(aws) for name, aws in _HEALTH_CHECK.items()}
    matcher = map_of(found.get("Matcher"))
    check["matcher"] = matcher.get("HttpCode") or matcher.get("GrpcCode")
    return {
        "arn": arn,
        "arnSuffix": arn.rpartition(":")[2],
        "name": found["TargetGroupName"],
        "port": found.get("Port"),
        "protocol": found.get("Protocol"),
        "protocolVersion": found.get("ProtocolVersion"),
        "vpcId": found.get("VpcId"),
        "targetType": found.get("TargetType", "instance"),
        "ipAddressType": found.get("IpAddressType"),
        "loadBalancerArns": found.get("LoadBalancerArns", []),
        "healthCheck": check,
        **attributes_from_aws(shown),
        "tags": read_elbv2(call, arn),
    }


def _delete(call: ProviderCall, arn: str, _state: Values) -> None:
    def delete() -> None:
        unless_gone(lambda: call.aws.elbv2.delete_target_group(TargetGroupArn=arn), _NOT_FOUND)

    call.retried(delete, "ResourceInUse", limit_seconds=IN_USE_LIMIT_SECONDS)


def _problems(inputs: Values) -> Iterator[tuple[str, str]]:
    for name in ("port", "protocol", "vpcId"):
        if inputs.get(name) is None:
            yield name, f"is needed when targetType is {inputs['targetType']}"
    check = map_of(inputs.get("healthCheck"))
    interval, timeout = check.get("interval"), check.get("timeout")
    if isinstance(interval, int) and isinstance(timeout, int) and timeout >= interval:
        yield "healthCheck.timeout", f"must be less than the interval {interval}, got {timeout}"


TARGET_GROUP = ResourceType(
    token="aws:lb/targetGroup:TargetGroup",
    properties={
        "name": Property(STRING, replaces=True, valid=NAME_RULE),
        "port": Property(INTEGER, replaces=True, valid=between(1, 65535)),
        "protocol": Property(STRING, replaces=True, valid=one_of("HTTP", "HTTPS")),
        "protocolVersion": Property(
            STRING, computed=True, replaces=True, valid=one_of("HTTP1", "HTTP2", "GRPC")
        ),
        "vpcId": Property(STRING, replaces=True),
        "targetType": Property(
            STRING, default="instance", replaces=True, valid=one_of("instance", "ip")
        ),
        "deregistrationDelay": Property(INTEGER, default=300, valid=between(0, 3600)),
        "slowStart": Property(INTEGER, default=0, valid=either(between(0, 0), between(30, 900))),
        "loadBalancingAlgorithmType": Property(
            STRING,
            computed=True,
            valid=one_of("round_robin", "least_outstanding_requests", "weighted_random"),
        ),
        "loadBalancingAnomalyMitigation": Property(
            STRING, computed=True, valid=one_of("on", "off")
        ),
        "loadBalancingCrossZoneEnabled": Property(
            STRING,
            computed=True,
            valid=one_of("true", "false", "use_load_balancer_configuration"),
        ),
        "stickiness": Property(
            Block(
                {
                    "enabled": Property(BOOLEAN, default=True),
                    "type": Property(
                        STRING, required=True, valid=one_of("lb_cookie", "app_cookie")
                    ),
                    "cookieDuration": Property(INTEGER, default=86400, valid=between(0, 604800)),
                }
            ),
            computed=True,
        ),
        "healthCheck": Property(
            Block(
                {
                    "enabled": Property(BOOLEAN, default=True),
                    "path": Property(
                        STRING,
                        computed=True,
                        valid=every(length(1, 1024), matching(r"/.*", "a path that begins with /")),
                    ),
                    "port": Property(
                        STRING, default="traffic-port", valid=text_number(1, 65536, "traffic-port")
                    ),
                    "protocol": Property(STRING, default="HTTP", valid=one_of("HTTP", "HTTPS")),
                    "matcher": Property(STRING, computed=True),
                    "interval": Property(INTEGER, default=30, valid=between(5, 300)),
                    "timeout": Property(INTEGER, computed=True, valid=between(2, 120)),
                    "healthyThreshold": Property(INTEGER, default=3, valid=between(2, 10)),
                    "unhealthyThreshold": Property(INTEGER, default=3, valid=between(2, 10)),
                }
            ),
            computed=True,
        ),
        "targetGroupHealth": Property(
            Block(
                {
                    "dnsFailover": Property(
                        Block(
                            {
                                "minimumHealthyTargetsCount": _COUNT,
                                "minimumHealthyTargetsPercentage": _PERCENTAGE,
                            }
                        )
                    ),
                    "unhealthyStateRouting": Property(
                        Block(
                            {
                                "minimumHealthyTargetsCount": Property(INTEGER, default=1),
                                "minimumHealthyTargetsPercentage": _PERCENTAGE,
                            }
                        )
                    ),
                }
            ),
            computed=True,
        ),
        "tags": TAGS,
    },
    outputs=("arn", "arnSuffix", "ipAddressType", "loadBalancerArns"),
    create=_create,
    read=read_target_group,
    update=_update,
    delete=_delete,
    settle=_settle,
    tagging=ELBV2_TAGGING,
    autoname=AutoName(most=32),
    problems=_problems,
)
