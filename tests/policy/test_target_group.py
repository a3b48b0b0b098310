"""Policies on target groups."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.asking import MISSING, UNKNOWN, Found, spoilt, violations

GROUP = "aws:lb/targetGroup:TargetGroup"
COMPLIANT: dict[str, Any] = {
    "name": "hankooktire-us-prd-web-01-tg",
    "vpcId": UNKNOWN,
    "deregistrationDelay": 30.0,
    "stickiness": {"enabled": False, "type": "lb_cookie"},
    "healthCheck": {"enabled": True, "interval": 10.0, "timeout": 5.0},
}
OUTLIVES = "expected false: a client that sticks to a slot outlives its weight"
IN_TIME = "expected 1 to 300 s: at least the slowest request, and no more than a rollback can wait"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", COMPLIANT["name"]),
        ("stickiness", MISSING),
        ("healthCheck", MISSING),
        ("healthCheck.interval", MISSING),
        ("healthCheck.interval", 30.0),
        ("deregistrationDelay", MISSING),
        ("deregistrationDelay", 1.0),
        ("deregistrationDelay", 300.0),
    ],
)
def test_a_group_as_the_program_makes_it_or_with_awss_own_defaults_passes(
    path: str, value: Any
) -> None:
    assert violations(GROUP, spoilt(COMPLIANT, path, value)) == {}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            "stickiness.enabled",
            True,
            {"target-group-stickiness": [f"stickiness.enabled is true; {OUTLIVES}"]},
        ),
        (
            "stickiness.enabled",
            MISSING,
            {"target-group-stickiness": [f"stickiness.enabled is not set; {OUTLIVES}"]},
        ),
        (
            "healthCheck.interval",
            31.0,
            {
                "target-group-health-check-interval": [
                    "healthCheck.interval is 31; expected at most 30 s: a stage may last minutes"
                ]
            },
        ),
        (
            "deregistrationDelay",
            0.0,
            {"target-group-deregistration-delay": [f"deregistrationDelay is 0; {IN_TIME}"]},
        ),
        (
            "deregistrationDelay",
            301.0,
            {"target-group-deregistration-delay": [f"deregistrationDelay is 301; {IN_TIME}"]},
        ),
        (
            "deregistrationDelay",
            UNKNOWN,
            {
                "target-group-deregistration-delay": [
                    "not evaluated: string value at .deregistrationDelay can't be known during "
                    "preview"
                ]
            },
        ),
        (
            "healthCheck",
            UNKNOWN,
            {
                "target-group-health-check-interval": [
                    "not evaluated: string value at .healthCheck can't be known during preview"
                ]
            },
        ),
    ],
)
def test_one_spoilt_field_of_a_target_group_breaks_one_policy(
    path: str, value: Any, expected: Found
) -> None:
    assert violations(GROUP, spoilt(COMPLIANT, path, value)) == expected


def test_the_range_of_the_delay_is_config() -> None:
    config = {"target-group-deregistration-delay": {"minSeconds": 60.0, "maxSeconds": 200.0}}

    found = [
        violations(GROUP, spoilt(COMPLIANT, "deregistrationDelay", delay), config=config)
        for delay in (59.0, 60.0, 200.0, MISSING)
    ]

    because = "at least the slowest request, and no more than a rollback can wait"
    policy = "target-group-deregistration-delay"
    assert found == [
        {policy: [f"deregistrationDelay is 59; expected 60 to 200 s: {because}"]},
        {},
        {},
        {
            policy: [
                "deregistrationDelay is not set, which is 300 s; expected 60 to 200 s: " + because
            ]
        },
    ]
