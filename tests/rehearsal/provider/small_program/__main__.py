"""A few resources whose shape the stack's config chooses."""

from __future__ import annotations

from typing import Any

import pulumi

config = pulumi.Config()


def resource(
    token: str, name: str, inputs: dict[str, Any], *outputs: str, **options: Any
) -> pulumi.CustomResource:
    """A resource by its token, with the outputs that are asked of it."""
    known = {**dict.fromkeys(outputs), **inputs}
    return pulumi.CustomResource(token, name, known, pulumi.ResourceOptions(**options))


network: dict[str, Any] = {
    "cidrBlock": "10.0.0.0/16",
    **({"surprise": 1} if config.get_bool("surprise") else {}),
}
vpc = resource("aws:ec2/vpc:Vpc", "vpc", network)
group = resource(
    "aws:lb/targetGroup:TargetGroup",
    "targets",
    {
        "name": config.get("targetGroupName"),
        "port": config.get_int("port") or 80,
        "protocol": "HTTP",
        "vpcId": vpc.id,
        "healthCheck": {"path": config.get("path") or "/"},
    },
    ignore_changes=["healthCheck.path"] if config.get_bool("ignorePath") else None,
)
template = resource(
    "aws:ec2/launchTemplate:LaunchTemplate",
    "template",
    {
        "name": "small",
        "imageId": config.require("imageId"),
        "instanceType": "t3.micro",
        "userData": config.require_secret("userData"),
    },
    "latestVersion",
)
if config.get("logBucket"):
    subnets = [
        resource(
            "aws:ec2/subnet:Subnet",
            f"subnet-{zone}",
            {
                "vpcId": vpc.id,
                "cidrBlock": f"10.0.{at}.0/24",
                "availabilityZone": f"us-east-1{zone}",
            },
        )
        for at, zone in enumerate("ab")
    ]
    logs = {"bucket": config.get("logBucket"), "enabled": config.get_bool("logs")}
    resource(
        "aws:lb/loadBalancer:LoadBalancer",
        "balancer",
        {
            "name": "small",
            "internal": True,
            "subnets": [subnet.id for subnet in subnets],
            "accessLogs": logs,
        },
    )
pulumi.export("targets", group.id)
