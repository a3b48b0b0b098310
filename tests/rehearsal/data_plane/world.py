"""A whole local AWS with traffic: the two processes, raw boto3, and a client that is a browser."""

from __future__ import annotations

import functools
import json
import os
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config

from rehearsal.account import self_signed_certificate

ROOT = Path(__file__).parents[3]
HOST = "www.example.test"
RETRY_SECONDS = 60.0
T = TypeVar("T")


class Process:
    """One of the rehearsal's processes, which says in one line of JSON when it is ready."""

    def __init__(self, module: str, *arguments: str, stderr: Any = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
        assert self.process.stdout is not None
        self.said: dict[str, int] = json.loads(self.process.stdout.readline() or "{}")

    def stop(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        finally:
            self.process.kill()
            self.process.stdout.close()


def eventually(look: Callable[[], T | None], what: str, seconds: float = RETRY_SECONDS) -> T:
    """The first answer that is not None or False; AWS has no events to await."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return found


class Rehearsed:
    """The local AWS, its data plane, and what a test needs to make things in it."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.control = Process("rehearsal.control_plane", "--health", "reported")
        self.endpoint = f"http://127.0.0.1:{self.control.said['port']}"
        arguments = ["--endpoint", self.endpoint, "--folder", str(folder), "--boot-seconds", "0.5"]
        self.data = Process("rehearsal.data_plane", *arguments, *options)
        self.https_port = self.data.said["httpsPort"]
        self.http_port = self.data.said["httpPort"]
        self._number = 0

    def close(self) -> None:
        for client in [self.elbv2, self.ec2, self.autoscaling, self.acm]:
            client.close()
        self.data.stop()
        self.control.stop()

    @functools.cached_property
    def _session(self) -> Any:
        return boto3.Session("test", "test", region_name="us-east-1")

    def _client(self, name: str) -> Any:
        config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
        return self._session.client(name, endpoint_url=self.endpoint, config=config)

    @functools.cached_property
    def elbv2(self) -> Any:
        return self._client("elbv2")

    @functools.cached_property
    def ec2(self) -> Any:
        return self._client("ec2")

    @functools.cached_property
    def autoscaling(self) -> Any:
        return self._client("autoscaling")

    @functools.cached_property
    def acm(self) -> Any:
        return self._client("acm")

    def next(self) -> int:
        self._number += 1
        return self._number

    @functools.cached_property
    def vpc_id(self) -> str:
        vpc_id = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(VpcId=vpc_id, InternetGatewayId=gateway)
        # The load balancer and the instances are in the VPC's default group, whose members may
        # reach each other.
        (group,) = self.ec2.describe_security_groups(
            Filters=[{"Name": "vpc-id", "Values": [vpc_id]}]
        )["SecurityGroups"]
        for port in (80, 443):
            self.let_in(group["GroupId"], port, CidrIp="0.0.0.0/0")
        return vpc_id

    def let_in(self, group_id: str, port: int, **source: str) -> None:
        """Let `source` reach the members of a security group on `port`."""
        self.ec2.authorize_security_group_ingress(
            GroupId=group_id, IpProtocol="tcp", FromPort=port, ToPort=port, **source
        )

    def let_in_from(self, group_id: str, source_group_id: str, port: int) -> None:
        """Let the members of one security group reach those of another on `port`."""
        pair = {"UserIdGroupPairs": [{"GroupId": source_group_id}]}
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **pair}
        self.ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[permission])

    @functools.cached_property
    def subnet_ids(self) -> list[str]:
        return [
            self.ec2.create_subnet(
                VpcId=self.vpc_id, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{zone}"
            )["Subnet"]["SubnetId"]
            for i, zone in enumerate("ab")
        ]

    @functools.cached_property
    def load_balancer_arn(self) -> str:
        made = self.elbv2.create_load_balancer(Name="alb", Subnets=self.subnet_ids)
        return made["LoadBalancers"][0]["LoadBalancerArn"]

    @functools.cached_property
    def listener_arn(self) -> str:
        """The HTTPS listener, with an HTTP one that redirects to it."""
        certificate, key = self_signed_certificate([HOST, "*.example.test"])
        imported = self.acm.import_certificate(Certificate=certificate, PrivateKey=key)
        self.elbv2.create_listener(
            LoadBalancerArn=self.load_balancer_arn,
            Port=80,
            Protocol="HTTP",
            DefaultActions=[
                {
                    "Type": "redirect",
                    "RedirectConfig": {
                        "Protocol": "HTTPS",
                        "Port": "443",
                        "StatusCode": "HTTP_301",
                    },
                }
            ],
        )
        made = self.elbv2.create_listener(
            LoadBalancerArn=self.load_balancer_arn,
            Port=443,
            Protocol="HTTPS",
            SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
            Certificates=[{"CertificateArn": imported["CertificateArn"]}],
            DefaultActions=[
                {
                    "Type": "fixed-response",
                    "FixedResponseConfig": {
                        "StatusCode": "404",
                        "ContentType": "text/plain",
                        "MessageBody": "Not found",
                    },
                }
            ],
        )
        arn = made["Listeners"][0]["ListenerArn"]
        eventually(lambda: arn in [entry["arn"] for entry in self.report()["listeners"]], "listens")
        return arn

    def report(self) -> dict[str, Any]:
        """What the data plane told the control plane last."""
        with urllib.request.urlopen(f"{self.endpoint}/_rehearsal/report") as answer:
            return {"listeners": [], "instances": [], **json.load(answer)}

    @functools.cached_property
    def ca(self) -> ssl.SSLContext:
        assert self.listener_arn
        return ssl.create_default_context(cafile=str(self.folder / "ca.pem"))

    def target_group(self, drain_seconds: int = 2, **settings: Any) -> str:
        """ARN of a new target group with the quickest checks that AWS allows."""
        arguments = {
            "Name": f"tg-{self.next()}",
            "Protocol": "HTTP",
            "Port": 8080,
            "VpcId": self.vpc_id,
            "HealthCheckPath": "/healthz",
            "HealthCheckIntervalSeconds": 5,
            "HealthCheckTimeoutSeconds": 2,
            "HealthyThresholdCount": 2,
            "UnhealthyThresholdCount": 2,
            **settings,
        }
        arn = self.elbv2.create_target_group(**arguments)["TargetGroups"][0]["TargetGroupArn"]
        delay = {"Key": "deregistration_delay.timeout_seconds", "Value": str(drain_seconds)}
        self.elbv2.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[delay])
        return arn

    def rule(self, host: str, *weighted: tuple[str, int], **settings: Any) -> str:
        """ARN of a new rule for one host."""
        arguments = {
            "ListenerArn": self.listener_arn,
            "Priority": 1000 + self.next(),
            "Conditions": [{"Field": "host-header", "HostHeaderConfig": {"Values": [host]}}],
            "Actions": [forward(*weighted)],
            **settings,
        }
        return self.elbv2.create_rule(**arguments)["Rules"][0]["RuleArn"]

    def shift(self, rule_arn: str, *weighted: tuple[str, int]) -> None:
        """Set the weights of a rule."""
        self.elbv2.modify_rule(RuleArn=rule_arn, Actions=[forward(*weighted)])

    def group(self, image_id: str, target_group_arn: str, size: int = 1, **settings: Any) -> str:
        """Name of a new Auto Scaling group of one image."""
        number = self.next()
        slot = f"#cloud-config\n      FAILOVER_SERVICE=web\n      FAILOVER_SLOT={number}\n"
        template = self.ec2.create_launch_template(
            LaunchTemplateName=f"lt-{number}",
            LaunchTemplateData={
                "ImageId": image_id,
                "InstanceType": "t3.micro",
                "UserData": encoded(slot + "      FAILOVER_PORT=8080\n"),
            },
        )["LaunchTemplate"]["LaunchTemplateId"]
        arguments = {
            "AutoScalingGroupName": f"asg-{number}",
            "LaunchTemplate": {"LaunchTemplateId": template, "Version": "1"},
            "MinSize": size,
            "MaxSize": 10,
            "VPCZoneIdentifier": ",".join(self.subnet_ids),
            "TargetGroupARNs": [target_group_arn],
            "HealthCheckType": "EC2",
            "HealthCheckGracePeriod": 0,
            **settings,
        }
        self.autoscaling.create_auto_scaling_group(**arguments)
        return f"asg-{number}"

    def health(self, target_group_arn: str) -> dict[str, tuple[str, str | None]]:
        """State and reason of every target, by id."""
        listed = self.elbv2.describe_target_health(TargetGroupArn=target_group_arn)
        return {
            d["Target"]["Id"]: (d["TargetHealth"]["State"], d["TargetHealth"].get("Reason"))
            for d in listed["TargetHealthDescriptions"]
        }

    def states(self, target_group_arn: str) -> list[str]:
        return sorted(state for state, _ in self.health(target_group_arn).values())

    def wait_for(self, target_group_arn: str, *states: str, seconds: float = 20.0) -> None:
        """Return when the group's targets are in exactly these states."""
        eventually(
            lambda: self.states(target_group_arn) == sorted(states), f"targets {states}", seconds
        )

    def instances(self, target_group_arn: str) -> list[dict[str, Any]]:
        """The instances of a target group that have a process, as the data plane reports them."""
        ids = set(self.health(target_group_arn))
        return [i for i in self.report()["instances"] if i["instanceId"] in ids]


def forward(*weighted: tuple[str, int]) -> dict[str, Any]:
    """A forward action."""
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weighted]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def encoded(text: str) -> str:
    """Base64, as user data is given."""
    import base64

    return base64.b64encode(text.encode()).decode()


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z" and os.path.exists(f"/proc/{pid}")
