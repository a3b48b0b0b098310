"""Further arguments of a resource, under their own names of pulumi-aws, checked against its types.

The types are in a table that is made from the SDK, so that the config is read without it:
`components/sdk_arguments.py` writes it, and a test holds it to the SDK.
"""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollout.json_value import is_list, is_map
from settings.declaration.kind import Json, JsonSchema, RefusedValueError, ValueProblem

_TABLE = Path(__file__).with_name("sdk_arguments.json")
_ANY_NAME = "*"
INTERFACES = "networkInterfaces"
_EXAMPLES: Mapping[str, Json] = {"string": "VALUE", "integer": 1, "number": 1, "boolean": True}
_ARTICLES = {"string": "text", "integer": "a whole number", "number": "a number"}

Shape = Any
"""The name of a scalar, a list of one shape, or the shapes of the fields of a map."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The kind of a map of further arguments of a resource."""

    resource: str
    """Its name in the table."""
    owned: Mapping[str, str]
    """The arguments that the program sets itself, and what sets them."""
    name: str = "map"

    @property
    def expected(self) -> str:
        """Where the names and types are from."""
        return f"arguments of pulumi-aws for the {self.resource}, under their own names"

    @property
    def json_schema(self) -> JsonSchema:
        """The names; their types are the program's to check."""
        return {
            "type": "object",
            "properties": {name: {} for name in self._shapes() if name not in self.owned},
            "additionalProperties": False,
            "errorMessage": f"Expected: {self.expected}",
        }

    def read(self, value: Json) -> Mapping[str, Any]:
        """The arguments; every one that the program sets or that has another type is a problem."""
        if not isinstance(value, dict):
            raise RefusedValueError(ValueProblem(value, self.expected))
        shapes, problems, read = self._shapes(), list[ValueProblem](), dict[str, Any]()
        for name, given in value.items():
            if name in self.owned:
                expected = f"not in arguments: {self.owned[name]}"
                problems.append(ValueProblem(given, expected, f".{name}", is_unknown=True))
                continue
            problems += _problems({name: given}, shapes, "")
            if name in shapes:
                read[name] = _read(given, shapes[name])
        if problems:
            raise RefusedValueError(*problems)
        return read

    def _shapes(self) -> Mapping[str, Shape]:
        return _table()[self.resource]


@functools.cache
def _table() -> Mapping[str, Mapping[str, Shape]]:
    return json.loads(_TABLE.read_text())


def _problems(value: Json, shape: Shape, at: str) -> Iterator[ValueProblem]:
    if is_list(shape):
        if isinstance(value, list):
            for place, entry in enumerate(value):
                yield from _problems(entry, shape[0], f"{at}[{place}]")
        else:
            yield ValueProblem(value, "a list", at, is_unknown=True)
    elif is_map(shape):
        if isinstance(value, dict):
            yield from _problems_of_map(value, shape, at)
        else:
            known = "" if _ANY_NAME in shape else f" of {', '.join(shape)}"
            yield ValueProblem(value, f"a map{known}", at, is_unknown=True)
    elif not _fits(value, shape):
        expected = _ARTICLES.get(shape, "true or false")
        yield ValueProblem(value, expected, at, _EXAMPLES[shape])


def _problems_of_map(
    value: Mapping[str, Json], shapes: Mapping[str, Shape], at: str
) -> Iterator[ValueProblem]:
    for name, entry in value.items():
        if _ANY_NAME in shapes:
            yield from _problems(entry, shapes[_ANY_NAME], f"{at}.{name}")
        elif name in shapes:
            yield from _problems(entry, shapes[name], f"{at}.{name}")
        else:
            near = difflib.get_close_matches(name, shapes, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            known = ", ".join(shapes)
            expected = f"an argument of pulumi-aws; {hint}Known here: {known}"
            yield ValueProblem(entry, expected, f"{at}.{name}", is_unknown=True)


def _fits(value: Json, scalar: str) -> bool:
    """Whether the provider takes a value; it reads numbers and flags as text too."""
    if scalar == "string":
        return isinstance(value, (str, int, float))
    if scalar == "boolean":
        return isinstance(value, bool)
    if scalar == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _read(value: Any, shape: Shape) -> Any:
    """The value with text where the provider has text, such as "true" for a flag."""
    if is_list(shape) and is_list(value):
        return [_read(each, shape[0]) for each in value]
    if is_map(shape) and is_map(value):
        any_shape = shape.get(_ANY_NAME)
        return {name: _read(each, shape.get(name, any_shape)) for name, each in value.items()}
    if shape == "string" and not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


_NAMES = "the program names it by its convention"
_BY_TAGS = "the stack's tags are the key failover:tags"
_ITS_REGION = "the stack's region is aws:region"
OWNED_BY_TEMPLATE: Mapping[str, str] = {
    "imageId": "the image of a slot is failover:images",
    "instanceType": "it is the key instanceType of the capacity",
    "instanceRequirements": "types are the keys instanceType and autoScalingGroup.mixedInstances",
    "userData": "it is the key launchTemplate.userData",
    "name": _NAMES,
    "namePrefix": _NAMES,
    "description": "the program notes in it what the template is a copy of",
    "tags": _BY_TAGS,
    "tagSpecifications": _BY_TAGS,
    "keyName": "it is the key launchTemplate.keyName",
    "vpcSecurityGroupIds": "they are the key launchTemplate.securityGroupIds",
    "securityGroupNames": "security groups are the key launchTemplate.securityGroupIds",
    "iamInstanceProfile": "it is the key instanceProfile of the service",
    "region": _ITS_REGION,
}
"""Arguments of a launch template that the program must own, and what sets each."""
_SIZE = "the sizes of a group are the keys min and max, and a ramp's floors"
_TARGETS = "the slot's target group is the one that its rule forwards to"
_LAUNCHES = "the group launches the numbered version of the slot's launch template"
_WAITS = "the guards wait for health, and the engine does not, under the stack's lock"
OWNED_BY_GROUP: Mapping[str, str] = {
    "name": "the name of a group is services.<service>.slots.<slot>.autoScalingGroup.name",
    "namePrefix": _NAMES,
    "minSize": _SIZE,
    "maxSize": _SIZE,
    "desiredCapacity": "the scaling policy owns it, and a value would undo its work",
    "desiredCapacityType": "guards and ramps count instances, and not units",
    "launchTemplate": _LAUNCHES,
    "launchConfiguration": _LAUNCHES,
    "mixedInstancesPolicy": "it is the key autoScalingGroup.mixedInstances",
    "targetGroupArns": _TARGETS,
    "trafficSources": _TARGETS,
    "loadBalancers": _TARGETS,
    "tags": _BY_TAGS,
    "vpcZoneIdentifiers": "they are the key autoScalingGroup.subnetIds",
    "availabilityZones": "they follow from the key autoScalingGroup.subnetIds",
    "suspendedProcesses": "they are the key autoScalingGroup.suspendedProcesses",
    "healthCheckGracePeriod": "it is the key healthCheckGraceSeconds of the service",
    "instanceRefresh": "the refresh launches before it terminates, and the guards judge it",
    "protectFromScaleIn": "a refresh passes over protected instances, so no release would end",
    "waitForCapacityTimeout": _WAITS,
    "minElbCapacity": _WAITS,
    "waitForElbCapacity": _WAITS,
    "context": "AWS keeps it for itself",
    "region": _ITS_REGION,
}
"""Arguments of an Auto Scaling group that the program must own, and what sets each."""
_IS_KEY = "it is the key {} of the service"
_KEPT = "the stack makes target groups of instances in the VPC of its load balancer"
OWNED_BY_TARGET_GROUP: Mapping[str, str] = {
    "name": "the name of a group is services.<service>.slots.<slot>.targetGroup.name",
    "namePrefix": _NAMES,
    "port": _IS_KEY.format("port"),
    "protocol": _IS_KEY.format("targetGroup.protocol"),
    "protocolVersion": _IS_KEY.format("targetGroup.protocolVersion"),
    "vpcId": _KEPT,
    "targetType": _KEPT,
    "ipAddressType": _KEPT,
    "deregistrationDelay": _IS_KEY.format("deregistrationDelaySeconds"),
    "slowStart": _IS_KEY.format("targetGroup.slowStartSeconds"),
    "loadBalancingAlgorithmType": _IS_KEY.format("targetGroup.algorithm"),
    "loadBalancingAnomalyMitigation": _IS_KEY.format("targetGroup.anomalyMitigation"),
    "loadBalancingCrossZoneEnabled": _IS_KEY.format("targetGroup.crossZone"),
    "stickiness": "it would keep clients on a slot of weight 0",
    "healthCheck": "its settings are the keys healthCheck and targetGroup of the service",
    "tags": _BY_TAGS,
    "region": _ITS_REGION,
    # What target groups of instances behind an Application Load Balancer do not have.
    **dict.fromkeys(
        (
            *("connectionTermination", "lambdaMultiValueHeadersEnabled", "preserveClientIp"),
            *("proxyProtocolV2", "targetControlPort", "targetFailovers", "targetHealthStates"),
        ),
        "a target group of instances behind an Application Load Balancer does not have it",
    ),
}
"""Arguments of a target group that the program must own, and what sets each."""
