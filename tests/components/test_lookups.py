"""What a question to the provider comes to."""

from __future__ import annotations

import pytest

from components.lookups import answered
from live.errors import ExpiredCredentialsError, LiveError, ThrottledError, UnreachableError
from settings.lookup import LookupFailedError


def no_subnet() -> str:
    raise Exception("ec2:getSubnet returned an error: RequestExpired: Request has expired.")  # noqa: TRY002 - as the SDK does


def expired() -> None:
    raise ExpiredCredentialsError("the AWS credentials have expired")


def test_an_answer_is_given_on_without_a_look_at_the_credentials() -> None:
    assert answered(lambda: "vpc-1", expired) == "vpc-1"


def test_no_answer_with_expired_credentials_is_no_fault_of_the_config() -> None:
    with pytest.raises(ExpiredCredentialsError):
        answered(no_subnet, expired)


def test_no_answer_with_good_credentials_is_told_in_the_words_of_aws() -> None:
    with pytest.raises(LookupFailedError, match=r"^RequestExpired: Request has expired\.$"):
        answered(no_subnet, lambda: None)


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
        answered(no_answer, lambda: None)
