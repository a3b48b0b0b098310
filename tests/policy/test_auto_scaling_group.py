"""Policies on Auto Scaling groups."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.asking import MISSING, UNKNOWN, Found, spoilt, violations

GROUP = "aws:autoscaling/group:Group"
COMPLIANT: dict[str, Any] = {
    "name": "hankooktire-us-prd-web-01-asg",
    "vpcZoneIdentifiers": ["subnet-1", "subnet-2"],
    "launchTemplate": {"id": UNKNOWN, "version": "7"},
    "healthCheckType": "ELB",
    "healthCheckGracePeriod": 120.0,
}
SPECIFICATION = "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification"
MIXED: dict[str, Any] = {
    **{key: value for key, value in COMPLIANT.items() if key != "launchTemplate"},
    "mixedInstancesPolicy": {
        "launchTemplate": {
            "launchTemplateSpecification": {"launchTemplateId": UNKNOWN, "version": "7"}
        }
    },
}
NUMBERED = (
    "expected the number of a version: a renewal by name cannot go back, and does not show "
    "which build a slot has"
)
TWO_ZONES = "expected at least 2, of different zones"
ONE_SOURCE = "expected launchTemplate, or mixedInstancesPolicy with one"


@pytest.mark.parametrize(
    "group",
    [
        COMPLIANT,
        MIXED,
        {
            **spoilt(COMPLIANT, "vpcZoneIdentifiers", MISSING),
            "availabilityZones": ["us-east-1a", "us-east-1b"],
        },
    ],
)
def test_a_group_as_it_should_be_passes(group: dict[str, Any]) -> None:
    assert violations(GROUP, group) == {}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            "launchTemplate.version",
            "$Latest",
            {
                "auto-scaling-group-template-version": [
                    f'launchTemplate.version is "$Latest"; {NUMBERED}'
                ]
            },
        ),
        (
            "launchTemplate.version",
            MISSING,
            {
                "auto-scaling-group-template-version": [
                    f"launchTemplate.version is not set; {NUMBERED}"
                ]
            },
        ),
        (
            "launchTemplate.version",
            UNKNOWN,
            {
                "auto-scaling-group-template-version": [
                    "not evaluated: string value at .launchTemplate.version can't be known during "
                    "preview"
                ]
            },
        ),
        (
            "launchTemplate",
            MISSING,
            {"auto-scaling-group-launch-template": [f"launchTemplate is not set; {ONE_SOURCE}"]},
        ),
        (
            "healthCheckGracePeriod",
            0.0,
            {
                "auto-scaling-group-grace": [
                    "healthCheckGracePeriod is 0; expected at least 1 s: what boots longer is "
                    "ended before it serves"
                ]
            },
        ),
        (
            "healthCheckGracePeriod",
            MISSING,
            {
                "auto-scaling-group-grace": [
                    "healthCheckGracePeriod is not set; expected at least 1 s: what boots longer "
                    "is ended before it serves"
                ]
            },
        ),
        (
            "healthCheckType",
            "EC2",
            {
                "auto-scaling-group-health-check": [
                    'healthCheckType is "EC2"; expected "ELB": an instance that its target group '
                    "calls unhealthy is replaced"
                ]
            },
        ),
        (
            "healthCheckType",
            MISSING,
            {
                "auto-scaling-group-health-check": [
                    'healthCheckType is not set; expected "ELB": an instance that its target '
                    "group calls unhealthy is replaced"
                ]
            },
        ),
        (
            "vpcZoneIdentifiers",
            ["subnet-1"],
            {"auto-scaling-group-zones": [f"vpcZoneIdentifiers names 1; {TWO_ZONES}"]},
        ),
        (
            "vpcZoneIdentifiers",
            ["subnet-1", "subnet-1"],
            {"auto-scaling-group-zones": [f"vpcZoneIdentifiers names 1; {TWO_ZONES}"]},
        ),
        (
            "vpcZoneIdentifiers",
            [UNKNOWN],
            {"auto-scaling-group-zones": [f"vpcZoneIdentifiers names 1; {TWO_ZONES}"]},
        ),
        (
            "vpcZoneIdentifiers",
            MISSING,
            {"auto-scaling-group-zones": [f"vpcZoneIdentifiers names 0; {TWO_ZONES}"]},
        ),
        (
            "vpcZoneIdentifiers",
            [UNKNOWN, UNKNOWN],
            {
                "auto-scaling-group-zones": [
                    "not evaluated: string value at .vpcZoneIdentifiers.0 can't be known during "
                    "preview"
                ]
            },
        ),
    ],
)
def test_one_spoilt_field_of_a_group_breaks_one_policy(
    path: str, value: Any, expected: Found
) -> None:
    assert violations(GROUP, spoilt(COMPLIANT, path, value)) == expected


def test_a_launch_configuration_is_no_launch_template() -> None:
    old = {**spoilt(COMPLIANT, "launchTemplate", MISSING), "launchConfiguration": UNKNOWN}

    assert violations(GROUP, old) == {
        "auto-scaling-group-launch-template": [
            f"launchTemplate is not set, launchConfiguration is; {ONE_SOURCE}"
        ]
    }


def test_the_template_of_a_mixed_group_is_numbered_too() -> None:
    mixed = spoilt(MIXED, f"{SPECIFICATION}.version", "$Default")

    assert violations(GROUP, mixed) == {
        "auto-scaling-group-template-version": [
            f'{SPECIFICATION}.version is "$Default"; {NUMBERED}'
        ]
    }


def test_the_least_grace_is_config() -> None:
    config = {"auto-scaling-group-grace": {"minSeconds": 121.0}}

    assert violations(GROUP, COMPLIANT, config=config) == {
        "auto-scaling-group-grace": [
            "healthCheckGracePeriod is 120; expected at least 121 s: what boots longer is ended "
            "before it serves"
        ]
    }
