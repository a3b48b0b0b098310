"""The session that reads live state, against the local AWS: roles, endpoints, failures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from live.errors import (
    AccessDeniedError,
    NoCredentialsError,
    ProviderConfigError,
    UnreachableError,
    translated,
)
from live.provider_config import ProviderConfig
from live.session import ProviderSession
from rehearsal.local_aws import LocalAws
from tests.fixing import fixed
from tests.rehearsal.control_plane.aws import Aws

ROLE = "arn:aws:iam::123456789012:role/deployer"
NO_ENVIRON: dict[str, str] = {}


@pytest.fixture(autouse=True)
def _no_credentials_of_ones_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "own")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "own")


def stack_config(endpoint: str, **more: Any) -> dict[str, str]:
    services = dict.fromkeys(("elbv2", "sts", "autoscaling", "ec2"), endpoint)
    config = {"region": "us-east-1", "endpoints": [services], **more}
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in config.items()}


def who(config: dict[str, str]) -> str:
    """The ARN as which a session acts."""
    client = ProviderSession(ProviderConfig.of_stack(config, NO_ENVIRON), attempts=1).client("sts")
    with translated():
        return client.get_caller_identity()["Arn"]


def test_a_stack_without_a_role_acts_with_the_credentials_of_the_environment(
    aws: Aws, endpoint: str
) -> None:
    assert ":assumed-role/" not in who(stack_config(endpoint))


@pytest.mark.parametrize(
    "role",
    [
        {"assumeRoles": [{"roleArn": ROLE, "sessionName": "deploy"}]},
        {"assumeRoles": [{"roleArn": ROLE, "sessionName": "deploy", "duration": "1h"}]},
        {"assumeRoles": [{"roleArn": ROLE}, {"roleArn": ROLE, "sessionName": "deploy"}]},
    ],
)
def test_the_role_of_the_stack_is_assumed(aws: Aws, endpoint: str, role: dict[str, Any]) -> None:
    assert who(stack_config(endpoint, **role)).endswith(":assumed-role/deployer/deploy")


def test_a_role_that_cannot_be_assumed_is_named(aws: Aws, endpoint: str) -> None:
    config = stack_config(endpoint, assumeRoles=[{"roleArn": ROLE}])

    with (
        LocalAws(endpoint).faulty({"operations": ["AssumeRole"], "answer": "AccessDenied"}),
        pytest.raises(AccessDeniedError, match=f"the role {ROLE} cannot be assumed: access denied"),
    ):
        who(config)


def test_a_profile_of_the_stack_leads_to_its_role(aws: Aws, endpoint: str, tmp_path: Path) -> None:
    (tmp_path / "AWS_CONFIG_FILE").write_text(
        f"[profile deploy]\nrole_arn = {ROLE}\nrole_session_name = by-profile\n"
        f"source_profile = base\nregion = us-east-1\nendpoint_url = {endpoint}\n"
        f"[profile base]\naws_access_key_id = base\naws_secret_access_key = base\n"
        f"endpoint_url = {endpoint}\n"
    )

    acting = who(stack_config(endpoint, profile="deploy"))

    assert acting.endswith(":assumed-role/deployer/by-profile")


def test_a_profile_that_there_is_not_is_named(endpoint: str) -> None:
    with pytest.raises(NoCredentialsError, match="gone"):
        who(stack_config(endpoint, profile="gone"))


def test_a_region_of_the_environment_counts_where_the_stack_has_none() -> None:
    config = ProviderConfig.of_stack({}, {"AWS_REGION": "eu-west-1"})

    assert config.region == "eu-west-1"


def test_an_endpoint_where_no_process_listens_is_reported_as_unreachable() -> None:
    client = ProviderSession(
        ProviderConfig.of_stack(stack_config("http://127.0.0.1:1"), NO_ENVIRON), attempts=1
    ).client("elbv2")

    with pytest.raises(UnreachableError, match="AWS cannot be reached"), translated():
        client.describe_rules(RuleArns=["arn:rule"])


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("assumeRoles", '[{}, {"sessionName": "a"}]', "without roleArn"),
        ("assumeRoles", '[{}, {"sessionName": "a"}]', r"'aws:assumeRoles\[1\].roleArn' ROLE_ARN"),
        ("assumeRoles", "not json", "expected: a list"),
        ("assumeRoles", json.dumps({"roleArn": ROLE}), rf"'aws:assumeRoles\[0\].roleArn' {ROLE}$"),
        ("assumeRoles", json.dumps([ROLE]), "without roleArn"),
        ("allowedAccountIds", "123456789012", r"'aws:allowedAccountIds\[0\]' 123456789012$"),
        ("allowedAccountIds", '"123456789012"', r"'aws:allowedAccountIds\[0\]' 123456789012$"),
        ("forbiddenAccountIds", "{}", "expected: a list"),
        ("endpoints", "not json", "not a list or map"),
        ("sharedConfigFiles", '["a", "b"]', "not supported"),
        ("assumeRoles", json.dumps([{"roleArn": ROLE, "duration": "soon"}]), "1h30m"),
        ("assumeRole", json.dumps({"roleArn": ROLE}), rf"'aws:assumeRoles\[0\].roleArn' {ROLE}$"),
        ("assumeRole", "{}", r"'aws:assumeRoles\[0\].roleArn' ROLE_ARN$"),
    ],
)
def test_provider_config_that_cannot_be_followed_is_refused(
    key: str, value: str, words: str
) -> None:
    with pytest.raises(ProviderConfigError, match=words):
        ProviderConfig.of_stack({key: value}, NO_ENVIRON)


def test_the_list_of_roles_gets_all_that_the_one_role_had() -> None:
    role = {"roleArn": ROLE, "externalId": "x y", "policyArns": ["arn:a"], "tags": {"a.b": "c"}}

    with pytest.raises(ProviderConfigError) as refused:
        ProviderConfig.of_stack({"assumeRole": json.dumps(role)}, NO_ENVIRON)

    commands = str(refused.value).partition("fix: ")[2]
    config = fixed({"aws:assumeRole": role}, commands)
    assert config == {"aws:assumeRoles": [role]}
