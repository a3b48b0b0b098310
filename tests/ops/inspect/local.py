"""boto3 on a local AWS, and a load balancer of any size in it."""

from __future__ import annotations

import functools
import os
from typing import Any

import boto3

from rehearsal.local_aws import LocalAws


class Local:
    """One local AWS."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.own = LocalAws(endpoint)
        self._session: Any = boto3.Session("test", "test", region_name="us-east-1")
        self._clients: list[Any] = []

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "inspector",
            "AWS_SECRET_ACCESS_KEY": "inspector",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    @functools.cache  # noqa: B019  (one instance, as long as the tests)
    def client(self, service: str) -> Any:
        client = self._session.client(service, endpoint_url=self.endpoint)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def balancer(self, name: str) -> tuple[str, str, str]:
        """ARN of a new load balancer, ARN of its listener, and its VPC."""
        ec2, elb = self.client("ec2"), self.client("elbv2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=zone)[
                "Subnet"
            ]["SubnetId"]
            for n, zone in enumerate(("us-east-1a", "us-east-1b"))
        ]
        arn = elb.create_load_balancer(Name=name, Subnets=subnets)["LoadBalancers"][0][
            "LoadBalancerArn"
        ]
        answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
        listener = elb.create_listener(
            LoadBalancerArn=arn, Port=8080, Protocol="HTTP", DefaultActions=[answer]
        )["Listeners"][0]["ListenerArn"]
        return arn, listener, vpc

    def group(self, name: str, vpc: str) -> str:
        made = self.client("elbv2").create_target_group(
            Name=name, Protocol="HTTP", Port=8080, VpcId=vpc
        )
        return made["TargetGroups"][0]["TargetGroupArn"]

    def rule(self, listener: str, priority: int, group: str) -> None:
        self.client("elbv2").create_rule(
            ListenerArn=listener,
            Priority=priority,
            Conditions=[{"Field": "path-pattern", "Values": [f"/{priority}/*"]}],
            Actions=[{"Type": "forward", "TargetGroupArn": group}],
        )
