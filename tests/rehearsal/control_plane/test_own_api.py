"""Tests may make the local AWS faulty, and count what was asked of it."""

from __future__ import annotations

import json
import threading
from typing import Any
from urllib.error import HTTPError

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from rehearsal.local_aws import LocalAws
from rehearsal.provider.aws import AwsClients
from tests.rehearsal.control_plane.aws import Aws, refusal
from tests.rehearsal.data_plane.world import eventually

ROLE = "arn:aws:iam::123456789012:role/deploy"


@pytest.fixture
def local(endpoint: str, aws: Aws) -> LocalAws:
    del aws
    return LocalAws(endpoint)


def client_of(endpoint: str, service: str, credentials: Any = None, **config: Any) -> Any:
    session: Any = boto3.Session(
        credentials["AccessKeyId"] if credentials else "test",
        credentials["SecretAccessKey"] if credentials else "test",
        credentials["SessionToken"] if credentials else None,
        region_name="us-east-1",
    )
    settings: dict[str, Any] = {"retries": {"total_max_attempts": 1}, **config}
    return session.client(service, endpoint_url=endpoint, config=Config(**settings))


def test_calls_are_counted_per_operation_since_a_mark(aws: Aws, local: LocalAws) -> None:
    arn = aws.target_group()
    mark = local.mark()

    aws.rule((arn, 1))
    rules = [aws.elbv2.describe_rules(ListenerArn=aws.listener_arn) for _ in range(3)]

    counted = local.calls(mark)
    assert len(rules) == 3
    assert (counted["DescribeRules"], counted["CreateRule"]) == (3, 1)
    assert "CreateTargetGroup" not in counted


def test_calls_are_counted_per_access_key(endpoint: str, local: LocalAws) -> None:
    mine = {"AccessKeyId": "AKIAMINE", "SecretAccessKey": "x", "SessionToken": None}
    ec2 = client_of(endpoint, "ec2", mine)
    ec2.describe_vpcs()
    ec2.close()

    assert local.calls(access_key_id="AKIAMINE") == {"DescribeVpcs": 1}


@pytest.mark.parametrize(
    ("answer", "service", "operation", "code", "status"),
    [
        ("Throttling", "elbv2", "describe_load_balancers", "Throttling", 400),
        ("Throttling", "ec2", "describe_vpcs", "RequestLimitExceeded", 503),
        ("Throttling", "autoscaling", "describe_auto_scaling_groups", "Throttling", 400),
        ("Throttling", "cloudwatch", "describe_alarms", "Throttling", 400),
        ("Throttling", "ssm", "describe_parameters", "Throttling", 400),
        ("RequestLimitExceeded", "elbv2", "describe_rules", "RequestLimitExceeded", 503),
        ("ExpiredToken", "elbv2", "describe_load_balancers", "ExpiredToken", 403),
        ("ExpiredToken", "cloudwatch", "describe_alarms", "ExpiredToken", 403),
        ("ExpiredToken", "ec2", "describe_vpcs", "RequestExpired", 400),
        ("AccessDenied", "elbv2", "describe_load_balancers", "AccessDenied", 403),
        ("ServiceUnavailable", "elbv2", "describe_load_balancers", "ServiceUnavailable", 503),
        ("InternalFailure", "s3", "list_buckets", "InternalFailure", 500),
    ],
)
def test_a_fault_is_answered_in_the_words_of_the_service(
    aws: Aws,
    local: LocalAws,
    answer: str,
    service: str,
    operation: str,
    code: str,
    status: int,
) -> None:
    local.inject({"answer": answer})

    with pytest.raises(ClientError) as told:
        getattr(aws.clients[service], operation)()

    response: Any = told.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (
        code,
        status,
    )


def test_a_fault_meets_only_the_operations_that_it_names_and_changes_nothing(
    aws: Aws, local: LocalAws
) -> None:
    arn = aws.target_group()
    rule = aws.rule((arn, 1))
    before = aws.elbv2.describe_rules(RuleArns=[rule])["Rules"]
    local.inject({"operations": ["elbv2:Modify*"], "answer": "Throttling"})

    code, _ = refusal(aws.elbv2.modify_rule, RuleArn=rule, Conditions=[])

    assert code == "Throttling"
    assert aws.elbv2.describe_rules(RuleArns=[rule])["Rules"] == before


def test_the_provider_outlasts_throttling_without_a_word(endpoint: str, local: LocalAws) -> None:
    provider = AwsClients("us-east-1", endpoint)
    local.inject({"operations": ["DescribeVpcs"], "answer": "Throttling", "calls": 3})

    vpcs = provider.ec2.describe_vpcs()["Vpcs"]

    provider.ec2.close()
    assert [vpc.get("IsDefault") for vpc in vpcs] == [True]
    assert local.calls()["DescribeVpcs"] >= 4


def test_a_fault_ends_after_its_seconds_or_its_calls_or_when_it_is_lifted(
    aws: Aws, local: LocalAws
) -> None:
    look = aws.ec2.describe_vpcs
    local.inject({"answer": "Throttling", "seconds": 30})
    refusal(look)
    aws.clock.seconds += 30
    look()
    local.inject({"answer": "Throttling", "calls": 2})
    refusal(look)
    refusal(look)
    look()

    with local.faulty({"answer": "Throttling"}):
        refusal(look)

    assert look()["Vpcs"] is not None


def test_a_fault_of_one_access_key_leaves_the_others_alone(
    endpoint: str, aws: Aws, local: LocalAws
) -> None:
    local.inject({"answer": "ExpiredToken", "accessKeys": ["ASIA*"]})
    theirs = {"AccessKeyId": "ASIATHEIRS", "SecretAccessKey": "x", "SessionToken": "y"}
    sts = client_of(endpoint, "sts", theirs)

    code, _ = refusal(sts.get_caller_identity)
    sts.close()

    assert code == "ExpiredToken"
    assert aws.clients["sts"].get_caller_identity()["Account"] == "123456789012"


def test_a_silent_fault_answers_nothing_and_others_go_on(
    endpoint: str, aws: Aws, local: LocalAws
) -> None:
    local.inject({"operations": ["DescribeVpcs"], "answer": "silent"})
    impatient = client_of(endpoint, "ec2", read_timeout=0.3)
    ends: list[type[Exception]] = []

    def look() -> None:
        patient = client_of(endpoint, "ec2", read_timeout=30)
        with pytest.raises(ConnectionClosedError) as told:
            patient.describe_vpcs()
        patient.close()
        ends.append(told.type)

    waiting = threading.Thread(target=look)
    waiting.start()
    with pytest.raises(ReadTimeoutError):
        impatient.describe_vpcs()
    impatient.close()
    images = aws.ec2.describe_images(Owners=["self"])["Images"]
    eventually(lambda: local.met() == [2], "both are held")
    local.lift()
    waiting.join(20)

    assert images
    assert ends == [ConnectionClosedError]


def test_an_assumed_role_works_until_it_expires(endpoint: str, aws: Aws) -> None:
    role = aws.clients["sts"].assume_role(RoleArn=ROLE, RoleSessionName="me", DurationSeconds=900)
    elbv2 = client_of(endpoint, "elbv2", role["Credentials"])
    sts = client_of(endpoint, "sts", role["Credentials"])

    arn = sts.get_caller_identity()["Arn"]
    aws.clock.seconds += 899
    works = elbv2.describe_load_balancers()["LoadBalancers"]
    aws.clock.seconds += 1
    expired = refusal(elbv2.describe_load_balancers)[0]
    elbv2.close()
    sts.close()

    assert arn == "arn:aws:sts::123456789012:assumed-role/deploy/me"
    assert role["Credentials"]["Expiration"].timestamp() == aws.clock.seconds
    assert (works, expired) == ([], "ExpiredToken")


def test_a_role_is_not_assumed_for_less_than_a_quarter_of_an_hour(aws: Aws) -> None:
    code, message = refusal(
        aws.clients["sts"].assume_role, RoleArn=ROLE, RoleSessionName="me", DurationSeconds=60
    )

    assert code == "ValidationError"
    assert "greater than or equal to 900" in message


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"answer": "Sleepy"}, "[0].answer: 'Sleepy' is not one of Throttling, "),
        ({"answer": "Throttling", "second": 3}, "[0].second: not one of accessKeys, "),
        ({"answer": "Throttling", "seconds": 0}, "[0].seconds: expected a number above 0"),
        ({"answer": "Throttling", "operations": "All"}, "[0].operations: expected a list"),
    ],
)
def test_a_fault_that_is_none_is_refused_and_changes_nothing(
    aws: Aws, local: LocalAws, fault: dict[str, Any], told: str
) -> None:
    local.inject({"answer": "Throttling"})

    with pytest.raises(HTTPError) as refused:
        local.inject(fault)

    with refused.value as answer:
        assert json.load(answer)["message"].startswith(told)
    refusal(aws.ec2.describe_vpcs)
