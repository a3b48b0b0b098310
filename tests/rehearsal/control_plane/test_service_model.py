"""A request that AWS's service model forbids is refused in AWS's words, before anything is done."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.model import Shape
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.control_plane.corrections.service_model import violations_of
from tests.rehearsal.control_plane.aws import Aws, refusal

INTERVAL: Any = Shape("Interval", {"type": "integer", "min": 5, "max": 300})


@given(st.integers(-1000, 1000))
def test_a_number_is_refused_exactly_outside_the_models_range(value: int) -> None:
    refused = [*violations_of(INTERVAL, value, "interval")]

    assert bool(refused) == (not 5 <= value <= 300)


@pytest.mark.parametrize(
    ("settings", "violations"),
    [
        (
            {"HealthCheckIntervalSeconds": 4},
            "1 validation error detected: Value '4' at 'healthCheckIntervalSeconds' failed to "
            "satisfy constraint: Member must have value greater than or equal to 5",
        ),
        (
            {"Port": 65536, "HealthyThresholdCount": 11},
            "2 validation errors detected: Value '65536' at 'port' failed to satisfy constraint: "
            "Member must have value less than or equal to 65535; "
            "Value '11' at 'healthyThresholdCount' failed to satisfy constraint: "
            "Member must have value less than or equal to 10",
        ),
        (
            {"HealthCheckPath": "/" * 1025},
            f"1 validation error detected: Value '{'/' * 1025}' at 'healthCheckPath' failed to "
            "satisfy constraint: Member must have length less than or equal to 1024",
        ),
        (
            {"TargetType": "pod"},
            "1 validation error detected: Value 'pod' at 'targetType' failed to satisfy "
            "constraint: Member must satisfy enum value set: [instance, ip, lambda, alb]",
        ),
        (
            {"Name": None},
            "1 validation error detected: Value null at 'name' failed to satisfy constraint: "
            "Member must not be null",
        ),
    ],
    ids=["less", "two at once", "longer", "not of the enumeration", "missing"],
)
def test_a_refusal_lists_all_that_the_model_forbids(
    aws: Aws, settings: dict[str, Any], violations: str
) -> None:
    arguments = {"Name": "t", "Protocol": "HTTP", "Port": 80, "VpcId": aws.vpc_id, **settings}
    named = {name: value for name, value in arguments.items() if value is not None}

    assert refusal(aws.elbv2.create_target_group, **named) == ("ValidationError", violations)
    assert aws.elbv2.describe_target_groups()["TargetGroups"] == []


def test_a_member_of_a_list_is_named_by_its_number(aws: Aws) -> None:
    code, message = refusal(
        aws.elbv2.set_rule_priorities, RulePriorities=[{"RuleArn": "arn:r", "Priority": 50_001}]
    )

    assert code == "ValidationError"
    assert "at 'rulePriorities.1.member.priority'" in message


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        (
            "autoscaling",
            "start_instance_refresh",
            {"AutoScalingGroupName": "g", "Preferences": {"MaxHealthyPercentage": 201}},
        ),
        (
            "cloudwatch",
            "set_alarm_state",
            {"AlarmName": "a", "StateValue": "FINE", "StateReason": "test"},
        ),
        ("sts", "assume_role", {"RoleArn": "r" * 20, "RoleSessionName": "s" * 65}),
    ],
)
def test_the_other_services_refuse_in_the_same_words(
    aws: Aws, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    code, message = refusal(getattr(aws.clients[service], operation), **arguments)

    assert code == "ValidationError"
    assert message.startswith("1 validation error detected: Value ")
