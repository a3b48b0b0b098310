"""The tables hold what pulumi-aws 7 declares: names, types, and what is required."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Iterator
from typing import Any

import pulumi_aws
import pytest
from pulumi import _types  # pyright: ignore[reportPrivateUsage]

from rehearsal.provider.families import RESOURCE_TYPES
from rehearsal.provider.table import (
    Block,
    Kind,
    MapOf,
    Property,
    ResourceType,
    Scalar,
    SchemaListOf,
)

# The SDK's own modules say which of their neighbours are deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pulumi_aws")

STRICTER = {
    (
        "aws:autoscaling/policy:Policy",
        "targetTrackingConfiguration.predefinedMetricSpecification",
    ),
    ("aws:cloudwatch/metricAlarm:MetricAlarm", "comparisonOperator"),
    ("aws:cloudwatch/metricAlarm:MetricAlarm", "evaluationPeriods"),
    ("aws:ec2/routeTable:RouteTable", "routes.cidrBlock"),
    ("aws:ec2/routeTable:RouteTable", "routes.gatewayId"),
    ("aws:ec2/routeTableAssociation:RouteTableAssociation", "subnetId"),
    ("aws:ec2/subnet:Subnet", "cidrBlock"),
    ("aws:ec2/vpc:Vpc", "cidrBlock"),
    ("aws:lb/listenerRule:ListenerRule", "conditions.hostHeader.values"),
    ("aws:lb/listenerRule:ListenerRule", "conditions.httpHeader.values"),
    ("aws:lb/listenerRule:ListenerRule", "conditions.pathPattern.values"),
}
"""What the rehearsal needs and AWS does not: the other ways are not supported."""

AS_TEXT = {"aws:s3/bucketPolicy:BucketPolicy", "aws:cloudwatch/dashboard:Dashboard"}
LISTENER = "aws:lb/listener:Listener"

types = pytest.mark.parametrize("kind", RESOURCE_TYPES.values(), ids=lambda kind: kind.token)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda m: "_" + m[1].lower(), name).lower()


def _sdk_class(kind: ResourceType, suffix: str = "") -> Any:
    """By way of its package: a file of a package that is not loaded yet would leave it half so."""
    package, name = re.fullmatch(r"aws:(\w+)/\w+:(\w+)", kind.token).groups()  # pyright: ignore[reportOptionalMemberAccess]
    return getattr(getattr(pulumi_aws, package), name + suffix)


def _declared(args: Any) -> dict[str, tuple[Any, bool]]:
    """The inputs of an SDK class: type and whether required, by Pulumi name."""
    parameters = inspect.signature(args.__init__).parameters
    names = _types.input_type_py_to_pulumi_names(args)
    hints = _types.input_type_types(args)
    return {
        pulumi: (hints[pulumi], parameters[python].default is inspect.Parameter.empty)
        for python, pulumi in names.items()
    }


def _item(hint: Any) -> Any:
    """The type of a sequence's or a map's items, without the forms of `Input`."""
    inner = typing.get_args(hint)[-1]
    return typing.get_args(inner)[0] if typing.get_origin(inner) is typing.Union else inner


def _disagreements(
    table: typing.Mapping[str, Property], args: Any, token: str, path: str = ""
) -> Iterator[str]:
    declared = _declared(args)
    for name, entry in table.items():
        at = f"{path}{name}"
        if name not in declared:
            yield f"{at}: the SDK has no such input"
            continue
        hint, required = declared[name]
        if entry.required != required and (token, at) not in STRICTER:
            yield f"{at}: required here {entry.required}, in the SDK {required}"
        yield from _kind_disagreements(entry.kind, hint, token, at)


def _kind_disagreements(kind: Kind, hint: Any, token: str, at: str) -> Iterator[str]:
    if isinstance(kind, Scalar):
        told = {"an integer": int, "a number": float, "a boolean": bool}.get(kind.noun, str)
        # An enum of texts, alone or beside the plain text, and a document are texts as well.
        accepted = [hint, *typing.get_args(hint)]
        fits = any(inspect.isclass(one) and issubclass(one, told) for one in accepted)
        if not fits and token not in AS_TEXT:
            yield f"{at}: {told.__name__} here, {hint} in the SDK"
    elif isinstance(kind, Block):
        yield from _disagreements(kind.properties, hint, token, f"{at}.")
    else:
        origin = typing.get_origin(hint)
        is_map = isinstance(kind, MapOf)
        if (origin is not None and issubclass(origin, typing.Mapping)) != is_map:
            yield f"{at}: {'a map' if is_map else 'a list'} here, {hint} in the SDK"
        else:
            yield from _kind_disagreements(kind.element, _item(hint), token, at)


@types
def test_inputs_are_the_sdk_s(kind: ResourceType) -> None:
    found = list(_disagreements(kind.properties, _sdk_class(kind, "Args"), kind.token))

    assert found == []


@types
def test_outputs_are_the_sdk_s(kind: ResourceType) -> None:
    known = {_snake(name) for name in dir(_sdk_class(kind))}

    assert {name for name in kind.outputs if _snake(name) not in known} == set()


@types
def test_an_output_is_not_an_input_too(kind: ResourceType) -> None:
    assert set(kind.outputs).isdisjoint(kind.properties)


def test_lists_that_aws_limits_carry_their_limit() -> None:
    forward = RESOURCE_TYPES[LISTENER].properties["defaultActions"].kind
    assert isinstance(forward, SchemaListOf)
    assert isinstance(forward.element, Block)
    block = forward.element.properties["forward"].kind
    assert isinstance(block, Block)

    groups: Any = block.properties["targetGroups"].kind

    assert groups.most == 5
