"""What a question to the provider comes to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.lookups import answered, trimmed
from live.errors import (
    AccessDeniedError,
    ExpiredCredentialsError,
    LiveError,
    ThrottledError,
    UnreachableError,
)
from settings.lookup import LookupFailedError

ME = "arn:aws:iam::123456789012:user/me"


def no_subnet() -> str:
    raise Exception("ec2:getSubnet returned an error: RequestExpired: Request has expired.")  # noqa: TRY002 - as the SDK does


def expired() -> str:
    raise ExpiredCredentialsError("the AWS credentials have expired")


def test_an_answer_is_given_on_without_a_look_at_the_credentials() -> None:
    assert answered(lambda: "vpc-1", expired, "ec2:DescribeSubnets") == "vpc-1"


def test_no_answer_with_expired_credentials_is_no_fault_of_the_config() -> None:
    with pytest.raises(ExpiredCredentialsError):
        answered(no_subnet, expired, "ec2:DescribeSubnets")


def test_no_answer_with_good_credentials_is_told_in_the_words_of_aws() -> None:
    with pytest.raises(LookupFailedError, match=r"^RequestExpired: Request has expired\.$"):
        answered(no_subnet, lambda: ME, "ec2:DescribeSubnets")


EC2_DENIES = (
    "invoking aws:ec2/getSubnet:getSubnet: 1 error occurred:\n\t* reading EC2 Subnet: operation "
    "error EC2: DescribeSubnets, https response error StatusCode: 403, RequestID: 1-2, api error "
    "UnauthorizedOperation: You are not authorized to perform this operation. User: "
    "arn:aws:sts::123456789012:assumed-role/ci/run-7 is not authorized to perform: "
    "ec2:DescribeSubnets because no identity-based policy allows the ec2:DescribeSubnets action\n\n"
)
BALANCER_DENIES = (
    "operation error Elastic Load Balancing v2: DescribeTargetGroups, https response error "
    "StatusCode: 403, api error AccessDenied: User: arn:aws:iam::123456789012:user/a is not "
    "authorized to perform: elasticloadbalancing:DescribeTargetGroups with an explicit deny in a "
    "service control policy"
)


def refused_lookup(text: str, action: str = "ec2:DescribeSubnets") -> BaseException:
    def no_answer() -> str:
        raise Exception(f"invocation of it returned an error: {text}")  # noqa: TRY002

    with pytest.raises(Exception, match=r".") as refused:
        answered(no_answer, lambda: ME, action)
    return refused.value


def test_a_denied_lookup_is_a_missing_permission_and_no_fault_of_the_config() -> None:
    error = refused_lookup(EC2_DENIES)

    assert isinstance(error, AccessDeniedError)
    assert str(error).startswith(
        "access denied: arn:aws:sts::123456789012:assumed-role/ci/run-7 may not "
        "ec2:DescribeSubnets (reading EC2 Subnet: "
    )
    assert error.fix == (
        'have {"Effect": "Allow", "Action": "ec2:DescribeSubnets", "Resource": "*"} granted to '
        "arn:aws:sts::123456789012:assumed-role/ci/run-7; docs/ci/preview-role.json is all that a "
        "preview takes"
    )
    assert "\n" not in str(error)


def test_an_explicit_deny_is_not_to_be_fixed_by_a_grant() -> None:
    error = refused_lookup(BALANCER_DENIES)

    assert isinstance(error, AccessDeniedError)
    assert error.fix == (
        "take the deny of elasticloadbalancing:DescribeTargetGroups away from "
        "arn:aws:iam::123456789012:user/a: a grant does not lift it"
    )


def test_a_denial_that_names_nothing_is_told_with_the_action_that_was_asked() -> None:
    error = refused_lookup("api error AccessDeniedException: ", "ssm:GetParameter")

    assert isinstance(error, AccessDeniedError)
    assert '"Action": "ssm:GetParameter"' in error.fix
    assert str(error).startswith(f"access denied: {ME} may not ssm:GetParameter (")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "invoking aws:ec2/getSubnet:getSubnet: 1 error occurred:\n"
            "\t* no matching EC2 Subnet found\n\n",
            "no matching EC2 Subnet found",
        ),
        ("no matching EC2 Subnet found: ", "no matching EC2 Subnet found"),
        ("2 errors occurred:\n\t* one\n\t* two\n\n", "one; two"),
        ("reading it:\n  it is\n  gone", "reading it: it is gone"),
        ("plain", "plain"),
    ],
)
def test_what_aws_says_of_a_lookup_is_on_one_line(text: str, told: str) -> None:
    error = refused_lookup(text)

    assert isinstance(error, LookupFailedError)
    assert str(error) == told


@given(text=st.text())
def test_no_text_of_a_provider_breaks_a_line_of_ours(text: str) -> None:
    assert trimmed(text).splitlines() in ([], [trimmed(text)])


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("api error RequestLimitExceeded: Request limit exceeded.", ThrottledError),
        ("DescribeSubnets: Throttling: Rate exceeded", ThrottledError),
        ("StatusCode: 503, api error Unavailable: The service is unavailable.", UnreachableError),
    ],
)
def test_no_answer_of_an_aws_that_throttles_or_is_down_is_no_fault_of_the_config(
    told: str, kind: type[LiveError]
) -> None:
    def no_answer() -> str:
        raise Exception(f"ec2:getSubnet returned an error: {told}")  # noqa: TRY002

    with pytest.raises(kind, match=told):
        answered(no_answer, lambda: ME, "ec2:DescribeSubnets")
