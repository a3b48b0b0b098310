"""Services on a rehearsed load balancer, each with a good stable slot and a build to be judged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from live.address import ServiceAddress
from live.provider_config import ProviderConfig
from live.session import ProviderSession
from ops.gates.context import StackFacts
from ops.traffic.plan import ConnectionRoute
from rehearsal.control_plane.images import CATALOGUE, CatalogueImage
from rollout.split import Slot
from tests.rehearsal.data_plane.world import Rehearsed, encoded

TOKEN = "0123456789abcdef"
STABLE = CATALOGUE[0]
WEIGHT = 10


class BadServices:
    """A service per build: slot 01 runs v1, one group for all of them; slot 02 the build."""

    def __init__(self, aws: Rehearsed, images: Sequence[CatalogueImage]) -> None:
        self.aws = aws
        self.images = {image.build: image for image in images}
        self.stable_group = aws.target_group()
        self.groups = {image.build: aws.target_group() for image in images}
        rules = {image.build: self._route(image.build) for image in images}
        self.launch(STABLE, Slot.FIRST, self.stable_group, 2)
        for image in images:
            self.launch(image, Slot.SECOND, self.groups[image.build], self.size_of(image.build))
        self.facts = StackFacts(
            listener_arn=aws.listener_arn,
            urls={build: f"https://{build}.example.test/" for build in self.groups},
            images={
                image.build: {Slot.FIRST: STABLE.image_id, Slot.SECOND: image.image_id}
                for image in images
            },
            addresses=tuple(
                ServiceAddress(
                    build, rules[build], {Slot.FIRST: self.stable_group, Slot.SECOND: group}
                )
                for build, group in self.groups.items()
            ),
            preview_headers={slot: f"x-failover-slot: {slot}-{TOKEN}" for slot in Slot},
        )

    @property
    def way(self) -> ConnectionRoute:
        """How the load balancer is reached."""
        return ConnectionRoute(
            f"127.0.0.1:{self.aws.https_port}", str(Path(self.aws.folder) / "ca.pem")
        )

    def session(self) -> ProviderSession:
        """AWS, as the gates read it."""
        config = ProviderConfig(
            region="us-east-1",
            access_key_id="test",
            secret_access_key="test",
            endpoints=dict.fromkeys(
                ("elbv2", "autoscaling", "ec2", "cloudwatch"), self.aws.endpoint
            ),
        )
        return ProviderSession(config)

    @staticmethod
    def size_of(build: str) -> int:
        """How many instances the build has: one where it is to meet many requests."""
        return 1 if build == "crash-under-load" else 2

    def launch(self, image: CatalogueImage, slot: Slot, target_group_arn: str, size: int) -> None:
        """A group of a slot whose instances know which slot they are in."""
        aws = self.aws
        name = f"{image.build}-{slot}"
        data = f"FAILOVER_SERVICE=web\nFAILOVER_SLOT={slot}\nFAILOVER_PORT=8080\n"
        template = aws.ec2.create_launch_template(
            LaunchTemplateName=name,
            LaunchTemplateData={
                "ImageId": image.image_id,
                "InstanceType": "t3.micro",
                "UserData": encoded(data),
            },
        )["LaunchTemplate"]["LaunchTemplateId"]
        aws.autoscaling.create_auto_scaling_group(
            AutoScalingGroupName=name,
            LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
            MinSize=size,
            MaxSize=size,
            VPCZoneIdentifier=",".join(aws.subnet_ids),
            TargetGroupARNs=[target_group_arn],
            HealthCheckType="EC2",
            HealthCheckGracePeriod=0,
        )

    def _route(self, build: str) -> str:
        """The service's rule at 90/10, and a preview rule for each slot before it."""
        groups = {Slot.FIRST: self.stable_group, Slot.SECOND: self.groups[build]}
        host = f"{build}.example.test"
        for slot, group in groups.items():
            header: dict[str, Any] = {
                "Field": "http-header",
                "HttpHeaderConfig": {
                    "HttpHeaderName": "x-failover-slot",
                    "Values": [f"{slot}-{TOKEN}"],
                },
            }
            by_host = {"Field": "host-header", "HostHeaderConfig": {"Values": [host]}}
            self.aws.rule(host, (group, 1), Conditions=[by_host, header])
        return self.aws.rule(
            host, (groups[Slot.FIRST], 100 - WEIGHT), (groups[Slot.SECOND], WEIGHT)
        )
