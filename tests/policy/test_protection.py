"""The policy on protection."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy import (
    test_auto_scaling_group,
    test_launch_template,
    test_listener_rule,
    test_load_balancer,
    test_target_group,
)
from tests.policy.asking import violations

POLICY = "traffic-resource-protect"
UNPROTECTED = [
    "the option protect is off; expected on: a delete, a replacement and a destroy are then "
    "refused (`pulumi config set failover:protection true`)"
]
ONE_PORT = {
    "ipProtocol": "tcp",
    "fromPort": 8080,
    "toPort": 8080,
    "referencedSecurityGroupId": "sg-0a1b2c3d4e5f60718",
}
carries_traffic = pytest.mark.parametrize(
    ("kind", "compliant"),
    [
        (test_load_balancer.BALANCER, test_load_balancer.COMPLIANT),
        (test_load_balancer.LISTENER, test_load_balancer.HTTPS),
        (test_listener_rule.RULE, test_listener_rule.COMPLIANT),
        (test_target_group.GROUP, test_target_group.COMPLIANT),
        (test_auto_scaling_group.GROUP, test_auto_scaling_group.COMPLIANT),
        ("aws:autoscaling/policy:Policy", {"name": "web-01-cpu"}),
        (test_launch_template.TEMPLATE, test_launch_template.COMPLIANT),
        ("aws:ec2/securityGroup:SecurityGroup", {"name": "instance-sg"}),
        ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", ONE_PORT),
        ("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", ONE_PORT),
        ("aws:ec2/securityGroupRule:SecurityGroupRule", {**ONE_PORT, "type": "egress"}),
        ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"}),
        ("aws:ec2/subnet:Subnet", {"cidrBlock": "10.0.0.0/24"}),
        ("aws:ec2/internetGateway:InternetGateway", {}),
        ("aws:ec2/routeTable:RouteTable", {}),
        ("aws:ec2/route:Route", {}),
        ("aws:ec2/routeTableAssociation:RouteTableAssociation", {}),
    ],
)


@carries_traffic
def test_what_carries_traffic_is_protected(kind: str, compliant: dict[str, Any]) -> None:
    assert violations(kind, compliant, is_protected=False) == {POLICY: UNPROTECTED}


@carries_traffic
def test_where_protection_is_off_nothing_need_be(kind: str, compliant: dict[str, Any]) -> None:
    config = {POLICY: {"protection": False}}

    assert violations(kind, compliant, is_protected=False, config=config) == {}


@pytest.mark.parametrize(
    "kind",
    ["aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/dashboard:Dashboard"],
)
def test_what_only_watches_traffic_may_go(kind: str) -> None:
    assert violations(kind, {"name": "web-01-target-5xx"}, is_protected=False) == {}


def test_an_adopted_resource_is_exempt_by_name() -> None:
    config = {POLICY: {"exempt": ["https"]}}
    kind, listener = test_load_balancer.LISTENER, test_load_balancer.HTTPS

    assert violations(kind, listener, name="https", is_protected=False, config=config) == {}
    assert list(violations(kind, listener, name="http", is_protected=False, config=config)) == [
        POLICY
    ]
