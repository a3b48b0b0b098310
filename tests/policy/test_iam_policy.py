"""Policies on documents in IAM's language."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policy.asking import UNKNOWN, Found, violations

BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
TYPES = [
    BUCKET_POLICY,
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
]
NEEDED = "expected the actions that are needed"


def document(statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allowing(**parts: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Resource": "*", **parts}


@pytest.mark.parametrize("resource_type", TYPES)
@pytest.mark.parametrize(
    "statements",
    [
        [allowing(Action="s3:PutObject")],
        [allowing(Action=["s3:Get*", "s3:PutObject"])],
        [{"Effect": "Deny", "Action": "*", "Resource": "*"}],
        [],
    ],
)
def test_named_actions_and_refusals_pass(resource_type: str, statements: Any) -> None:
    assert violations(resource_type, {"policy": document(statements)}) == {}


@pytest.mark.parametrize("resource_type", TYPES)
@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (
            [allowing(Action="s3:PutObject"), allowing(Action="*")],
            {"iam-policy-full-access": [f'policy.Statement[1].Action allows "*"; {NEEDED}']},
        ),
        (
            allowing(Action=["s3:PutObject", "*:*"]),
            {"iam-policy-full-access": [f'policy.Statement[0].Action allows "*:*"; {NEEDED}']},
        ),
        (
            [allowing(Action="s3:*")],
            {
                "iam-policy-service-wildcard": [
                    f'policy.Statement[0].Action allows "s3:*", a whole service; {NEEDED}'
                ]
            },
        ),
        (
            [allowing(NotAction="iam:*")],
            {
                "iam-policy-service-wildcard": [
                    "policy.Statement[0].NotAction allows all but what it names; expected Action "
                    "with the actions that are needed"
                ]
            },
        ),
    ],
)
def test_a_wildcard_that_allows_breaks_one_policy(
    resource_type: str, statements: Any, expected: Found
) -> None:
    assert violations(resource_type, {"policy": document(statements)}) == expected


def test_a_document_given_as_a_map_is_read_too() -> None:
    found = violations(BUCKET_POLICY, {"policy": {"Statement": [allowing(Action="s3:*")]}})

    assert list(found) == ["iam-policy-service-wildcard"]


@pytest.mark.parametrize("props", [{}, {"policy": "no JSON"}, {"policy": "[]"}])
def test_what_is_no_document_allows_nothing(props: dict[str, Any]) -> None:
    assert violations(BUCKET_POLICY, props) == {}


def test_a_document_that_is_not_known_yet_is_not_evaluated() -> None:
    said = ["not evaluated: string value at .policy can't be known during preview"]

    assert violations(BUCKET_POLICY, {"policy": UNKNOWN}) == {
        "iam-policy-full-access": said,
        "iam-policy-service-wildcard": said,
    }
