"""The roles that a stack has its provider assume, in the words of STS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from live.errors import ProviderConfigError
from live.provider_config import AssumedRole, assumed_roles

ROLE = "arn:aws:iam::123456789012:role/deployer"


def roles(*entries: dict[str, Any]) -> tuple[AssumedRole, ...]:
    return assumed_roles({"assumeRoles": json.dumps(entries)})


def test_an_entry_becomes_stss_own_arguments() -> None:
    entry = {
        "roleArn": ROLE,
        "sessionName": "deploy",
        "duration": "1h30m",
        "externalId": "x",
        "policyArns": ["arn:policy"],
        "tags": {"team": "a"},
        "transitiveTagKeys": ["team"],
    }

    assert roles(entry) == (
        AssumedRole(
            ROLE,
            {
                "RoleSessionName": "deploy",
                "DurationSeconds": 5400,
                "ExternalId": "x",
                "PolicyArns": [{"arn": "arn:policy"}],
                "Tags": [{"Key": "team", "Value": "a"}],
                "TransitiveTagKeys": ["team"],
            },
        ),
    )


@pytest.mark.parametrize("duration", ["soon", "1h30", "90", "h"])
def test_a_duration_without_all_its_units_is_refused(duration: str) -> None:
    with pytest.raises(ProviderConfigError, match=f"the duration '{duration}': write 1h30m"):
        roles({"roleArn": ROLE, "duration": duration})
