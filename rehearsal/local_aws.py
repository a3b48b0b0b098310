"""The local AWS from outside: its services, and what it has beside AWS's API.

A service is read with boto3 and nothing of the engine's state. Beside that API a test asks how
often it was called, and makes it faulty.
"""

from __future__ import annotations

import contextlib
import json
import urllib.parse
import urllib.request
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config

from rollout.forward_action import target_group_weights
from rollout.split import Slot

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client


class LocalAws:
    """The rehearsal's own interface at `endpoint`; see `control_plane/own_api.py`."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def mark(self) -> int:
        """A mark of now, for `calls`."""
        return int(self._ask("GET", "calls")["mark"])

    def calls(self, after: int = 0, access_key_id: str | None = None) -> dict[str, int]:
        """How often each operation was asked for since a mark: `{"ModifyRule": 2}`."""
        query = {"after": str(after), **({"accessKey": access_key_id} if access_key_id else {})}
        return self._ask("GET", f"calls?{urllib.parse.urlencode(query)}")["calls"]

    def give(self, *ids: str) -> None:
        """The ids and ARNs of what is made next, each of its kind, in the place of random ones.

        Read a region before: the first call to one makes its default network.
        """
        self._ask("PUT", "ids", list(ids))

    def inject(self, *faults: dict[str, Any]) -> None:
        """Put these faults in the place of all others.

        Args:
            faults: Each with `answer` (`Throttling`, `RequestLimitExceeded`, `ExpiredToken`,
                `AccessDenied`, `ServiceUnavailable`, `InternalFailure`, `silent`) and, where it is
                not for everything and for ever, `operations` (`["elbv2:Describe*"]`), `seconds`,
                `calls`, `accessKeys`.

        Raises:
            urllib.error.HTTPError: not a fault; its body has the reason.
        """
        self._ask("PUT", "faults", list(faults))

    def met(self) -> list[int]:
        """How many requests each fault has met, in their order."""
        return [int(fault["met"]) for fault in self._ask("GET", "faults")]

    def lift(self) -> None:
        """End all faults."""
        self._ask("DELETE", "faults")

    @contextlib.contextmanager
    def faulty(self, *faults: dict[str, Any]) -> Generator[None]:
        """These faults for as long as the block runs."""
        self.inject(*faults)
        try:
            yield
        finally:
            self.lift()

    def _ask(self, method: str, path: str, document: object = None) -> Any:
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(f"{self._endpoint}/_rehearsal/{path}", body, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


@dataclass(frozen=True, slots=True)
class SlotState:
    """One slot of one service, as it is."""

    weight: int
    target_states: tuple[str, ...]
    """The state of every registered target: `healthy`, `initial`, `draining`, …"""
    desired: int
    in_service: int
    template_version: str
    """The version that the Auto Scaling group is pinned to; of one without a launch template, the
    name of its launch configuration; `-` where targets are registered by hand."""
    instance_versions: tuple[str, ...]
    """The version that each in-service instance was launched from."""
    image_ids: tuple[str, ...]
    """The images of the in-service instances, each once."""
    refreshing: bool
    """Whether an instance refresh is under way."""

    @property
    def is_settled(self) -> bool:
        """All desired instances in service and healthy, each from the pinned version."""
        healthy = sum(state == "healthy" for state in self.target_states)
        current = all(version == self.template_version for version in self.instance_versions)
        full = self.in_service == self.desired and healthy >= self.desired
        return full and current and not self.refreshing


@dataclass(frozen=True, slots=True)
class ServiceState:
    """One service: its rule and both its slots."""

    name: str
    rule_arn: str
    slots: Mapping[Slot, SlotState]

    @property
    def weights(self) -> str:
        """`"75/25"`, as the live rule has them."""
        return "/".join(str(self.slots[slot].weight) for slot in Slot)

    @property
    def is_settled(self) -> bool:
        """Whether both slots are."""
        return all(slot.is_settled for slot in self.slots.values())


class ServiceObserver:
    """Reads services through the AWS API at `endpoint`.

    Args:
        endpoint: The local AWS.
        region: Where the stack lives.
        services: The stack's output of that name: per service the rule's ARN and the target
            groups' ARNs.
    """

    def __init__(self, endpoint: str, region: str, services: Mapping[str, Any]) -> None:
        self._services = services
        client, config = local_clients(endpoint, region), Config(retries={"mode": "adaptive"})
        self._elb: ElasticLoadBalancingv2Client = client("elbv2", config=config)
        self._groups: AutoScalingClient = client("autoscaling", config=config)
        self._ec2: EC2Client = client("ec2", config=config)

    def read(self) -> list[ServiceState]:
        """Every service of the stack, in the order of its names."""
        by_target_group = self._groups_by_target_group()
        arns = [service["ruleArn"] for service in self._services.values()]
        rules = {r["RuleArn"]: r for r in self._elb.describe_rules(RuleArns=arns)["Rules"]}  # pyright: ignore[reportTypedDictNotRequiredAccess]
        states: list[ServiceState] = []
        for name, service in sorted(self._services.items()):
            weights = _weights(rules[service["ruleArn"]])
            slots = {
                slot: self._slot(weights, service["targetGroupArns"][slot.value], by_target_group)
                for slot in Slot
            }
            states.append(ServiceState(name, service["ruleArn"], slots))
        return states

    def _slot(
        self, weights: Mapping[str, int], arn: str, groups: Mapping[str, Mapping[str, Any]]
    ) -> SlotState:
        described = self._elb.describe_target_health(TargetGroupArn=arn)
        targets = [
            (target["Target"]["Id"], target["TargetHealth"]["State"])  # pyright: ignore[reportTypedDictNotRequiredAccess]
            for target in described["TargetHealthDescriptions"]
        ]
        group = groups.get(arn)
        if group is None:
            return self._registered(weights[arn], targets)
        in_service = [i for i in group["Instances"] if i["LifecycleState"] == "InService"]
        refreshes = self._groups.describe_instance_refreshes(
            AutoScalingGroupName=group["AutoScalingGroupName"]
        )
        return SlotState(
            weight=weights[arn],
            target_states=tuple(state for _, state in targets),
            desired=group["DesiredCapacity"],
            in_service=len(in_service),
            template_version=_launched_from(group),
            instance_versions=tuple(_launched_from(i) for i in in_service),
            image_ids=self._images([i["InstanceId"] for i in in_service]),
            refreshing=any(
                refresh.get("Status") in {"Pending", "InProgress", "Cancelling"}
                for refresh in refreshes["InstanceRefreshes"]
            ),
        )

    def _registered(self, weight: int, targets: Sequence[tuple[str, str]]) -> SlotState:
        """A slot whose targets are registered by hand: all of them count as wanted."""
        kept = [target for target, state in targets if state != "draining"]
        return SlotState(
            weight=weight,
            target_states=tuple(state for _, state in targets),
            desired=len(kept),
            in_service=len(kept),
            template_version="-",
            instance_versions=(),
            image_ids=self._images([target for target in kept if target.startswith("i-")]),
            refreshing=False,
        )

    def _images(self, instance_ids: list[str]) -> tuple[str, ...]:
        if not instance_ids:
            return ()
        found = self._ec2.describe_instances(InstanceIds=instance_ids)["Reservations"]
        images = {i["ImageId"] for r in found for i in r["Instances"]}  # pyright: ignore[reportTypedDictNotRequiredAccess]
        return tuple(sorted(images))

    def _groups_by_target_group(self) -> dict[str, Mapping[str, Any]]:
        pages = self._groups.get_paginator("describe_auto_scaling_groups").paginate()
        groups = [group for page in pages for group in page["AutoScalingGroups"]]
        return {arn: group for group in groups for arn in group.get("TargetGroupARNs", [])}


def local_clients(endpoint: str, region: str) -> Callable[..., Any]:
    """What makes a client of a service of the local AWS, by boto3's name.

    Its credentials are invented, so that a person's own never leave the machine.
    """
    session = botocore.session.Session()
    session.set_credentials("rehearsal", "rehearsal")
    return partial(session.create_client, region_name=region, endpoint_url=endpoint)


def _launched_from(described: Mapping[str, Any]) -> str:
    """What a group or an instance of one is launched from."""
    template = described.get("LaunchTemplate")
    return template["Version"] if template else described["LaunchConfigurationName"]


def _weights(rule: Mapping[str, Any]) -> dict[str, int]:
    """The weight of each group, by ARN; a login may stand before the forward."""
    return {arn: w for each in rule["Actions"] for arn, w in target_group_weights(each).items()}
