"""The Auto Scaling group of a slot: what it has beside its launch template, its min and its max."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from settings.arguments import OWNED_BY_GROUP, Arguments
from settings.declaration.key import ConfigMap, Key, KeyGroup, key, optional, required
from settings.declaration.kind import (
    Decimal,
    Fields,
    Json,
    JsonSchema,
    ListOf,
    RefusedValueError,
    Text,
    ValueProblem,
    WholeNumber,
)
from settings.declaration.landing import AUTO_SCALING_GROUP, SCALING_POLICY, Landing
from settings.declaration.section import Section
from settings.launch_template import INSTANCE_TYPE
from settings.network import OFFERED_SUBNETS, SUBNET_ID

STOPS_RAMPS = {
    "Launch": "no instance would start, so no release and no ramp would get the instances it needs",
    "Terminate": "no instance refresh would end, so no release would",
    "AddToLoadBalancer": "no new instance would be registered, so no slot would become ready",
    "InstanceRefresh": "no instance would get a new build, so no release would end",
}
"""The processes of a group that a ramp waits for, and why it would wait for ever."""
WEAKENS_RAMPS = {
    "HealthCheck": "the group does not notice an instance that fails",
    "ReplaceUnhealthy": "the group does not replace an instance that fails",
    "AlarmNotification": "the group does not grow with its load",
}
"""The processes that a ramp does without, and what it then misses."""
_DISTRIBUTION = "mixedInstancesPolicy.instancesDistribution"
_ALL = 100
_OTHERS = ("AZRebalance", "ScheduledActions")


@dataclass(frozen=True, slots=True)
class Process:
    """The kind of a process of an Auto Scaling group that may be suspended for long.

    Source: Auto Scaling API, SuspendProcesses.
    """

    name: str = "string"

    @property
    def expected(self) -> str:
        """The processes."""
        return f"a process that may be suspended: {', '.join((*WEAKENS_RAMPS, *_OTHERS))}"

    @property
    def json_schema(self) -> JsonSchema:
        """One of them."""
        return {"enum": [*WEAKENS_RAMPS, *_OTHERS], "errorMessage": f"Expected: {self.expected}"}

    def read(self, value: Json) -> str:
        """The name of a process that no release and no ramp needs."""
        if isinstance(value, str):
            if value in WEAKENS_RAMPS or value in _OTHERS:
                return value
            if value in STOPS_RAMPS:
                raise RefusedValueError(
                    ValueProblem(value, f"another process: {STOPS_RAMPS[value]}", is_unknown=True)
                )
        raise RefusedValueError(ValueProblem(value, self.expected))


@dataclass(frozen=True, kw_only=True)
class Scaling(ConfigMap):
    """What target tracking keeps the number of instances by; one of them."""

    cpu_percent: Key[int | None] = optional(
        60,
        WholeNumber(10, 90),
        "Mean CPU of the slot that target tracking aims at.",
        lands=Landing(SCALING_POLICY, "targetTrackingConfiguration.targetValue"),
    )
    requests_per_target: Key[int | None] = optional(
        1000,
        WholeNumber(1, 10_000_000),
        "Requests a minute of each instance that target tracking aims at. A slot without requests "
        "keeps the number of instances that it has.",
        lands=Landing(SCALING_POLICY, "targetTrackingConfiguration.targetValue"),
    )


@dataclass(frozen=True, kw_only=True)
class MixedInstances(ConfigMap):
    """Several instance types, and Spot instances beside On-Demand ones.

    Source: Auto Scaling API, MixedInstancesPolicy and InstancesDistribution.
    """

    instance_types: Key[tuple[str, ...]] = required(
        ("m7i.large", "m6i.large"),
        ListOf(
            Text(
                INSTANCE_TYPE.pattern,
                f"{INSTANCE_TYPE.expected}, without a weight: guards and ramps count instances",
            ),
            1,
            40,
        ),
        "The instance types, the most wanted one first; `instanceType` is one of them. They have "
        "no weights: min, max and every floor of a ramp are numbers of instances.",
    )
    on_demand_base: Key[int] = key(
        0,
        WholeNumber(0, 1000),
        "How many instances are On-Demand before any is Spot.",
        lands=Landing(AUTO_SCALING_GROUP, f"{_DISTRIBUTION}.onDemandBaseCapacity"),
    )
    on_demand_percent_above_base: Key[int] = key(
        100,
        WholeNumber(0, 100),
        "How many of 100 instances above the base are On-Demand.",
        lands=Landing(AUTO_SCALING_GROUP, f"{_DISTRIBUTION}.onDemandPercentageAboveBaseCapacity"),
    )
    spot_allocation_strategy: Key[str] = key(
        "price-capacity-optimized",
        Text(
            "price-capacity-optimized|capacity-optimized|capacity-optimized-prioritized"
            "|lowest-price",
            "a Spot allocation strategy: price-capacity-optimized, capacity-optimized, "
            "capacity-optimized-prioritized or lowest-price",
        ),
        "How AWS chooses the types of Spot instances.",
        lands=Landing(AUTO_SCALING_GROUP, f"{_DISTRIBUTION}.spotAllocationStrategy"),
    )
    max_price: Key[float | None] = optional(
        0.05,
        Decimal(0.0001, 1000),
        "The most that a Spot instance may cost an hour, in US dollars; without it the On-Demand "
        "price.",
    )

    def reject_inconsistent(self, section: Section) -> None:
        """A price and a strategy of Spot instances need Spot instances."""
        if self.on_demand_percent_above_base == _ALL and section.is_sound(
            MixedInstances.on_demand_percent_above_base
        ):
            section.reject_idle(
                f"{MixedInstances.on_demand_percent_above_base.name}: {_ALL}, without Spot "
                "instances",
                MixedInstances.max_price,
                MixedInstances.spot_allocation_strategy,
            )


_HOOK: Mapping[str, Json] = {
    "name": "warm-up",
    "transition": "launching",
    "heartbeatSeconds": 300,
    "defaultResult": "ABANDON",
}
_HOOK_EXAMPLES: Mapping[str, Json] = {
    **_HOOK,
    "metadata": "web",
    "targetArn": "arn:aws:sqs:us-east-1:123456789012:hooks",
    "roleArn": "arn:aws:iam::123456789012:role/hooks",
}


def _hook_fields() -> Mapping[str, Any]:
    return {
        "name": Text(r"[A-Za-z0-9_/-]{1,255}", "the name of the hook: letters, digits and - _ /"),
        "transition": Text("launching|terminating", "launching or terminating"),
        "heartbeatSeconds": WholeNumber(30, 7200),
        "defaultResult": Text("ABANDON|CONTINUE", "ABANDON or CONTINUE"),
        "metadata": Text(r"[\x20-\x7e]{1,1023}", "text of at most 1023 characters"),
        "targetArn": Text(r"arn:aws[a-z-]*:(sqs|sns):\S+", "the ARN of an SQS queue or SNS topic"),
        "roleArn": Text(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+", "the ARN of an IAM role"),
    }


@dataclass(frozen=True, slots=True)
class HookFields(Fields):
    """The kind of a lifecycle hook.

    Source: Auto Scaling API, PutLifecycleHook.
    """

    fields: Mapping[str, Any] = field(default_factory=_hook_fields)
    needed: tuple[str, ...] = ("name", "transition")
    examples: Mapping[str, Json] = field(default_factory=lambda: _HOOK_EXAMPLES)

    def read(self, value: Json) -> Mapping[str, Any]:
        """A hook; a target and the role that may reach it need each other."""
        hook = super(HookFields, self).read(value)
        for one, other in (("targetArn", "roleArn"), ("roleArn", "targetArn")):
            if one in hook and other not in hook:
                expected = f"{self.fields[other].expected}, beside {one}"
                raise RefusedValueError(
                    ValueProblem(None, expected, f".{other}", _HOOK_EXAMPLES[other])
                )
        return hook


@dataclass(frozen=True, slots=True)
class Hooks(ListOf[Mapping[str, Any]]):
    """The kind of a list of lifecycle hooks, each with a name of its own."""

    def read(self, value: Json) -> tuple[Mapping[str, Any], ...]:
        """The hooks, in order."""
        hooks = super(Hooks, self).read(value)
        names = [hook["name"] for hook in hooks]
        problems = [
            ValueProblem(
                name, "a name that no other hook has", f"[{n}].name", f"{_HOOK['name']}-{n}"
            )
            for n, name in enumerate(names)
            if name in names[:n]
        ]
        if problems:
            raise RefusedValueError(*problems)
        return hooks


@dataclass(frozen=True, kw_only=True)
class GroupOptions(ConfigMap):
    """What the Auto Scaling group of a slot has beside its size."""

    scaling: KeyGroup[Scaling | None] = KeyGroup(
        "What the number of instances follows, in place of `cpuTargetPercent`. A slot's own "
        "replaces its service's.",
        Scaling,
        is_optional=True,
    )
    mixed_instances: KeyGroup[MixedInstances | None] = KeyGroup(
        "Several instance types, and Spot instances, in place of `instanceType` alone. A slot's "
        "own replaces its service's.",
        MixedInstances,
        is_optional=True,
    )
    suspended_processes: Key[tuple[str, ...]] = key(
        (),
        ListOf(Process(), 1, 5),
        "Processes of the group that are suspended. A process that a release or a ramp waits for "
        "is refused. A slot's own list replaces its service's.",
        example=("AZRebalance",),
        lands=Landing(AUTO_SCALING_GROUP, "suspendedProcesses"),
    )
    lifecycle_hooks: Key[tuple[Mapping[str, Any], ...]] = key(
        (),
        Hooks(HookFields(), 1, 50),
        "Lifecycle hooks of the group: heartbeatSeconds is how long an instance waits, 3600 where "
        "it is not set, and defaultResult what then happens, ABANDON where it is not set. A slot's "
        "own list replaces its service's.",
        example=(_HOOK,),
    )
    arguments: Key[Mapping[str, Any] | None] = optional(
        {"warmPool": {"minSize": 1, "poolState": "Stopped"}},
        Arguments("autoScalingGroup", OWNED_BY_GROUP),
        "Any other argument of `aws.autoscaling.Group`, under its own name. A map extends what "
        "the program sets; anything else replaces it. A slot's own map replaces its service's.",
    )
    subnet_ids: Key[tuple[str, ...]] = key(
        (),
        ListOf(SUBNET_ID, 2, 8),
        "The subnets of the instances, in place of those of `network`: of its VPC, in at least two "
        "Availability Zones. A slot's own list replaces its service's.",
        example=("subnet-0a1b2c3d4e5f60713", "subnet-0a1b2c3d4e5f60714"),
        offer=OFFERED_SUBNETS,
        lands=Landing(AUTO_SCALING_GROUP, "vpcZoneIdentifiers"),
    )
