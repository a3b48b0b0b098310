"""Declares what no policy lets pass: each resource is named by the one policy that it is against.

Whatever is not the fault in question is as it should be, so that each is refused by that policy and
by no other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012"
BALANCER = f"{ARN}:loadbalancer/app/shop/0123456789abcdef"
LISTENER = f"{ARN}:listener/app/shop/0123456789abcdef/0123456789abcdef"
GROUPS = [f"{ARN}:targetgroup/shop-{slot}/0123456789abcdef" for slot in ("01", "02")]
PREFIX = "hankooktire-us-bad"
PROTECTED = pulumi.ResourceOptions(protect=True)
NOT_FOUND: Any = {
    "type": "fixed-response",
    "fixed_response": {"content_type": "text/plain", "status_code": "404"},
}
FORWARD: Any = {"type": "forward", "target_group_arn": GROUPS[0]}
PREVIEW: Any = {"http_header": {"http_header_name": "X-Failover-Slot", "values": ["01-token"]}}
HOST: Any = {"host_header": {"values": ["www.example"]}}


def weighted(*weights: int, sticky: bool = False, groups: Sequence[str] = GROUPS) -> Any:
    """A forward action with these weights."""
    shares = [{"arn": arn, "weight": w} for arn, w in zip(groups, weights, strict=True)]
    stickiness = {"enabled": sticky, "duration": 3600}
    return {"type": "forward", "forward": {"target_groups": shares, "stickiness": stickiness}}


def rule(
    policy: str,
    action: Any,
    priority: int,
    *ignored: str,
    condition: Any = HOST,
    tags: dict[str, str] | None = None,
) -> None:
    """A listener rule."""
    options = pulumi.ResourceOptions(protect=True, ignore_changes=list(ignored))
    aws.lb.ListenerRule(
        policy,
        listener_arn=LISTENER,
        priority=priority,
        conditions=[condition],
        actions=[action],
        tags=tags,
        opts=options,
    )


def target_group(policy: str, **spoilt: Any) -> None:
    """A target group."""
    good: dict[str, Any] = {
        "name": f"{PREFIX}-shop-01-tg",
        "port": 8080,
        "protocol": "HTTP",
        "vpc_id": "vpc-0a1b2c3d4e5f60718",
        "deregistration_delay": 30,
        "stickiness": {"enabled": False, "type": "lb_cookie"},
        "health_check": {"interval": 10, "timeout": 5},
    }
    options = pulumi.ResourceOptions(protect=spoilt.pop("protect", True))
    aws.lb.TargetGroup(policy, **(good | spoilt), opts=options)


def group(policy: str, **spoilt: Any) -> None:
    """An Auto Scaling group."""
    good: dict[str, Any] = {
        "name": f"{PREFIX}-shop-01-asg",
        "min_size": 1,
        "max_size": 2,
        "vpc_zone_identifiers": ["subnet-0a1b2c3d4e5f60711", "subnet-0a1b2c3d4e5f60712"],
        "health_check_type": "ELB",
        "health_check_grace_period": 120,
        "launch_template": {"id": "lt-0123456789abcdef0", "version": "1"},
    }
    aws.autoscaling.Group(policy, **(good | spoilt), opts=PROTECTED)


def template(policy: str, **spoilt: Any) -> None:
    """A launch template."""
    good: dict[str, Any] = {
        "name": f"{PREFIX}-shop-01-lt",
        "image_id": "ami-0fa11000000000001",
        "instance_type": "t3.small",
        "metadata_options": {"http_endpoint": "enabled", "http_tokens": "required"},
        "network_interfaces": [{"device_index": 0, "associate_public_ip_address": "false"}],
        "block_device_mappings": [{"device_name": "/dev/xvda", "ebs": {"encrypted": "true"}}],
    }
    aws.ec2.LaunchTemplate(policy, **(good | spoilt), opts=PROTECTED)


def listener(policy: str, **spoilt: Any) -> None:
    """An HTTPS listener."""
    good: dict[str, Any] = {
        "load_balancer_arn": BALANCER,
        "port": 443,
        "protocol": "HTTPS",
        "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/0f0f0f0f",
        "default_actions": [NOT_FOUND],
    }
    aws.lb.Listener(policy, **(good | spoilt), opts=PROTECTED)


def load_balancer(policy: str, **spoilt: Any) -> None:
    """A load balancer."""
    good: dict[str, Any] = {
        "name": f"{PREFIX}-alb",
        "load_balancer_type": "application",
        "subnets": ["subnet-0a1b2c3d4e5f60711", "subnet-0a1b2c3d4e5f60712"],
        "drop_invalid_header_fields": True,
        "desync_mitigation_mode": "defensive",
        "enable_deletion_protection": True,
        "access_logs": {"bucket": "logs", "enabled": True},
    }
    aws.lb.LoadBalancer(policy, **(good | spoilt), opts=PROTECTED)


def ingress(policy: str, from_port: int, to_port: int, cidr: str) -> None:
    """A rule of a security group."""
    aws.vpc.SecurityGroupIngressRule(
        policy,
        security_group_id="sg-0a1b2c3d4e5f60718",
        ip_protocol="tcp",
        from_port=from_port,
        to_port=to_port,
        cidr_ipv4=cidr,
        opts=PROTECTED,
    )


def bucket_policy(policy: str, action: str) -> None:
    """A bucket's policy."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "123456789012"},
        "Action": action,
        "Resource": "arn:aws:s3:::logs/*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.s3.BucketPolicy(policy, bucket="logs", policy=document)


rule("listener-rule-two-groups", FORWARD, 10)
rule("listener-rule-distinct-groups", weighted(75, 25, groups=GROUPS[:1] * 2), 15)
rule("listener-rule-split-total", weighted(50, 49), 20)
rule("listener-rule-stickiness", weighted(100, 0, sticky=True), 30)
rule("listener-rule-preview", weighted(50, 50), 40, condition=PREVIEW)
rule("listener-rule-weights", weighted(75, 25), 50, "actions[0].forward")
rule("listener-rule-preview-login", FORWARD, 60, condition=PREVIEW, tags={"Login": "skipped"})

target_group("target-group-stickiness", stickiness={"enabled": True, "type": "lb_cookie"})
target_group("target-group-health-check-interval", health_check={"interval": 31, "timeout": 5})
target_group("target-group-deregistration-delay", deregistration_delay=0)
target_group("target-group-name", name="shop")
target_group("traffic-resource-protect", protect=False)

latest = {"id": "lt-0123456789abcdef0", "version": "$Latest"}
group("auto-scaling-group-template-version", launch_template=latest)
group("auto-scaling-group-grace", health_check_grace_period=0)
group("auto-scaling-group-health-check", health_check_type="EC2")
group("auto-scaling-group-zones", vpc_zone_identifiers=["subnet-0a1b2c3d4e5f60711"])
group("auto-scaling-group-name", name="shop")
if pulumi.Config().get_bool("old"):
    # The local provider knows no other source of instances and ends the preview here, so that the
    # other faults are shown without this one.
    group("auto-scaling-group-launch-template", launch_template=None, launch_configuration="shop")

template("launch-template-metadata", metadata_options={"http_tokens": "optional"})
template(
    "launch-template-public-address",
    network_interfaces=[{"device_index": 0, "associate_public_ip_address": "true"}],
)
template(
    "launch-template-volumes",
    block_device_mappings=[{"device_name": "/dev/xvda", "ebs": {"encrypted": "false"}}],
)
template("launch-template-name", name="shop")

plain: dict[str, Any] = {"port": 80, "protocol": "HTTP", "ssl_policy": None}
listener("listener-default-action", default_actions=[FORWARD])
listener("listener-redirect", **plain, certificate_arn=None)
listener("listener-tls-policy", ssl_policy="ELBSecurityPolicy-2016-08")
listener("listener-protocol", port=80, protocol=None, ssl_policy=None, certificate_arn=None)

load_balancer("load-balancer-invalid-headers", drop_invalid_header_fields=False)
load_balancer("load-balancer-access-logs", access_logs=None)
load_balancer("load-balancer-deletion-protection", enable_deletion_protection=False)
load_balancer("load-balancer-desync", desync_mitigation_mode="monitor")
load_balancer("load-balancer-zones", subnets=["subnet-0a1b2c3d4e5f60711"])
load_balancer("load-balancer-name", name="shop")
load_balancer("load-balancer-firewall")

# Port 22 is no listener's either: the policy on open ports refuses this one too.
ingress("security-group-admin-ports", 22, 22, "0.0.0.0/0")
ingress("security-group-open-ports", 8080, 8080, "0.0.0.0/0")

bucket_policy("iam-policy-full-access", "*")
bucket_policy("iam-policy-service-wildcard", "s3:*")
