"""A person at the AWS API: clients, a clock to turn, and short ways to make what tests need."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rehearsal.control_plane.images import GOOD_BUILDS
from rehearsal.control_plane.plane import ControlPlane
from rehearsal.control_plane.world import timestamp

V1, V2, V3 = (image.image_id for image in GOOD_BUILDS)
START = 1_800_000_000.0


class FakeClock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.seconds = START

    def now(self) -> float:
        return self.seconds


def refusal(call: Any, **arguments: Any) -> tuple[str, str]:
    """Code and message of the error that a call must end in."""
    try:
        call(**arguments)
    except ClientError as error:
        told: Any = error.response
        return told["Error"]["Code"], told["Error"]["Message"]
    raise AssertionError("the call was not refused")


@dataclass
class Aws:
    """One test's local AWS."""

    clients: dict[str, Any]
    clock: FakeClock
    plane: ControlPlane
    _made: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def ec2(self) -> Any:
        return self.clients["ec2"]

    @property
    def elbv2(self) -> Any:
        return self.clients["elbv2"]

    @property
    def autoscaling(self) -> Any:
        return self.clients["autoscaling"]

    def pass_seconds(self, seconds: float, step: float = 1.0) -> None:
        """Let time pass, with a tick at least every `step` seconds."""
        end = self.clock.seconds + seconds
        while self.clock.seconds < end:
            self.clock.seconds = min(end, self.clock.seconds + step)
            self.plane.tick()

    @functools.cached_property
    def vpc_id(self) -> str:
        vpc_id = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]
        self.ec2.attach_internet_gateway(
            VpcId=vpc_id, InternetGatewayId=gateway["InternetGatewayId"]
        )
        return vpc_id

    @functools.cached_property
    def subnet_ids(self) -> list[str]:
        return [
            self.ec2.create_subnet(
                VpcId=self.vpc_id, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{zone}"
            )["Subnet"]["SubnetId"]
            for i, zone in enumerate("ab")
        ]

    @functools.cached_property
    def certificate_arn(self) -> str:
        certificate, key = self_signed()
        return self.clients["acm"].import_certificate(Certificate=certificate, PrivateKey=key)[
            "CertificateArn"
        ]

    @functools.cached_property
    def load_balancer_arn(self) -> str:
        return self.elbv2.create_load_balancer(Name="alb", Subnets=self.subnet_ids)[
            "LoadBalancers"
        ][0]["LoadBalancerArn"]

    @functools.cached_property
    def listener_arn(self) -> str:
        return self.elbv2.create_listener(
            LoadBalancerArn=self.load_balancer_arn,
            Port=443,
            Protocol="HTTPS",
            SslPolicy="ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
            Certificates=[{"CertificateArn": self.certificate_arn}],
            DefaultActions=[
                {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
            ],
        )["Listeners"][0]["ListenerArn"]

    def _next(self, kind: str) -> int:
        self._made[kind] = self._made.get(kind, 0) + 1
        return self._made[kind]

    def target_group(self, drain_seconds: int = 30, **settings: Any) -> str:
        """ARN of a new HTTP target group."""
        arguments = {
            "Name": f"tg-{self._next('tg')}",
            "Protocol": "HTTP",
            "Port": 8080,
            "VpcId": self.vpc_id,
            "HealthCheckIntervalSeconds": 10,
            "HealthCheckTimeoutSeconds": 5,
            **settings,
        }
        arn = self.elbv2.create_target_group(**arguments)["TargetGroups"][0]["TargetGroupArn"]
        self.elbv2.modify_target_group_attributes(
            TargetGroupArn=arn,
            Attributes=[
                {"Key": "deregistration_delay.timeout_seconds", "Value": str(drain_seconds)}
            ],
        )
        return arn

    def rule(self, *weighted: tuple[str, int], **settings: Any) -> str:
        """ARN of a new rule that forwards to target groups by weight."""
        number = self._next("rule")
        arguments = {
            "ListenerArn": self.listener_arn,
            "Priority": number,
            "Conditions": [
                {"Field": "path-pattern", "PathPatternConfig": {"Values": [f"/{number}/*"]}}
            ],
            "Actions": [forward(*weighted)],
            **settings,
        }
        return self.elbv2.create_rule(**arguments)["Rules"][0]["RuleArn"]

    def template(self, image_id: str = V1, **data: Any) -> str:
        """Id of a new launch template."""
        return self.ec2.create_launch_template(
            LaunchTemplateName=f"lt-{self._next('lt')}",
            LaunchTemplateData={"ImageId": image_id, "InstanceType": "t3.micro", **data},
        )["LaunchTemplate"]["LaunchTemplateId"]

    def version(self, template_id: str, image_id: str, **data: Any) -> str:
        """Number of a new version of a launch template."""
        made = self.ec2.create_launch_template_version(
            LaunchTemplateId=template_id,
            LaunchTemplateData={"ImageId": image_id, "InstanceType": "t3.micro", **data},
        )
        return str(made["LaunchTemplateVersion"]["VersionNumber"])

    def group(self, template_id: str, size: int = 2, **settings: Any) -> str:
        """Name of a new Auto Scaling group."""
        name = f"asg-{self._next('asg')}"
        arguments = {
            "AutoScalingGroupName": name,
            "LaunchTemplate": {"LaunchTemplateId": template_id, "Version": "1"},
            "MinSize": size,
            "MaxSize": max(10, size),
            "VPCZoneIdentifier": ",".join(self.subnet_ids),
            "HealthCheckType": "ELB",
            "HealthCheckGracePeriod": 60,
            "DefaultInstanceWarmup": 0,
            **settings,
        }
        self.autoscaling.create_auto_scaling_group(**arguments)
        return name

    def described(self, name: str) -> dict[str, Any]:
        """The group as DescribeAutoScalingGroups shows it."""
        found = self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        return found["AutoScalingGroups"][0]

    def instances(self, name: str, *states: str) -> list[dict[str, Any]]:
        """The group's instances, those in `states` where any are named."""
        listed = self.described(name)["Instances"]
        return [i for i in listed if not states or i["LifecycleState"] in states]

    def health(self, target_group_arn: str) -> dict[str, tuple[str, str | None]]:
        """State and reason of every target that the group lists, by target id."""
        listed = self.elbv2.describe_target_health(TargetGroupArn=target_group_arn)
        return {
            d["Target"]["Id"]: (d["TargetHealth"]["State"], d["TargetHealth"].get("Reason"))
            for d in listed["TargetHealthDescriptions"]
        }

    def states(self, target_group_arn: str) -> list[str]:
        """The states of the group's targets, sorted."""
        return sorted(state for state, _ in self.health(target_group_arn).values())

    def refreshes(self, name: str) -> list[dict[str, Any]]:
        """The group's instance refreshes, newest first."""
        found = self.autoscaling.describe_instance_refreshes(AutoScalingGroupName=name)
        return found["InstanceRefreshes"]


def forward(*weighted: tuple[str, int]) -> dict[str, Any]:
    """A forward action."""
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weighted]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


@functools.cache
def self_signed() -> tuple[bytes, bytes]:
    """A certificate and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example.com")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(timestamp(1_700_000_000))
        .not_valid_after(timestamp(2_500_000_000))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
