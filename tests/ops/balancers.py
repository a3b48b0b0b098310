"""Inspections of a load balancer that is as it should be, and of one with a field spoiled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ops.inspect.document import (
    Action,
    AutoScalingGroup,
    Details,
    HealthCheckReport,
    Inspection,
    InstanceReport,
    ListenerReport,
    LoadBalancerReport,
    RuleConditionReport,
    RuleReport,
    TargetGroupReport,
    TargetReport,
    TemplateReport,
    WeightedGroup,
)

ELB = "arn:aws:elasticloadbalancing:us-east-1:123456789012"
BALANCER_ARN = f"{ELB}:loadbalancer/app/shop/0123456789abcdef"
LISTENER_ARN = f"{ELB}:listener/app/shop/0123456789abcdef/0123456789abcdef"
VPC = "vpc-0a1b2c3d4e5f60718"
SUBNETS = ("subnet-0a1b2c3d4e5f60713", "subnet-0a1b2c3d4e5f60714")
WEB, PORTAL = "acme-us-prd-web-tg", "acme-us-prd-portal-tg"
CHECK = HealthCheckReport("HTTP", "traffic-port", "/healthz", "200", 10, 5, 3, 2)


def group_arn(name: str) -> str:
    return f"{ELB}:targetgroup/{name}/0123456789abcdef"


def rule_arn(priority: int | None) -> str:
    return f"{ELB}:listener-rule/app/shop/0123456789abcdef/0123456789abcdef/{priority or 0:016x}"


def forward(*groups: tuple[str, int], stickiness_seconds: int | None = None) -> Action:
    weighted = tuple(WeightedGroup(group_arn(name), weight) for name, weight in groups)
    return Action("forward", weighted, stickiness_seconds)


def rule(priority: int | None, group: str, *paths: str, **changed: Any) -> RuleReport:
    host = RuleConditionReport("host-header", ("www.acme.example",))
    made = RuleReport(
        arn=rule_arn(priority),
        priority=priority,
        conditions=(host, RuleConditionReport("path-pattern", paths)) if priority else (),
        actions=(forward((group, 1)),),
    )
    return replace(made, **changed)


def group(name: str, **changed: Any) -> TargetGroupReport:
    targets = tuple(TargetReport(f"i-{name}-{n}", "healthy") for n in range(2))
    made = TargetGroupReport(
        arn=group_arn(name),
        name=name,
        protocol="HTTP",
        protocol_version="HTTP1",
        port=8080,
        vpc_id=VPC,
        target_type="instance",
        check=CHECK,
        balancer_arns=(BALANCER_ARN,),
        details=Details(targets, has_stickiness=False, deregistration_delay_seconds=30),
    )
    return replace(made, **changed)


def fleet(name: str, *groups: str, **changed: Any) -> AutoScalingGroup:
    made = AutoScalingGroup(
        name=name,
        target_group_arns=tuple(group_arn(each) for each in groups),
        min_size=2,
        max_size=4,
        desired=2,
        instances=tuple(
            InstanceReport(f"i-{each}-{n}", "InService", "Healthy", "ami-0a1b2c3d4e5f60718")
            for each in groups
            for n in range(2)
        ),
        template=TemplateReport(
            "launch template", "web", "7", "ami-0a1b2c3d4e5f60718", "m5.large", "web", True
        ),
        health_check_type="ELB",
        grace_seconds=120,
        subnet_ids=SUBNETS,
    )
    return replace(made, **changed)


def listener(*rules: RuleReport, **changed: Any) -> ListenerReport:
    policy = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    last = RuleReport(rule_arn(None), None, (), (Action("fixed-response", answer="answers 404"),))
    made = ListenerReport(LISTENER_ARN, 443, "HTTPS", policy, ("arn:certificate",), (*rules, last))
    return replace(made, **changed)


def inspection(**changed: Any) -> Inspection:
    """Two services, each with a rule, a group and a fleet; nothing stands in their way."""
    made = Inspection(
        region="us-east-1",
        load_balancer=LoadBalancerReport(
            BALANCER_ARN, "shop", "shop.elb.example", "internet-facing", VPC, ("sg-0a1b2c3d",), ()
        ),
        listeners=(listener(rule(10, PORTAL, "/portal", "/portal/*"), rule(20, WEB, "/*")),),
        target_groups=(group(PORTAL), group(WEB)),
        auto_scaling_groups=(fleet("portal", PORTAL), fleet("web", WEB)),
        calls=12,
    )
    return replace(made, **changed)
