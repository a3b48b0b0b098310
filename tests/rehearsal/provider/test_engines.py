"""The provider's own configuration: honoured, harmless or refused."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from rehearsal.provider.engines import ProviderConfiguration, check_account, configuration_of
from rehearsal.provider.errors import ConfigurationError

ROLE = "arn:aws:iam::123456789012:role/deployer"


class _Account:
    endpoint = "http://127.0.0.1:1"

    def __init__(self, account_id: str) -> None:
        self.account_id = account_id


def test_nested_keys_arrive_as_json_texts() -> None:
    configuration = configuration_of(
        {
            "region": "eu-west-1",
            "allowedAccountIds": '["123456789012"]',
            "defaultTags": '{"tags": {"team": "a"}}',
            "skipCredentialsValidation": "true",
        },
        {},
    )

    assert configuration == ProviderConfiguration(
        region="eu-west-1", default_tags={"team": "a"}, allowed_account_ids=("123456789012",)
    )


def test_the_region_may_come_from_the_environment() -> None:
    assert configuration_of({}, {"AWS_REGION": "eu-west-1"}).region == "eu-west-1"


def test_without_a_region_the_message_has_the_command_that_sets_it() -> None:
    with pytest.raises(ConfigurationError, match="pulumi config set aws:region"):
        configuration_of({}, {})


def test_the_one_role_of_older_providers_is_refused_with_what_takes_its_place() -> None:
    with pytest.raises(ConfigurationError, match=re.escape("'aws:assumeRoles[0].roleArn'")):
        configuration_of({"region": "us-east-1", "assumeRole": '{"roleArn": "x"}'}, {})


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"sessionName": "deploy"}, "an entry without roleArn"),
        ({"roleArn": ROLE, "roleArnn": ROLE}, "has roleArnn; it may have"),
        ({"roleArn": ROLE, "duration": "soon"}, "the duration 'soon': write 1h30m"),
    ],
)
def test_an_entry_that_names_no_role_is_refused(entry: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        configuration_of({"region": "us-east-1", "assumeRoles": json.dumps([entry])}, {})


@pytest.mark.parametrize(
    "key", ["assumeRoleWithWebIdentity", "endpoints", "ignoreTags", "surprise"]
)
def test_a_key_that_is_not_honoured_is_refused_by_its_name(key: str) -> None:
    with pytest.raises(ConfigurationError, match=f"aws:{key}: not supported by the rehearsal"):
        configuration_of({"region": "us-east-1", key: "x"}, {})


@pytest.mark.parametrize(
    ("allowed", "forbidden", "is_refused"),
    [
        ((), (), False),
        (("1",), (), False),
        (("2", "3"), (), True),
        ((), ("1",), True),
        (("1",), ("1",), True),
    ],
)
def test_only_the_accounts_that_the_stack_names_are_acted_on(
    allowed: tuple[str, ...], forbidden: tuple[str, ...], is_refused: bool
) -> None:
    configuration = ProviderConfiguration("us-east-1", {}, allowed, forbidden)
    account: Any = _Account("1")

    if is_refused:
        with pytest.raises(ConfigurationError, match=re.escape("account ID not allowed: 1")):
            check_account(configuration, account)
    else:
        check_account(configuration, account)
