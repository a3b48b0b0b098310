"""Refuses what AWS's own service model forbids, in AWS's words.

The model is botocore's: which members a request must have, the least and the most of a number or a
length, the values of an enumeration. A limit that the model has is written nowhere else here.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.model import Shape
from moto.autoscaling import exceptions as autoscaling
from moto.autoscaling.responses import AutoScalingResponse
from moto.cloudwatch import exceptions as cloudwatch
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model
from moto.elbv2 import exceptions as elbv2
from moto.elbv2.responses import ELBV2Response
from moto.sts import exceptions as sts
from moto.sts.responses import TokenResponse

from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.world import World
from rollout.json_value import is_list

_Original = Callable[..., Any]

NUMBERS = frozenset({"integer", "long", "float", "double"})


def at_least(bound: float) -> str:
    """The constraint that a number breaks by being less than `bound`."""
    return f"Member must have value greater than or equal to {bound}"


def at_most(bound: float) -> str:
    """The constraint that a number breaks by being more than `bound`."""
    return f"Member must have value less than or equal to {bound}"


def no_longer_than(bound: int) -> str:
    """The constraint that a text or a list breaks by having more than `bound` members."""
    return f"Member must have length less than or equal to {bound}"


def violation(value: object, path: str, constraint: str) -> str:
    """What one value breaks: `path` is AWS's, such as `actions.1.member.order`."""
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def refusal_of(*violations: str) -> str:
    """AWS's message about a request that breaks constraints of the service model."""
    count = "1 validation error" if len(violations) == 1 else f"{len(violations)} validation errors"
    return f"{count} detected: {'; '.join(violations)}"


def violations_of(shape: Any, value: Any, path: str = "") -> Iterator[str]:
    """Every constraint of `shape` that `value`, as moto parsed it, breaks.

    The entries of a map are not looked at.
    """
    if shape.type_name == "structure":
        yield from _of_structure(shape, value, path)
        return
    constraints: Iterator[str] = iter(())
    if shape.type_name in NUMBERS:
        constraints = _of_number(shape, value)
    elif shape.type_name in ("string", "list", "map"):
        constraints = _of_length(shape, value)
    for constraint in constraints:
        yield violation(_listed(value), path, constraint)
    if shape.type_name == "string":
        for constraint in _of_text(shape, value):
            yield violation(value, path, constraint)
    if shape.type_name == "list":
        for number, member in enumerate(value, start=1):
            yield from violations_of(shape.member, member, f"{path}.{number}.member")


def _listed(value: Any) -> Any:
    return f"[{', '.join(map(str, value))}]" if is_list(value) else value


def _of_structure(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield violation(None, _inside(path, name), "Member must not be null")
    for name, member in value.items():
        if member is not None and name in shape.members:
            yield from violations_of(shape.members[name], member, _inside(path, name))


def _inside(path: str, name: str) -> str:
    own = name[:1].lower() + name[1:]
    return f"{path}.{own}" if path else own


def _of_number(shape: Shape, value: float) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        yield at_least(least)
    if most is not None and value > most:
        yield at_most(most)


def _of_length(shape: Shape, value: Any) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and len(value) < least:
        yield f"Member must have length greater than or equal to {least}"
    if most is not None and len(value) > most:
        yield no_longer_than(most)


def _of_text(shape: Any, value: str) -> Iterator[str]:
    if shape.enum and value not in shape.enum:
        yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
    pattern = shape.metadata.get("pattern")
    compiled = _compiled(pattern) if pattern else None
    if compiled is not None and not compiled.fullmatch(value):
        yield f"Member must satisfy regular expression pattern: {pattern}"


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """A pattern of the model; None for one in a syntax that Python does not have."""
    try:
        return re.compile(pattern)
    except re.error:
        return None


_ERRORS: dict[type[BaseResponse], type[ServiceException]] = {
    ELBV2Response: elbv2.ValidationError,
    AutoScalingResponse: autoscaling.ValidationError,
    CloudWatchResponse: cloudwatch.ValidationError,
    TokenResponse: sts.STSValidationError,
}
"""The services whose requests are checked, each with moto's form of its ValidationError."""


def _call(world: World, original: _Original, self: BaseResponse) -> Any:
    del world
    model = get_service_model(self.boto3_service_name)
    shape = model.operation_model(self._get_action()).input_shape
    violations = [] if shape is None else [*violations_of(shape, self.params)]
    if not violations:
        return original(self)
    error = _ERRORS[type(self)](refusal_of(*violations))
    status, headers, body = self.serialized(ActionResult(error))
    with_status: dict[str, Any] = {**headers, "status": status}
    shown, body = self._enrich_response(with_status, body)
    return status, shown, body


SERVICE_MODEL = Correction(
    name="service-model",
    moto="A request may lack what it needs, and a number or a text may be any.",
    aws="A request that its own service model forbids is refused, with all that is wrong with it.",
    changes=tuple(Replace(owner, "call_action", _call) for owner in _ERRORS),
)
