"""Policies in IAM's language, of a role or of a bucket: no wildcard that allows everything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pulumi_policy import ResourceValidationArgs

from .policy import security_policy
from .resource_type import BUCKET_POLICY, IAM_POLICY
from .value import Properties, has, is_map, shown

_TYPES = (*IAM_POLICY, *BUCKET_POLICY)
_EVERYTHING = ("*", "*:*")


def _full_access(args: ResourceValidationArgs) -> Iterator[str]:
    for path, statement in _allowing(args):
        for action in _texts(statement, "Action"):
            if action in _EVERYTHING:
                yield f"{path}.Action allows {shown(action)}; expected the actions that are needed"


def _service_wildcard(args: ResourceValidationArgs) -> Iterator[str]:
    for path, statement in _allowing(args):
        for action in _texts(statement, "Action"):
            if action.endswith(":*") and action not in _EVERYTHING:
                yield (
                    f"{path}.Action allows {shown(action)}, a whole service; expected the actions "
                    "that are needed"
                )
        if has(statement, "NotAction"):
            yield (
                f"{path}.NotAction allows all but what it names; expected Action with the actions "
                "that are needed"
            )


def _allowing(args: ResourceValidationArgs) -> Iterator[tuple[str, Properties]]:
    """The statements that allow something, and where each stands."""
    document: Any = args.props.get("policy")
    if isinstance(document, str):
        document = _read(document)
    statements: Any = document.get("Statement", ()) if is_map(document) else ()
    if is_map(statements):
        statements = (statements,)
    for index, statement in enumerate(statements):
        if is_map(statement) and statement.get("Effect") == "Allow":
            yield f"policy.Statement[{index}]", statement


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None  # AWS takes no such policy.


def _texts(statement: Properties, name: str) -> list[str]:
    value = statement.get(name, ())
    return [value] if isinstance(value, str) else [str(each) for each in value]


POLICIES = (
    security_policy(
        "iam-policy-full-access",
        "FSBP IAM.1, CIS 1.4.0/1.16",
        "No policy allows every action.",
        _TYPES,
        _full_access,
    ),
    security_policy(
        "iam-policy-service-wildcard",
        "FSBP IAM.21",
        "No policy allows every action of a service.",
        _TYPES,
        _service_wildcard,
    ),
)
