"""Faults that a scenario causes during a ramp, each by the API that a person or AWS would use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rehearsal.local_aws import LocalAws, local_clients
from rehearsal.workspace import Running
from rollout.split import Slot, Split

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_elbv2.type_defs import TargetGroupTupleTypeDef


class FaultContext:
    """What a fault can do to a running rehearsal.

    Args:
        running: The rehearsal.
        services: The stack's output of that name.
    """

    def __init__(self, running: Running, services: dict[str, Any]) -> None:
        client = local_clients(running.endpoint, running.region)
        self._groups: AutoScalingClient = client("autoscaling")
        self._ec2: EC2Client = client("ec2")
        self._alarms: CloudWatchClient = client("cloudwatch")
        self._balancers: ElasticLoadBalancingv2Client = client("elbv2")
        self._services = services
        self._scaled_out: dict[str, int] = {}
        self.aws = LocalAws(running.endpoint)

    def end_instances(self, slot: Slot, *, leave: int) -> None:
        """Terminate all instances of a slot but `leave` of each service, and let none follow."""
        for name, instances in self._instances(slot).items():
            self._groups.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=["Launch"])
            self._ec2.terminate_instances(InstanceIds=instances[leave:])

    def end_one(self, slot: Slot) -> None:
        """Terminate one instance of each service, as its group does with one that it replaces.

        Its group takes it out of the target group first, so that it ends what it has begun.
        Source: Auto Scaling API, TerminateInstanceInAutoScalingGroup.
        """
        for instances in self._instances(slot).values():
            self._groups.terminate_instance_in_auto_scaling_group(
                InstanceId=instances[0], ShouldDecrementDesiredCapacity=False
            )

    def scale_in(self, slot: Slot, *, to: int) -> None:
        """Give the groups of a slot a smaller size, as a person does in the console."""
        for name in self._instances(slot):
            self._groups.update_auto_scaling_group(
                AutoScalingGroupName=name, MinSize=to, DesiredCapacity=to
            )

    def scale_out(self, slot: Slot, *, by: int) -> None:
        """Have the groups of a slot want more instances, as a scaling policy does."""
        for name, instances in self._instances(slot).items():
            self._scaled_out[name] = len(instances)
            self._groups.set_desired_capacity(
                AutoScalingGroupName=name, DesiredCapacity=len(instances) + by
            )

    def change_weights(self, split: Split) -> None:
        """Give every rule other weights, as a person does in the console."""
        for service in self._services.values():
            arns = service["targetGroupArns"]
            groups: list[TargetGroupTupleTypeDef] = [
                {"TargetGroupArn": arns[slot.value], "Weight": split.weight_of(slot)}
                for slot in Slot
            ]
            self._balancers.modify_rule(
                RuleArn=service["ruleArn"],
                Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
            )

    def raise_alarm(self) -> None:
        """Set an alarm that watches a target group of slot 02 on."""
        arns = [s["targetGroupArns"][Slot.SECOND.value] for s in self._services.values()]
        ends = tuple(arn.split(":")[-1] for arn in arns)
        for alarm in self._alarms.describe_alarms()["MetricAlarms"]:
            values = [d["Value"] for d in alarm.get("Dimensions", [])]
            if any(value in ends for value in values):
                name = str(alarm.get("AlarmName"))
                reason = "set by the rehearsal"
                self._alarms.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=reason)
                return
        raise LookupError("no alarm of the stack watches a target group of slot 02")

    def resume(self) -> None:
        """End what was done to groups and to the API; instances that are gone are replaced."""
        self.aws.lift()
        for name, desired in self._scaled_out.items():
            self._groups.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=desired)
        self._scaled_out.clear()
        for slot in Slot:
            for name in self._instances(slot):
                self._groups.resume_processes(AutoScalingGroupName=name)

    def _instances(self, slot: Slot) -> dict[str, Sequence[str]]:
        """Group to the ids of its instances."""
        arns = {s["targetGroupArns"][slot.value] for s in self._services.values()}
        pages = self._groups.get_paginator("describe_auto_scaling_groups").paginate()
        return {
            group["AutoScalingGroupName"]: [i["InstanceId"] for i in group.get("Instances", [])]
            for page in pages
            for group in page["AutoScalingGroups"]
            if arns & set(group.get("TargetGroupARNs", []))
        }


@dataclass(frozen=True, slots=True)
class ScenarioFault:
    """Something that happens when the candidate has been given a certain weight."""

    at_weight: int
    """It happens when the first stage with at least this weight has been verified; 0: while the
    gates judge before the first one."""
    cause: Callable[[FaultContext], None]


def candidate_dies(context: FaultContext) -> None:
    """Every instance of slot 02 ends."""
    context.end_instances(Slot.SECOND, leave=0)


def candidate_shrinks_to_one(context: FaultContext) -> None:
    """One instance of slot 02 is left."""
    context.end_instances(Slot.SECOND, leave=1)


def old_slot_is_scaled_in(context: FaultContext) -> None:
    """Slot 01 is cut to one instance a service."""
    context.scale_in(Slot.FIRST, to=1)


def old_slot_scales_out(context: FaultContext) -> None:
    """Slot 01 wants three more instances a service, which boot while the ramp goes on."""
    context.scale_out(Slot.FIRST, by=3)


def new_slot_scales_out(context: FaultContext) -> None:
    """Slot 02 wants three more instances a service, which boot while the ramp goes on."""
    context.scale_out(Slot.SECOND, by=3)


def one_of_the_new_slot_is_replaced(context: FaultContext) -> None:
    """One instance of slot 02 ends; its group launches another one."""
    context.end_one(Slot.SECOND)


def alarm_fires(context: FaultContext) -> None:
    """An alarm of slot 02 goes on."""
    context.raise_alarm()


def metrics_are_late(context: FaultContext) -> None:
    """CloudWatch answers nothing."""
    context.aws.inject({"operations": ["monitoring:*"], "answer": "ServiceUnavailable"})


def credentials_expire(context: FaultContext) -> None:
    """AWS answers no client any more."""
    context.aws.inject({"answer": "ExpiredToken"})


def aws_throttles(context: FaultContext) -> None:
    """AWS throttles what asks for health and rules, for some seconds."""
    context.aws.inject({**_THROTTLED, "seconds": 6})


def aws_throttles_for_good(context: FaultContext) -> None:
    """The same, until the ramp has ended."""
    context.aws.inject({**_THROTTLED})


_THROTTLED: Mapping[str, Any] = {
    "operations": ["elasticloadbalancing:Describe*", "autoscaling:Describe*"],
    "answer": "Throttling",
}

CONSOLE = Split.parse("40/60")
"""What a person sets in the console."""


def console_changes_weights(context: FaultContext) -> None:
    """A person moves the weights by hand."""
    context.change_weights(CONSOLE)
