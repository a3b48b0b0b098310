"""Policies on launch templates."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.asking import MISSING, UNKNOWN, Found, spoilt, violations

TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
COMPLIANT: dict[str, Any] = {
    "name": "hankooktire-us-prd-web-01-lt",
    "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required"},
    "networkInterfaces": [{"associatePublicIpAddress": "false", "securityGroups": [UNKNOWN]}],
    "blockDeviceMappings": [
        {"deviceName": "/dev/xvda", "ebs": {"encrypted": "true"}},
        {"deviceName": "/dev/xvdb", "virtualName": "ephemeral0"},
    ],
}
IMDS_V2 = 'expected "required", which is IMDSv2'
PRIVATE = 'expected "false": where it is not set, the subnet decides'


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", COMPLIANT["name"]),
        ("metadataOptions", {"httpEndpoint": "disabled"}),
        ("networkInterfaces[0].associatePublicIpAddress", False),
        ("blockDeviceMappings[0].ebs.encrypted", True),
    ],
)
def test_a_template_as_it_should_be_passes(path: str, value: Any) -> None:
    assert violations(TEMPLATE, spoilt(COMPLIANT, path, value)) == {}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            "metadataOptions.httpTokens",
            "optional",
            {"launch-template-metadata": [f'metadataOptions.httpTokens is "optional"; {IMDS_V2}']},
        ),
        (
            "metadataOptions",
            MISSING,
            {"launch-template-metadata": [f"metadataOptions.httpTokens is not set; {IMDS_V2}"]},
        ),
        (
            "networkInterfaces[0].associatePublicIpAddress",
            "true",
            {
                "launch-template-public-address": [
                    f'networkInterfaces[0].associatePublicIpAddress is "true"; {PRIVATE}'
                ]
            },
        ),
        (
            "networkInterfaces[0].associatePublicIpAddress",
            MISSING,
            {
                "launch-template-public-address": [
                    f"networkInterfaces[0].associatePublicIpAddress is not set; {PRIVATE}"
                ]
            },
        ),
        (
            "networkInterfaces",
            MISSING,
            {
                "launch-template-public-address": [
                    "networkInterfaces has none; expected one with associatePublicIpAddress: "
                    "where it is not set, the subnet decides"
                ]
            },
        ),
        (
            "blockDeviceMappings[0].ebs.encrypted",
            "false",
            {
                "launch-template-volumes": [
                    'blockDeviceMappings[0].ebs.encrypted is "false"; expected "true"'
                ]
            },
        ),
        (
            "blockDeviceMappings[0].ebs.encrypted",
            MISSING,
            {
                "launch-template-volumes": [
                    'blockDeviceMappings[0].ebs.encrypted is not set; expected "true"'
                ]
            },
        ),
        (
            "blockDeviceMappings",
            MISSING,
            {
                "launch-template-volumes": [
                    "blockDeviceMappings has no EBS volume; expected the root volume with "
                    "ebs.encrypted: where there is none, the image decides"
                ]
            },
        ),
        (
            "blockDeviceMappings[0].ebs",
            UNKNOWN,
            {
                "launch-template-volumes": [
                    "not evaluated: string value at .blockDeviceMappings.0.ebs can't be known "
                    "during preview"
                ]
            },
        ),
    ],
)
def test_one_spoilt_field_of_a_template_breaks_one_policy(
    path: str, value: Any, expected: Found
) -> None:
    assert violations(TEMPLATE, spoilt(COMPLIANT, path, value)) == expected
