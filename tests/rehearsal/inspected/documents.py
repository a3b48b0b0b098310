"""A small inspection, as `failover inspect --json` prints it, and the stack file that fits it."""

from __future__ import annotations

import copy
from typing import Any

REGION = "us-east-1"
ACCOUNT = "210987654321"
_ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
BALANCER = f"{_ELB}:loadbalancer/app/shop/0123456789abcdef"
LISTENER = f"{_ELB}:listener/app/shop/0123456789abcdef/fedcba9876543210"
GROUPS = {
    name: f"{_ELB}:targetgroup/{name}/00112233445566{n:02}"
    for n, name in enumerate(("web-01-tg", "web-02-tg", "legacy-tg"))
}
VPC = "vpc-0a1b2c3d4e5f60718"
SUBNETS = ["subnet-0a1b2c3d4e5f60711", "subnet-0a1b2c3d4e5f60712"]
SECURITY_GROUP = "sg-0a1b2c3d4e5f60718"
TEMPLATE = "lt-0a1b2c3d4e5f60718"
PREVIEW = "x-rehearsed-preview"


def forward(*names: str) -> dict[str, Any]:
    groups = [{"arn": GROUPS[name], "weight": 1} for name in names]
    return {"kind": "forward", "groups": groups, "stickinessSeconds": None, "config": None}


def rule(priority: int | None, *actions: dict[str, Any], **own: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "arn": f"{LISTENER.replace(':listener/', ':listener-rule/')}/{priority or 0:016}",
        "priority": priority,
        "conditions": [condition("host-header", f"{priority}.shop.example")] if priority else [],
        "actions": list(actions),
        "hasTransforms": False,
        "isPreview": False,
    }
    return {**found, **own}


def condition(field: str, *values: str, **own: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"field": field, "values": list(values), "header": None}
    return {**found, "isPattern": False, "keys": [], **own}


def answer(status: str) -> dict[str, Any]:
    config = {"StatusCode": status}
    return {
        "kind": "fixed-response",
        "groups": [],
        "stickinessSeconds": None,
        "config": config,
    }


def target_group(name: str, *targets: str, **own: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "arn": GROUPS[name],
        "name": name,
        "protocol": "HTTP",
        "protocolVersion": "HTTP1",
        "port": 8080,
        "targetType": "instance",
        "check": {
            "protocol": "HTTP",
            "port": "traffic-port",
            "path": "/healthz",
            "matcher": "200",
            "intervalSeconds": 5,
            "timeoutSeconds": 2,
            "healthyThreshold": 2,
            "unhealthyThreshold": 2,
        },
        "details": {
            "targets": [{"id": each, "state": "healthy", "port": 8080} for each in targets],
            "attributes": {"deregistration_delay.timeout_seconds": "20"},
        },
    }
    return {**found, **own}


def server(instance_id: str, image_id: str, address: str) -> dict[str, Any]:
    return {
        "id": instance_id,
        "privateIp": address,
        "subnetId": SUBNETS[0],
        "securityGroupIds": [SECURITY_GROUP],
        "imageId": image_id,
        "instanceType": "m7i.large",
    }


def document(**own: Any) -> dict[str, Any]:
    """Two slots of servers that are registered by hand, and another team's rule."""
    everyone = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    found: dict[str, Any] = {
        "version": 2,
        "region": REGION,
        "loadBalancer": {
            "arn": BALANCER,
            "name": "shop",
            "scheme": "internet-facing",
            "vpcId": VPC,
            "securityGroupIds": [SECURITY_GROUP],
            "subnetIds": SUBNETS,
            "attributes": {"idle_timeout.timeout_seconds": "75"},
        },
        "listeners": [
            {
                "arn": LISTENER,
                "port": 443,
                "protocol": "HTTPS",
                "tlsPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
                "certificateArns": [
                    f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/6f2a1c0e-93b4-4d57-8a1e-2b7c5d9e0f13"
                ],
                "rules": [
                    rule(10, forward("legacy-tg")),
                    rule(50, forward("web-01-tg", "web-02-tg")),
                    rule(None, answer("404")),
                ],
            }
        ],
        "targetGroups": [
            target_group("web-01-tg", "i-00000000000000001"),
            target_group("web-02-tg", "i-00000000000000002"),
            target_group("legacy-tg", "i-00000000000000003", "i-00000000000000004"),
        ],
        "autoScalingGroups": [],
        "network": {
            "vpcId": VPC,
            "cidrBlocks": ["10.7.0.0/16"],
            "subnets": [
                {"id": each, "cidrBlock": f"10.7.{n}.0/24", "zone": f"{REGION}{'ab'[n]}"}
                for n, each in enumerate(SUBNETS)
            ],
            "securityGroups": [
                {
                    "id": SECURITY_GROUP,
                    "name": "shop",
                    "description": "",
                    "ingress": everyone,
                    "egress": everyone,
                }
            ],
        },
        "servers": [
            server("i-00000000000000001", "ami-0aaaaaaaaaaaaaaaa", "10.7.0.11"),
            server("i-00000000000000002", "ami-0bbbbbbbbbbbbbbbb", "10.7.0.12"),
        ],
        "launchTemplates": [],
        "launchConfigurations": [],
        "obstacles": [],
    }
    return copy.deepcopy({**found, **own})


def template(*numbers: int, template_id: str = TEMPLATE) -> dict[str, Any]:
    return {
        "id": template_id,
        "name": f"shop-{template_id}",
        "defaultVersion": numbers[0] if numbers else 1,
        "versions": [
            {
                "number": number,
                "description": f"of {number}",
                "hasUserData": True,
                "data": {
                    "ImageId": "ami-0aaaaaaaaaaaaaaaa",
                    "InstanceType": "m7i.large",
                    "SecurityGroupIds": [SECURITY_GROUP],
                    "KeyName": f"key-{number}",
                },
            }
            for number in numbers
        ],
    }


def fleet(name: str, group: str, version: str, **own: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": name,
        "targetGroupArns": [GROUPS[group]],
        "minSize": 1,
        "maxSize": 3,
        "desired": 2,
        "healthCheckType": "ELB",
        "subnetIds": SUBNETS,
        "template": {
            "kind": "launch template",
            "name": f"shop-{TEMPLATE}",
            "id": TEMPLATE,
            "version": version,
            "isGone": False,
        },
        "instances": [{"id": "i-00000000000000001"}],
    }
    return {**found, **own}


def slot(name: str, **own: Any) -> dict[str, Any]:
    return {"targetGroup": {"existing": name}, **(own or {"registered": True})}


def config(**own: Any) -> dict[str, Any]:
    """The `config` of the stack file."""
    found: dict[str, Any] = {
        "aws:region": REGION,
        "aws:allowedAccountIds": [ACCOUNT],
        "failover:org": "shop",
        "failover:regionCode": "us",
        "failover:environment": "prd",
        "failover:network": {"vpcId": VPC},
        "failover:loadBalancer": {
            "arn": BALANCER,
            "listenerArn": LISTENER,
            "securityGroupId": SECURITY_GROUP,
        },
        "failover:services": {
            "web": {
                "hosts": ["50.shop.example"],
                "priority": 50,
                "slots": {"01": slot("web-01-tg"), "02": slot("web-02-tg")},
            }
        },
    }
    return copy.deepcopy({**found, **own})
