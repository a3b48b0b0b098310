"""Changes to load balancers and target groups."""

from __future__ import annotations

from typing import Any

from tests.rehearsal.provider.drift.mutation import (
    REPLACED,
    Fixed,
    Mutation,
    Subject,
    Table,
    Undo,
)


def _tag(subject: Subject) -> Undo:
    elbv2 = subject.client("elbv2")
    back = subject.inputs["tags"]["Name"]
    elbv2.add_tags(ResourceArns=[subject.id], Tags=[{"Key": "Name", "Value": "elsewhere"}])
    return lambda: elbv2.add_tags(ResourceArns=[subject.id], Tags=[{"Key": "Name", "Value": back}])


ELBV2_TAGS = Mutation(_tag, shows=frozenset({"tags.Name"}))


def _balancer_attribute(key: str, value: str) -> Mutation:
    def apply(subject: Subject) -> Undo:
        elbv2 = subject.client("elbv2")
        other = subject.ids.get(value, value)
        told = elbv2.describe_load_balancer_attributes(LoadBalancerArn=subject.id)["Attributes"]
        before = next(one for one in told if one["Key"] == key)

        def put(attribute: Any) -> None:
            elbv2.modify_load_balancer_attributes(
                LoadBalancerArn=subject.id, Attributes=[attribute]
            )

        put({"Key": key, "Value": other})
        return lambda: put(before)

    return Mutation(apply)


def _stop_access_logs(subject: Subject) -> Undo:
    elbv2 = subject.client("elbv2")

    def put(enabled: str) -> None:
        elbv2.modify_load_balancer_attributes(
            LoadBalancerArn=subject.id,
            Attributes=[{"Key": "access_logs.s3.enabled", "Value": enabled}],
        )

    put("false")
    return lambda: put("true")


def _other_address_type(subject: Subject) -> Undo:
    elbv2 = subject.client("elbv2")
    elbv2.set_ip_address_type(LoadBalancerArn=subject.id, IpAddressType="dualstack")
    return lambda: elbv2.set_ip_address_type(LoadBalancerArn=subject.id, IpAddressType="ipv4")


def _other_security_groups(subject: Subject) -> Undo:
    elbv2 = subject.client("elbv2")
    others = [subject.ids["group-2"], *subject.inputs["securityGroups"]]
    elbv2.set_security_groups(LoadBalancerArn=subject.id, SecurityGroups=others)
    return lambda: elbv2.set_security_groups(
        LoadBalancerArn=subject.id, SecurityGroups=subject.inputs["securityGroups"]
    )


def _other_subnets(subject: Subject) -> Undo:
    elbv2 = subject.client("elbv2")
    others = [subject.ids["subnet-c"], *subject.inputs["subnets"]]
    elbv2.set_subnets(LoadBalancerArn=subject.id, Subnets=others)
    return lambda: elbv2.set_subnets(LoadBalancerArn=subject.id, Subnets=subject.inputs["subnets"])


def _group_attribute(key: str, value: str) -> Mutation:
    def apply(subject: Subject) -> Undo:
        elbv2 = subject.client("elbv2")
        told = elbv2.describe_target_group_attributes(TargetGroupArn=subject.id)["Attributes"]
        before = next(one for one in told if one["Key"] == key)

        def put(*attributes: Any) -> None:
            elbv2.modify_target_group_attributes(
                TargetGroupArn=subject.id, Attributes=list(attributes)
            )

        # AWS wants a name for the application's cookie.
        named = {"Key": "stickiness.app_cookie.cookie_name", "Value": "session"}
        put({"Key": key, "Value": value}, *([named] if value == "app_cookie" else []))
        return lambda: put(before)

    return Mutation(apply)


def _health_check(argument: str, value: Any, back: Any) -> Mutation:
    def apply(subject: Subject) -> Undo:
        elbv2 = subject.client("elbv2")
        elbv2.modify_target_group(TargetGroupArn=subject.id, **{argument: value})
        return lambda: elbv2.modify_target_group(TargetGroupArn=subject.id, **{argument: back})

    return Mutation(apply)


_COUNT = "minimum_healthy_targets.count"
_PERCENTAGE = "minimum_healthy_targets.percentage"

BALANCING: dict[str, Table] = {
    "aws:lb/loadBalancer:LoadBalancer": {
        "name": REPLACED,
        "internal": REPLACED,
        "loadBalancerType": REPLACED,
        "ipAddressType": Mutation(_other_address_type),
        "securityGroups": Mutation(_other_security_groups),
        "subnets": Mutation(_other_subnets),
        "idleTimeout": _balancer_attribute("idle_timeout.timeout_seconds", "71"),
        "enableDeletionProtection": _balancer_attribute("deletion_protection.enabled", "true"),
        "dropInvalidHeaderFields": _balancer_attribute(
            "routing.http.drop_invalid_header_fields.enabled", "false"
        ),
        "desyncMitigationMode": _balancer_attribute(
            "routing.http.desync_mitigation_mode", "monitor"
        ),
        "enableHttp2": _balancer_attribute("routing.http2.enabled", "false"),
        "accessLogs.bucket": _balancer_attribute("access_logs.s3.bucket", "bucket-1"),
        "accessLogs.prefix": _balancer_attribute("access_logs.s3.prefix", "elsewhere"),
        "accessLogs.enabled": Mutation(_stop_access_logs),
        "tags": ELBV2_TAGS,
    },
    "aws:lb/targetGroup:TargetGroup": {
        "name": REPLACED,
        "port": REPLACED,
        "protocol": REPLACED,
        "protocolVersion": REPLACED,
        "vpcId": REPLACED,
        "targetType": REPLACED,
        "deregistrationDelay": _group_attribute("deregistration_delay.timeout_seconds", "2"),
        "slowStart": _group_attribute("slow_start.duration_seconds", "31"),
        # Slow start goes with round robin only.
        "loadBalancingAlgorithmType": Mutation(
            _group_attribute("load_balancing.algorithm.type", "least_outstanding_requests").apply,
            on="targets-3",
        ),
        "loadBalancingAnomalyMitigation": Mutation(
            _group_attribute("load_balancing.algorithm.anomaly_mitigation", "on").apply,
            on="targets-3",
        ),
        "loadBalancingCrossZoneEnabled": _group_attribute(
            "load_balancing.cross_zone.enabled", "true"
        ),
        "stickiness.enabled": _group_attribute("stickiness.enabled", "true"),
        "stickiness.type": _group_attribute("stickiness.type", "app_cookie"),
        "stickiness.cookieDuration": _group_attribute(
            "stickiness.lb_cookie.duration_seconds", "3601"
        ),
        "healthCheck.enabled": Fixed("AWS checks every instance and address: it is always on"),
        "healthCheck.path": _health_check("HealthCheckPath", "/other", "/health"),
        "healthCheck.port": _health_check("HealthCheckPort", "8081", "traffic-port"),
        "healthCheck.protocol": _health_check("HealthCheckProtocol", "HTTPS", "HTTP"),
        "healthCheck.matcher": _health_check(
            "Matcher", {"HttpCode": "200-299"}, {"HttpCode": "200"}
        ),
        "healthCheck.interval": _health_check("HealthCheckIntervalSeconds", 16, 15),
        "healthCheck.timeout": _health_check("HealthCheckTimeoutSeconds", 6, 5),
        "healthCheck.healthyThreshold": _health_check("HealthyThresholdCount", 3, 2),
        "healthCheck.unhealthyThreshold": _health_check("UnhealthyThresholdCount", 5, 4),
        **{
            f"targetGroupHealth.{block}.minimumHealthyTargets{unit}": _group_attribute(
                f"target_group_health.{name}.{key}", "2"
            )
            for block, name in (
                ("dnsFailover", "dns_failover"),
                ("unhealthyStateRouting", "unhealthy_state_routing"),
            )
            for unit, key in (("Count", _COUNT), ("Percentage", _PERCENTAGE))
        },
        "tags": ELBV2_TAGS,
    },
}
