"""Reads a load balancer with its listeners, rules and target groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from ops.errors import InputError
from ops.inspect.document import (
    Action,
    Details,
    HealthCheckReport,
    ListenerReport,
    LoadBalancerReport,
    RuleConditionReport,
    RuleReport,
    TargetGroupReport,
    TargetReport,
    WeightedGroup,
)
from rollout.forward_action import target_group_weights
from rollout.json_value import is_map, list_of
from settings.conditions import PREVIEW_HEADER

_CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "query-string": "QueryStringConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "source-ip": "SourceIpConfig",
}


def read_load_balancer(elb: Any, name_or_arn: str) -> LoadBalancerReport:
    """The load balancer of that name or ARN.

    Raises:
        InputError: there is none, or it is none of the kind that has rules.
    """
    is_arn = name_or_arn.startswith("arn:")
    named = {"LoadBalancerArns": [name_or_arn]} if is_arn else {"Names": [name_or_arn]}
    found: Sequence[Any] = ()
    try:
        found = list_of(elb.describe_load_balancers(**named)["LoadBalancers"])
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "LoadBalancerNotFound":
            raise
    if not found:
        raise InputError(
            f"--load-balancer {name_or_arn}: no load balancer of this name in "
            f"{elb.meta.region_name}; it has {_names(elb)}"
        )
    balancer = found[0]
    if balancer["Type"] != "application":
        raise InputError(
            f"--load-balancer {name_or_arn}: a {balancer['Type']} load balancer; only an "
            "application load balancer forwards by weight"
        )
    return LoadBalancerReport(
        arn=balancer["LoadBalancerArn"],
        name=balancer["LoadBalancerName"],
        dns_name=balancer["DNSName"],
        scheme=balancer["Scheme"],
        vpc_id=balancer["VpcId"],
        security_group_ids=tuple(balancer.get("SecurityGroups", ())),
        zones=tuple(zone["ZoneName"] for zone in balancer.get("AvailabilityZones", ())),
        subnet_ids=tuple(zone["SubnetId"] for zone in balancer.get("AvailabilityZones", ())),
    )


def _names(elb: Any) -> str:
    pages = elb.get_paginator("describe_load_balancers").paginate()
    names = [found["LoadBalancerName"] for page in pages for found in page["LoadBalancers"]]
    return ", ".join(sorted(names)) or "none"


def read_listeners(elb: Any, balancer_arn: str) -> tuple[ListenerReport, ...]:
    """The listeners by port, each with its rules in the order in which they are tried."""
    pages = elb.get_paginator("describe_listeners").paginate(LoadBalancerArn=balancer_arn)
    found = [listener for page in pages for listener in page["Listeners"]]
    return tuple(_listener(elb, each) for each in sorted(found, key=lambda each: each["Port"]))


def _listener(elb: Any, listener: Mapping[str, Any]) -> ListenerReport:
    arn = listener["ListenerArn"]
    pages = elb.get_paginator("describe_rules").paginate(ListenerArn=arn)
    rules = [rule_of(rule) for page in pages for rule in page["Rules"]]
    certificates: list[str] = []
    if listener["Protocol"] == "HTTPS":
        pages = elb.get_paginator("describe_listener_certificates").paginate(ListenerArn=arn)
        all_of_them = [found for page in pages for found in page["Certificates"]]
        ordered = sorted(all_of_them, key=lambda found: not found.get("IsDefault"))
        certificates = [found["CertificateArn"] for found in ordered]
    return ListenerReport(
        arn=arn,
        port=listener["Port"],
        protocol=listener["Protocol"],
        tls_policy=listener.get("SslPolicy"),
        certificate_arns=tuple(dict.fromkeys(certificates)),
        rules=tuple(sorted(rules, key=lambda rule: (rule.priority is None, rule.priority))),
    )


def rule_of(rule: Mapping[str, Any]) -> RuleReport:
    """A rule as DescribeRules has it. Source: ELBv2 API, Rule."""
    priority = rule["Priority"]
    actions = sorted(rule["Actions"], key=lambda action: action.get("Order", 0))
    return RuleReport(
        arn=rule["RuleArn"],
        priority=int(priority) if priority.isdigit() else None,
        conditions=tuple(_condition(condition) for condition in rule.get("Conditions", ())),
        actions=tuple(_action(action) for action in actions),
        has_transforms=bool(rule.get("Transforms")),
    )


def _condition(condition: Mapping[str, Any]) -> RuleConditionReport:
    field = condition["Field"]
    config = condition.get(_CONFIGS.get(field, ""), {})
    patterns = config.get("RegexValues") or ()
    # Values stand in a second, older place too, which alone older rules have.
    values: Sequence[Any] = config.get("Values") or condition.get("Values") or ()
    header = config.get("HttpHeaderName") or ""
    shown = _without_token if header.lower() == PREVIEW_HEADER else _value
    return RuleConditionReport(
        field=field,
        values=tuple(shown(value) for value in (*values, *patterns)),
        header=config.get("HttpHeaderName"),
        is_pattern=bool(patterns),
        keys=tuple(str(value.get("Key") or "") for value in values if is_map(value)),
    )


def _without_token(value: str) -> str:
    """The value of a preview header with its secret left out: who reads this must not get it."""
    return f"{value.partition('-')[0]}-[secret]"


def _value(value: Any) -> str:
    """A value; of a query string `key=value`."""
    if isinstance(value, str):
        return value
    return f"{value['Key']}={value['Value']}" if value.get("Key") else str(value["Value"])


def _action(action: Mapping[str, Any]) -> Action:
    kind = action["Type"]
    if kind != "forward":
        return Action(kind, answer=_answer(action), config=_without_secrets(action))
    stickiness = action.get("ForwardConfig", {}).get("TargetGroupStickinessConfig", {})
    return Action(
        kind,
        groups=tuple(WeightedGroup(*each) for each in target_group_weights(action).items()),
        stickiness_seconds=stickiness.get("DurationSeconds") if stickiness.get("Enabled") else None,
    )


def _without_secrets(action: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What an action is configured with, in AWS's words; `None` for a forward.

    AWS never shows the secret of a login's client; one that it did show would be left out.
    Source: ELBv2 API, Action.
    """
    for name in (
        "RedirectConfig",
        "FixedResponseConfig",
        "AuthenticateOidcConfig",
        "AuthenticateCognitoConfig",
    ):
        config = action.get(name)
        if is_map(config):
            return {key: value for key, value in config.items() if key != "ClientSecret"}
    return None


def _answer(action: Mapping[str, Any]) -> str:
    if action["Type"] == "redirect":
        to = action["RedirectConfig"]
        code = to["StatusCode"].removeprefix("HTTP_")
        query = f"?{to['Query']}" if to.get("Query") else ""
        place = f"{to.get('Protocol')}://{to.get('Host')}:{to.get('Port')}{to.get('Path')}{query}"
        return f"redirects ({code}) to {place}"
    if action["Type"] == "fixed-response":
        fixed = action["FixedResponseConfig"]
        body = f", {fixed['MessageBody']!r}" if fixed.get("MessageBody") else ""
        return f"answers {fixed['StatusCode']}{body}"
    if action["Type"].startswith("authenticate-"):
        return f"authenticates the user ({action['Type'].removeprefix('authenticate-')})"
    return f"does {action['Type']}"


CALLS_FOR_DETAILS = 2
"""Neither health nor attributes can be asked for several groups at once.

Source: ELBv2 API, DescribeTargetHealth and DescribeTargetGroupAttributes.
"""


def read_target_groups(elb: Any, balancer_arn: str, vpc_id: str) -> tuple[TargetGroupReport, ...]:
    """The groups of the load balancer, and those of its VPC that no load balancer uses."""
    pages = elb.get_paginator("describe_target_groups").paginate()
    found = [_group(group) for page in pages for group in page["TargetGroups"]]
    return tuple(
        group
        for group in sorted(found, key=lambda group: group.name)
        if balancer_arn in group.balancer_arns
        or (not group.balancer_arns and group.vpc_id == vpc_id)
    )


def _group(group: Mapping[str, Any]) -> TargetGroupReport:
    return TargetGroupReport(
        arn=group["TargetGroupArn"],
        name=group["TargetGroupName"],
        protocol=group.get("Protocol", ""),
        protocol_version=group.get("ProtocolVersion", ""),
        port=group.get("Port"),
        vpc_id=group.get("VpcId", ""),
        target_type=group.get("TargetType", "instance"),
        check=HealthCheckReport(
            protocol=group.get("HealthCheckProtocol", ""),
            port=str(group.get("HealthCheckPort", "")),
            path=group.get("HealthCheckPath", ""),
            matcher=group.get("Matcher", {}).get("HttpCode", ""),
            interval_seconds=int(group.get("HealthCheckIntervalSeconds", 0)),
            timeout_seconds=int(group.get("HealthCheckTimeoutSeconds", 0)),
            healthy_threshold=int(group.get("HealthyThresholdCount", 0)),
            unhealthy_threshold=int(group.get("UnhealthyThresholdCount", 0)),
        ),
        balancer_arns=tuple(group.get("LoadBalancerArns", ())),
    )


def read_details(elb: Any, arn: str) -> Details:
    """The health of a group's targets, and its attributes."""
    described = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    listed = elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    attributes = {entry["Key"]: entry.get("Value", "") for entry in listed}
    return Details(
        targets=tuple(
            TargetReport(d["Target"]["Id"], d["TargetHealth"]["State"], d["Target"].get("Port"))
            for d in described
        ),
        has_stickiness=attributes.get("stickiness.enabled") == "true",
        deregistration_delay_seconds=int(
            attributes.get("deregistration_delay.timeout_seconds") or 300
        ),
        attributes=attributes,
    )
