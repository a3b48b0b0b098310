"""The advice on a firewall."""

from __future__ import annotations

from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    StackValidationArgs,
    StackValidationPolicy,
)

from policy.rules.firewall import POLICIES

(FIREWALL,) = POLICIES
ALB = "aws:lb/loadBalancer:LoadBalancer"
ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation"


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
    assert advised(resource(ALB, "alb"), resource("aws:ec2/vpc:Vpc", "vpc")) == [
        ("no web ACL is associated with it in this stack; AWS WAF costs by web ACL", "urn:alb")
    ]


def test_a_stack_that_associates_a_web_acl_passes() -> None:
    assert advised(resource(ALB, "alb"), resource(ASSOCIATION, "waf")) == []


def test_an_exempt_load_balancer_passes() -> None:
    assert advised(resource(ALB, "alb"), exempt=["alb"]) == []


def test_it_is_advice_only() -> None:
    assert FIREWALL.enforcement_level is EnforcementLevel.ADVISORY
