"""Write the arguments that `arguments` of the config takes, with their types, from the SDK.

After another version of pulumi-aws: `python -m components.sdk_arguments >
settings/sdk_arguments.json`. The config is read without the SDK, whose import costs a second.
"""

from __future__ import annotations

import enum
import json
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import _types  # pyright: ignore[reportPrivateUsage]
from pulumi_aws import autoscaling, ec2, lb

_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean"}


def sdk_arguments() -> dict[str, Any]:
    """The arguments of each resource by their Pulumi names.

    A scalar is its name, a list has the shape of its entries in it, a map of any names is
    `{"*": shape}`, and any other map has the shape of each of its fields.
    """
    return {
        "launchTemplate": _fields(ec2.LaunchTemplateArgs),
        "autoScalingGroup": _fields(autoscaling.GroupArgs),
        "targetGroup": _fields(lb.TargetGroupArgs),
    }


def _fields(arguments: type) -> dict[str, Any]:
    return {name: _shape(kind) for name, kind in _types.input_type_types(arguments).items()}


def _shape(kind: Any) -> Any:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Union:
        # An enumeration stands beside the plain text that the SDK takes too.
        plain = [each for each in inner if each in _SCALARS]
        return _shape(next(iter(plain or [each for each in inner if each is not type(None)])))
    if origin in (Sequence, list):
        return [_shape(inner[0])]
    if origin in (Mapping, dict):
        return {"*": _shape(inner[1])}
    if kind in _SCALARS:
        return _SCALARS[kind]
    if issubclass(kind, enum.Enum):
        return "string"
    return _fields(kind)


if __name__ == "__main__":
    print(json.dumps(sdk_arguments(), indent=1, sort_keys=True))
