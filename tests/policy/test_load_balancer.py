"""Policies on load balancers and their listeners."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi_policy import (
    EnforcementLevel,
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    StackValidationArgs,
    StackValidationPolicy,
)

from policy.rules.load_balancer import POLICIES
from tests.policy.asking import MISSING, UNKNOWN, Found, spoilt, violations

BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation"
FIREWALL = POLICIES[-1]
COMPLIANT: dict[str, Any] = {
    "name": "hankooktire-us-prd-alb",
    "securityGroups": [UNKNOWN],
    "subnets": ["subnet-1", "subnet-2"],
    "dropInvalidHeaderFields": True,
    "desyncMitigationMode": "defensive",
    "enableDeletionProtection": True,
    "accessLogs": {"bucket": UNKNOWN, "enabled": True},
}
HTTPS: dict[str, Any] = {
    "loadBalancerArn": UNKNOWN,
    "protocol": "HTTPS",
    "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    "defaultActions": [{"type": "fixed-response", "fixedResponse": {"statusCode": "404"}}],
}
HTTP: dict[str, Any] = {
    "loadBalancerArn": UNKNOWN,
    "protocol": "HTTP",
    "defaultActions": [{"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443"}}],
}
TWO_ZONES = "expected at least 2, of different zones"
RECOMMENDED = (
    'expected a recommended one, such as "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09" or '
    '"ELBSecurityPolicy-TLS13-1-2-2021-06"'
)
SECURE = 'expected "HTTPS", or "HTTP" for a listener that redirects to it'
BY_RULES = (
    "expected an answer, such as a fixed-response of 404: requests go to slots by weighted rules "
    "and preview rules"
)


@pytest.mark.parametrize(
    ("kind", "listener"),
    [
        (BALANCER, COMPLIANT),
        (BALANCER, spoilt(COMPLIANT, "desyncMitigationMode", MISSING)),
        (BALANCER, spoilt(COMPLIANT, "desyncMitigationMode", "strictest")),
        (
            BALANCER,
            {
                **spoilt(COMPLIANT, "subnets", MISSING),
                "subnetMappings": [{"subnetId": "subnet-1"}, {"subnetId": "subnet-2"}],
            },
        ),
        (LISTENER, HTTPS),
        (LISTENER, spoilt(HTTPS, "sslPolicy", "ELBSecurityPolicy-TLS13-1-2-2021-06")),
        (LISTENER, HTTP),
    ],
)
def test_what_is_as_it_should_be_passes(kind: str, listener: dict[str, Any]) -> None:
    assert violations(kind, listener) == {}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            "dropInvalidHeaderFields",
            False,
            {"load-balancer-invalid-headers": ["dropInvalidHeaderFields is false; expected true"]},
        ),
        (
            "dropInvalidHeaderFields",
            MISSING,
            {
                "load-balancer-invalid-headers": [
                    "dropInvalidHeaderFields is not set; expected true"
                ]
            },
        ),
        (
            "accessLogs",
            MISSING,
            {
                "load-balancer-access-logs": [
                    "accessLogs.enabled is not set; expected true, with a bucket"
                ]
            },
        ),
        (
            "accessLogs.enabled",
            MISSING,
            {
                "load-balancer-access-logs": [
                    "accessLogs.enabled is not set; expected true, with a bucket"
                ]
            },
        ),
        (
            "accessLogs.bucket",
            MISSING,
            {
                "load-balancer-access-logs": [
                    "accessLogs.bucket is not set; expected the bucket that the logs go to"
                ]
            },
        ),
        (
            "enableDeletionProtection",
            False,
            {
                "load-balancer-deletion-protection": [
                    "enableDeletionProtection is false; expected true"
                ]
            },
        ),
        (
            "enableDeletionProtection",
            UNKNOWN,
            {
                "load-balancer-deletion-protection": [
                    "not evaluated: string value at .enableDeletionProtection can't be known "
                    "during preview"
                ]
            },
        ),
        (
            "desyncMitigationMode",
            "monitor",
            {
                "load-balancer-desync": [
                    'desyncMitigationMode is "monitor"; expected "defensive" or "strictest"'
                ]
            },
        ),
        (
            "subnets",
            ["subnet-1"],
            {"load-balancer-zones": [f"subnets names 1; {TWO_ZONES}"]},
        ),
        (
            "subnets",
            MISSING,
            {"load-balancer-zones": [f"subnets names 0; {TWO_ZONES}"]},
        ),
    ],
)
def test_one_spoilt_field_of_a_load_balancer_breaks_one_policy(
    path: str, value: Any, expected: Found
) -> None:
    assert violations(BALANCER, spoilt(COMPLIANT, path, value)) == expected


@pytest.mark.parametrize(
    ("listener", "path", "value", "expected"),
    [
        (
            HTTPS,
            "defaultActions[0]",
            {"type": "forward", "targetGroupArn": UNKNOWN},
            {"listener-default-action": [f'defaultActions[0].type is "forward"; {BY_RULES}']},
        ),
        (
            HTTPS,
            "sslPolicy",
            "ELBSecurityPolicy-2016-08",
            {"listener-tls-policy": [f'sslPolicy is "ELBSecurityPolicy-2016-08"; {RECOMMENDED}']},
        ),
        (
            HTTPS,
            "sslPolicy",
            MISSING,
            {"listener-tls-policy": [f"sslPolicy is not set; {RECOMMENDED}"]},
        ),
        (HTTPS, "protocol", "TCP", {"listener-protocol": [f'protocol is "TCP"; {SECURE}']}),
        (HTTPS, "protocol", MISSING, {"listener-protocol": [f"protocol is not set; {SECURE}"]}),
        (
            HTTP,
            "defaultActions[0]",
            {"type": "forward", "targetGroupArn": UNKNOWN},
            {
                "listener-redirect": [
                    'defaultActions[0].type is "forward"; expected "redirect" to HTTPS'
                ]
            },
        ),
        (
            HTTP,
            "defaultActions[0].redirect.protocol",
            "HTTP",
            {
                "listener-redirect": [
                    'defaultActions[0].redirect.protocol is "HTTP"; expected "HTTPS"'
                ]
            },
        ),
        (
            HTTP,
            "defaultActions[0].redirect.protocol",
            MISSING,
            {
                "listener-redirect": [
                    'defaultActions[0].redirect.protocol is not set; expected "HTTPS"'
                ]
            },
        ),
    ],
)
def test_one_spoilt_field_of_a_listener_breaks_one_policy(
    listener: dict[str, Any], path: str, value: Any, expected: Found
) -> None:
    assert violations(LISTENER, spoilt(listener, path, value)) == expected


def resource(kind: str, name: str) -> PolicyResource:
    options = PolicyResourceOptions(True, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])
    return PolicyResource(kind, {}, f"urn:{name}", name, options, None, None, [], {})


def advised(*resources: PolicyResource, **config: Any) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    policy: StackValidationPolicy = FIREWALL
    args = StackValidationArgs(list(resources), config)
    policy.validate(args, lambda message, urn: found.append((message, urn)))
    return found


def test_a_load_balancer_without_a_web_acl_is_named() -> None:
    assert advised(resource(BALANCER, "alb"), resource("aws:ec2/vpc:Vpc", "vpc")) == [
        ("no web ACL is associated with it in this stack; AWS WAF costs by web ACL", "urn:alb")
    ]


def test_a_stack_that_associates_a_web_acl_passes() -> None:
    assert advised(resource(BALANCER, "alb"), resource(ASSOCIATION, "waf")) == []


def test_an_exempt_load_balancer_passes() -> None:
    assert advised(resource(BALANCER, "alb"), exempt=["alb"]) == []


def test_it_is_advice_only() -> None:
    assert FIREWALL.enforcement_level is EnforcementLevel.ADVISORY
