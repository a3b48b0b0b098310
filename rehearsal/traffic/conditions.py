"""What the rules of the services ask of a request beside host, path and query string."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rollout.wildcards import plain_text

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client

SESSION = "-0=rehearsal"
"""The local load balancer takes any value of a session's cookie."""


def request_headers(
    elb: ElasticLoadBalancingv2Client, services: Mapping[str, Any]
) -> dict[str, dict[str, str]]:
    """Service -> the headers that its rule looks at, and a session where it has a login.

    Args:
        elb: Of the local AWS.
        services: The stack's output of that name.
    """
    arns = {name: service["ruleArn"] for name, service in services.items()}
    described: Any = elb.describe_rules(RuleArns=[*arns.values()])["Rules"]
    rules = {rule["RuleArn"]: rule for rule in described}
    return {name: headers_of(rules[arn]) for name, arn in arns.items()}


def headers_of(rule: Mapping[str, Any]) -> dict[str, str]:
    """The headers with which a request meets a rule, as DescribeRules has it."""
    headers = {
        condition["HttpHeaderConfig"]["HttpHeaderName"]: (
            plain_text(condition["HttpHeaderConfig"]["Values"][0]) or "x"
        )
        for condition in rule.get("Conditions", ())
        if condition["Field"] == "http-header"
    }
    for action in rule["Actions"]:
        login = action.get("AuthenticateOidcConfig") or action.get("AuthenticateCognitoConfig")
        if login is not None:
            headers["Cookie"] = f"{login['SessionCookieName']}{SESSION}"
    return headers
