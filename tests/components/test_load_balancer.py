from __future__ import annotations

import json

import pytest

from tests.components.stacks import declared, recording_of
from tests.configs import stack_config
from tests.settings.test_values import LISTENER_ARN, with_existing_load_balancer


def test_the_load_balancer_is_hardened_and_logs_what_it_does() -> None:
    balancer = recording_of("prod").one(":LoadBalancer", "alb").inputs

    assert balancer == {
        "name": "hankooktire-us-prd-alb",
        "internal": False,
        "loadBalancerType": "application",
        "securityGroups": ["id-alb"],
        "subnets": ["subnet-0a1b2c3d4e5f60711", "subnet-0a1b2c3d4e5f60712"],
        "idleTimeout": 60,
        "dropInvalidHeaderFields": True,
        "desyncMitigationMode": "defensive",
        "enableDeletionProtection": True,
        "accessLogs": {"bucket": "hankooktire-us-prd-alb-logs", "prefix": "alb", "enabled": True},
        "tags": {"Name": "hankooktire-us-prd-alb", "Environment": "prd"},
    }


def test_https_answers_404_to_what_no_rule_takes() -> None:
    listener = recording_of("prod").one(":Listener", "https").inputs

    (action,) = listener["defaultActions"]
    assert (listener["port"], listener["protocol"]) == (443, "HTTPS")
    assert listener["sslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    assert action["type"] == "fixed-response"
    assert action["fixedResponse"]["statusCode"] == "404"


def test_http_redirects_to_https_and_does_nothing_else() -> None:
    listener = recording_of("prod").one(":Listener", "http").inputs

    assert (listener["port"], listener["protocol"]) == (80, "HTTP")
    assert listener["defaultActions"] == [
        {
            "type": "redirect",
            "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"},
        }
    ]


def test_the_world_reaches_the_listeners_and_only_the_load_balancer_the_instances() -> None:
    recording = recording_of("prod")

    ways_in = {
        (r.inputs["securityGroupId"], r.inputs["fromPort"], r.inputs["toPort"]): (
            r.inputs.get("cidrIpv4") or r.inputs.get("referencedSecurityGroupId")
        )
        for r in recording.of_type(":SecurityGroupIngressRule")
    }

    assert ways_in == {
        ("id-alb", 443, 443): "0.0.0.0/0",
        ("id-alb", 80, 80): "0.0.0.0/0",
        ("id-instance", 8080, 8080): "id-alb",
    }


def test_the_load_balancer_can_reach_nothing_but_the_instances() -> None:
    ways_out = {
        r.name: (r.inputs["securityGroupId"], r.inputs.get("referencedSecurityGroupId"))
        for r in recording_of("prod").of_type(":SecurityGroupEgressRule")
    }

    assert ways_out == {
        "alb-8080": ("id-alb", "id-instance"),
        "instance-out": ("id-instance", None),
    }


def test_every_port_of_a_service_is_opened_once() -> None:
    config = stack_config("prod")
    config["failover:services"]["web"]["port"] = 9090

    opened = [r.name for r in declared(config).of_type(":SecurityGroupIngressRule")]

    assert opened == ["alb-http", "alb-https", "instance-8080", "instance-9090"]


def test_the_port_of_the_health_checks_is_opened_at_both_ends() -> None:
    config = stack_config("prod")
    config["failover:services"]["web"]["targetGroup"] = {"healthCheckPort": 8081}

    recording = declared(config)

    into_instances = [r.name for r in recording.of_type(":SecurityGroupIngressRule")]
    out_of_balancer = [r.name for r in recording.of_type(":SecurityGroupEgressRule")]
    assert into_instances == ["alb-http", "alb-https", "instance-8080", "instance-8081"]
    assert out_of_balancer == ["alb-8080", "alb-8081", "instance-out"]


def test_only_log_delivery_may_write_the_logs() -> None:
    recording = recording_of("prod")

    policy = json.loads(recording.one(":BucketPolicy", "access-logs").inputs["policy"])
    block = recording.one(":BucketPublicAccessBlock", "access-logs").inputs

    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert statement["Action"] == "s3:PutObject"
    assert statement["Resource"] == "arn:mock:Bucket/access-logs/alb/AWSLogs/111122223333/*"
    assert [value for key, value in sorted(block.items()) if key != "bucket"] == [True] * 4


def test_logs_are_kept_where_protection_is_on_and_go_with_the_stack_where_it_is_off() -> None:
    buckets = {
        stack: recording_of(stack).one(":Bucket", "access-logs") for stack in ("prod", "dev")
    }

    assert "forceDestroy" not in buckets["prod"].inputs
    assert buckets["dev"].inputs["forceDestroy"] is True


def test_the_load_balancer_is_made_when_it_may_write_its_logs() -> None:
    balancer = recording_of("prod").one(":LoadBalancer", "alb")

    assert "aws:s3/bucketPolicy:BucketPolicy access-logs" in balancer.depends_on


def test_no_bucket_is_made_where_nothing_is_logged() -> None:
    recording = declared(stack_config("prod") | {"failover:accessLogs": False})

    assert recording.of_type(":Bucket") == []
    assert "accessLogs" not in recording.one(":LoadBalancer", "alb").inputs


@pytest.mark.parametrize(("stack", "is_protected"), [("prod", True), ("dev", False)])
def test_aws_too_refuses_to_delete_it_where_protection_is_on(
    stack: str, is_protected: bool
) -> None:
    balancer = recording_of(stack).one(":LoadBalancer", "alb")

    assert balancer.inputs["enableDeletionProtection"] is is_protected


def test_beside_an_existing_load_balancer_only_what_is_behind_it_is_made() -> None:
    config, lookups = with_existing_load_balancer()

    recording = declared(config, lookups=lookups)

    for kind in (":LoadBalancer", ":Listener", ":Bucket"):
        assert [r for r in recording.of_type(kind) if not r.is_component] == []
    assert {r.inputs["listenerArn"] for r in recording.of_type(":ListenerRule")} == {LISTENER_ARN}
    assert [r.name for r in recording.of_type(":SecurityGroupIngressRule")] == ["instance-8080"]
    assert [r.name for r in recording.of_type(":SecurityGroupEgressRule")] == ["instance-out"]
    way_in = recording.one(":SecurityGroupIngressRule", "instance-8080").inputs
    assert way_in["referencedSecurityGroupId"] == "sg-0a1b2c3d4e5f60718"
    assert recording.exports["loadBalancerDnsName"] == "shop.us-east-1.elb.amazonaws.com"
