"""Load balancers and listeners are taken, refused and shown as AWS does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.rehearsal.control_plane.aws import Aws, refusal

DEFAULT_404 = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]


def refused_balancer(aws: Aws, **settings: Any) -> str:
    arguments = {"Name": "other", "Subnets": aws.subnet_ids, **settings}
    return refusal(aws.elbv2.create_load_balancer, **arguments)[0]


def set_attribute(aws: Aws, key: str, value: str) -> None:
    aws.elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=aws.load_balancer_arn, Attributes=[{"Key": key, "Value": value}]
    )


def attributes(aws: Aws) -> dict[str, str]:
    shown = aws.elbv2.describe_load_balancer_attributes(LoadBalancerArn=aws.load_balancer_arn)
    return {a["Key"]: a["Value"] for a in shown["Attributes"]}


def test_a_load_balancer_is_active_from_its_first_answer_on(aws: Aws) -> None:
    made = aws.elbv2.create_load_balancer(Name="a", Subnets=aws.subnet_ids)["LoadBalancers"][0]

    assert made["State"] == {"Code": "active"}


def test_a_protected_load_balancer_is_not_deleted_until_the_protection_is_off(aws: Aws) -> None:
    set_attribute(aws, "deletion_protection.enabled", "true")

    code, _ = refusal(aws.elbv2.delete_load_balancer, LoadBalancerArn=aws.load_balancer_arn)
    set_attribute(aws, "deletion_protection.enabled", "false")
    aws.elbv2.delete_load_balancer(LoadBalancerArn=aws.load_balancer_arn)

    assert code == "OperationNotPermitted"
    assert aws.elbv2.describe_load_balancers()["LoadBalancers"] == []


def test_two_zones_with_one_subnet_each_are_needed(aws: Aws) -> None:
    one = aws.subnet_ids[0]
    twin = aws.ec2.create_subnet(
        VpcId=aws.vpc_id, CidrBlock="10.0.7.0/24", AvailabilityZone="us-east-1a"
    )["Subnet"]["SubnetId"]

    assert refused_balancer(aws, Subnets=[one]) == "ValidationError"
    assert refused_balancer(aws, Subnets=[one, twin]) == "InvalidConfigurationRequest"
    assert refused_balancer(aws, Subnets=[one, "subnet-0123456789abcdef0"]) == "SubnetNotFound"


@pytest.mark.parametrize("name", ["a" * 33, "-a", "a-", "a_b", "internal-a", ""])
def test_a_name_that_aws_refuses_is_refused(aws: Aws, name: str) -> None:
    assert refused_balancer(aws, Name=name) == "ValidationError"


def test_a_name_is_taken_once(aws: Aws) -> None:
    assert aws.load_balancer_arn
    assert refused_balancer(aws, Name="alb") == "DuplicateLoadBalancerName"


def test_an_internet_facing_load_balancer_needs_a_vpc_with_an_internet_gateway(aws: Aws) -> None:
    vpc_id = aws.ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        aws.ec2.create_subnet(
            VpcId=vpc_id, CidrBlock=f"10.8.{i}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )["Subnet"]["SubnetId"]
        for i, zone in enumerate("ab")
    ]

    assert refused_balancer(aws, Subnets=subnets) == "InvalidSubnet"
    assert aws.elbv2.create_load_balancer(Name="in", Subnets=subnets, Scheme="internal")


def test_a_load_balancer_of_another_type_is_refused_as_unsupported(aws: Aws) -> None:
    code, message = refusal(
        aws.elbv2.create_load_balancer, Name="nlb", Subnets=aws.subnet_ids, Type="network"
    )

    assert code == "ValidationError"
    assert "not supported by the rehearsal" in message


def test_every_attribute_has_its_default(aws: Aws) -> None:
    shown = attributes(aws)

    assert shown["idle_timeout.timeout_seconds"] == "60"
    assert shown["routing.http.desync_mitigation_mode"] == "defensive"
    assert shown["routing.http2.enabled"] == "true"
    assert shown["deletion_protection.enabled"] == "false"
    assert len(shown) == 23


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("idle_timeout.timeout_seconds", "4001"),
        ("routing.http.desync_mitigation_mode", "loose"),
        ("routing.http2.enabled", "yes"),
        ("no.such.attribute", "1"),
    ],
)
def test_an_attribute_outside_its_range_is_refused(aws: Aws, key: str, value: str) -> None:
    before = attributes(aws)

    code, _ = refusal(
        aws.elbv2.modify_load_balancer_attributes,
        LoadBalancerArn=aws.load_balancer_arn,
        Attributes=[{"Key": key, "Value": value}],
    )

    assert code in ("ValidationError", "InvalidConfigurationRequest")
    assert attributes(aws) == before


def test_access_logs_need_a_bucket_whose_policy_lets_the_load_balancer_write(aws: Aws) -> None:
    s3 = aws.clients["s3"]
    logs = [
        {"Key": "access_logs.s3.enabled", "Value": "true"},
        {"Key": "access_logs.s3.bucket", "Value": "logs"},
        {"Key": "access_logs.s3.prefix", "Value": "alb"},
    ]
    enable = {"LoadBalancerArn": aws.load_balancer_arn, "Attributes": logs}

    def allow(resource: str) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": resource,
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        s3.put_bucket_policy(Bucket="logs", Policy=json.dumps(policy))

    no_bucket = refusal(aws.elbv2.modify_load_balancer_attributes, **enable)[0]
    s3.create_bucket(Bucket="logs")
    no_policy = refusal(aws.elbv2.modify_load_balancer_attributes, **enable)[0]
    allow("arn:aws:s3:::logs/elsewhere/*")
    elsewhere = refusal(aws.elbv2.modify_load_balancer_attributes, **enable)[0]
    allow("arn:aws:s3:::logs/alb/AWSLogs/123456789012/*")
    aws.elbv2.modify_load_balancer_attributes(**enable)

    assert {no_bucket, no_policy, elsewhere} == {"InvalidConfigurationRequest"}
    assert attributes(aws)["access_logs.s3.enabled"] == "true"


def refused_listener(aws: Aws, **settings: Any) -> str:
    arguments = {
        "LoadBalancerArn": aws.load_balancer_arn,
        "Port": 8443,
        "Protocol": "HTTPS",
        "Certificates": [{"CertificateArn": aws.certificate_arn}],
        "DefaultActions": DEFAULT_404,
        **settings,
    }
    return refusal(aws.elbv2.create_listener, **arguments)[0]


def test_an_https_listener_needs_a_certificate_that_exists(aws: Aws) -> None:
    missing = "arn:aws:acm:us-east-1:123456789012:certificate/none"

    assert refused_listener(aws, Certificates=[]) == "ValidationError"
    assert refused_listener(aws, Certificates=[{"CertificateArn": missing}]) == (
        "CertificateNotFound"
    )


def test_a_policy_is_known_by_name(aws: Aws) -> None:
    assert refused_listener(aws, SslPolicy="ELBSecurityPolicy-Nothing") == "SSLPolicyNotFound"

    for policy in (
        "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        "ELBSecurityPolicy-TLS13-1-2-2021-06",
    ):
        (changed,) = aws.elbv2.modify_listener(ListenerArn=aws.listener_arn, SslPolicy=policy)[
            "Listeners"
        ]
        assert changed["SslPolicy"] == policy


def test_two_listeners_cannot_share_a_port(aws: Aws) -> None:
    assert aws.listener_arn
    assert refused_listener(aws, Port=443) == "DuplicateListener"


def test_an_http_listener_has_neither_policy_nor_certificate(aws: Aws) -> None:
    (listener,) = aws.elbv2.create_listener(
        LoadBalancerArn=aws.load_balancer_arn,
        Port=80,
        Protocol="HTTP",
        DefaultActions=DEFAULT_404,
    )["Listeners"]

    assert "SslPolicy" not in listener
    assert not listener.get("Certificates")
    assert refused_listener(aws, Protocol="HTTP") == "ValidationError"
