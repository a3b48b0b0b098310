"""Two services whose servers are registered by hand, in two target groups each.

Named as a team names them, with everything on slot 01; there is no Auto Scaling group.

`python -m tests.ops.hand_registered` makes it in the rehearsal that the shell uses.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3

from rehearsal.account import images_of, self_signed_certificate

Client = Callable[[str], Any]

BALANCER = "by-hand"
HOST = "www.hankooktire.example"
PATHS = {"portal": ["/portal", "/portal/*"], "web": []}
PRIORITIES = {"portal": 40, "web": 50}
SERVERS = 2
_PATIENCE_SECONDS = 60.0


def group_name(service: str, slot: str) -> str:
    return f"hankooktire-us-prd-{service}-{slot}-tg"


@dataclass(frozen=True)
class Servers:
    """What was made, by the ids that tests need."""

    client: Client
    listener_arn: str
    subnet_id: str
    security_group_id: str
    groups: dict[tuple[str, str], str]
    """ARN of the target group, by service and slot."""

    def register(self, service: str, slot: str, image: str, count: int = SERVERS) -> list[str]:
        """Start servers and register them, as a person does; returns their ids."""
        launched = self.client("ec2").run_instances(
            ImageId=image,
            InstanceType="m7i.large",
            MinCount=count,
            MaxCount=count,
            SubnetId=self.subnet_id,
            SecurityGroupIds=[self.security_group_id],
        )["Instances"]
        ids = [each["InstanceId"] for each in launched]
        targets = [{"Id": each} for each in ids]
        self.client("elbv2").register_targets(
            TargetGroupArn=self.groups[service, slot], Targets=targets
        )
        return ids

    def targets(self, service: str, slot: str) -> dict[str, str]:
        """State by the id of each target; draining ones are no longer in the group."""
        described = self.client("elbv2").describe_target_health(
            TargetGroupArn=self.groups[service, slot]
        )["TargetHealthDescriptions"]
        states = {each["Target"]["Id"]: each["TargetHealth"]["State"] for each in described}
        return {target: state for target, state in states.items() if state != "draining"}

    def deregister(self, service: str, slot: str) -> None:
        """Take every target out of a group."""
        targets = [{"Id": each} for each in self.targets(service, slot)]
        self.client("elbv2").deregister_targets(
            TargetGroupArn=self.groups[service, slot], Targets=targets
        )

    def weights(self, service: str) -> dict[str, int]:
        """The weight of each slot in the rule of a service."""
        rules = self.client("elbv2").describe_rules(ListenerArn=self.listener_arn)["Rules"]
        (rule,) = [each for each in rules if each["Priority"] == str(PRIORITIES[service])]
        forward = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
        weights = {each["TargetGroupArn"]: each["Weight"] for each in forward}
        return {slot: weights.get(self.groups[service, slot], 0) for slot in ("01", "02")}

    def wait_until_healthy(self, slot: str) -> None:
        """Return when every server of a slot is healthy."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while any(
            [*self.targets(service, slot).values()] != ["healthy"] * SERVERS for service in PATHS
        ):
            assert time.monotonic() < deadline, {s: self.targets(s, slot) for s in PATHS}
            time.sleep(0.1)  # a health check has no event to await


def registered_by_hand(client: Client, images: dict[str, str]) -> Servers:
    """Make the load balancer, the target groups and the servers: v1 on slot 01, v2 on slot 02."""
    ec2, elb = client("ec2"), client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="172.21.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    front = [_subnet(ec2, vpc, number) for number in range(2)]
    balancer_group, server_group = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("front", "servers")
    )
    ec2.authorize_security_group_ingress(
        GroupId=balancer_group, IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp="0.0.0.0/0"
    )
    pair = {"UserIdGroupPairs": [{"GroupId": balancer_group}]}
    ec2.authorize_security_group_ingress(
        GroupId=server_group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, **pair}],
    )
    listener_arn = _listener(client, front, balancer_group)
    groups = {
        (service, slot): _target_group(elb, group_name(service, slot), vpc)
        for service in PATHS
        for slot in ("01", "02")
    }
    servers = Servers(client, listener_arn, _subnet(ec2, vpc, 2), server_group, groups)
    for service, paths in PATHS.items():
        conditions = [{"Field": "host-header", "Values": [HOST]}]
        if paths:
            conditions.append({"Field": "path-pattern", "Values": paths})
        elb.create_rule(
            ListenerArn=listener_arn,
            Priority=PRIORITIES[service],
            Conditions=conditions,
            Actions=[{"Type": "forward", "TargetGroupArn": groups[service, "01"]}],
        )
        servers.register(service, "01", images["v1"])
        servers.register(service, "02", images["v2"])
    return servers


def _subnet(ec2: Any, vpc: str, number: int) -> str:
    return ec2.create_subnet(
        VpcId=vpc,
        CidrBlock=f"172.21.{number}.0/24",
        AvailabilityZone=f"us-east-1{'ab'[number % 2]}",
    )["Subnet"]["SubnetId"]


def _listener(client: Client, subnets: list[str], security_group_id: str) -> str:
    elb = client("elbv2")
    certificate, key = self_signed_certificate(["*.hankooktire.example"])
    imported = client("acm").import_certificate(Certificate=certificate, PrivateKey=key)
    balancer_arn = elb.create_load_balancer(
        Name=BALANCER, Subnets=subnets, SecurityGroups=[security_group_id]
    )["LoadBalancers"][0]["LoadBalancerArn"]
    return elb.create_listener(
        LoadBalancerArn=balancer_arn,
        Port=443,
        Protocol="HTTPS",
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[{"CertificateArn": imported["CertificateArn"]}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Listeners"][0]["ListenerArn"]


def _target_group(elb: Any, name: str, vpc: str) -> str:
    return elb.create_target_group(
        Name=name,
        Protocol="HTTP",
        Port=8080,
        VpcId=vpc,
        HealthCheckPath="/healthz",
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=2,
    )["TargetGroups"][0]["TargetGroupArn"]


def main() -> None:
    """Make it in the local AWS of the environment."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if not endpoint.startswith("http://127.0.0.1:"):
        sys.exit('this is for a rehearsal: eval "$(failover rehearse env)"')
    session: Any = boto3.Session()
    servers = registered_by_hand(session.client, images_of(endpoint, session.region_name))
    servers.wait_until_healthy("01")
    print(f"{BALANCER} serves: {servers.listener_arn}")


if __name__ == "__main__":
    main()
