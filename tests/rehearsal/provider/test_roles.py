"""The roles that a stack has its provider assume."""

from __future__ import annotations

import pytest

from rehearsal.provider.errors import ConfigurationError
from rehearsal.provider.roles import Role, role_of

ROLE = "arn:aws:iam::123456789012:role/deployer"


def test_an_entry_is_told_to_sts_in_its_own_words() -> None:
    role = role_of(
        {
            "roleArn": ROLE,
            "sessionName": "deploy",
            "duration": "1h30m",
            "externalId": "x",
            "policyArns": ["arn:policy"],
            "tags": {"team": "a"},
            "transitiveTagKeys": ["team"],
        }
    )

    assert role == Role(
        ROLE,
        {
            "RoleSessionName": "deploy",
            "DurationSeconds": 5400,
            "ExternalId": "x",
            "PolicyArns": [{"arn": "arn:policy"}],
            "Tags": [{"Key": "team", "Value": "a"}],
            "TransitiveTagKeys": ["team"],
        },
    )


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"sessionName": "deploy"}, "has no roleArn"),
        ({"roleArn": ROLE, "roleArnn": ROLE}, "has roleArnn; it may have"),
        ({"roleArn": ROLE, "duration": "soon"}, "the duration 'soon'; expected 1h30m"),
    ],
)
def test_an_entry_that_names_no_role_is_refused(entry: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        role_of(entry)
