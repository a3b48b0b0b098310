"""The config of a stack's provider, and who reads AWS by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.deploy.cli import read_live_weights
from ops.errors import UnsureError
from ops.stack.aws_config import read_aws_config
from ops.status.document import UnreadError
from ops.status.state_reading import read_provider_config
from pulumi_cli.errors import NoStackError
from pulumi_cli.pulumi import STACK_NOT_FOUND
from tests.pulumi_cli.stub import answering

PLAIN = {"aws:region": {"value": "us-east-1", "secret": False}}
SECRET = {
    **PLAIN,
    "aws:token": {"secret": True},
    "aws:allowedAccountIds": {"objectValue": ["1"], "value": '["1"]', "secret": False},
    "failover:previewToken": {"secret": True},
}
SHOWN = {**SECRET, "aws:token": {"value": "t0ken", "secret": True}}


def test_without_a_secret_no_passphrase_is_needed_for_the_config_of_the_provider(
    tmp_path: Path,
) -> None:
    answers = {"config --json": {**PLAIN, "failover:previewToken": {"secret": True}}}

    assert read_aws_config(answering(tmp_path, answers, code=1)) == {"region": "us-east-1"}


def test_secrets_of_the_provider_are_decrypted_and_lists_are_json(tmp_path: Path) -> None:
    answers = {"config --json": SECRET, "config --json --show-secrets": SHOWN}

    assert read_aws_config(answering(tmp_path, answers)) == {
        "region": "us-east-1",
        "token": "t0ken",
        "allowedAccountIds": '["1"]',
    }


def test_a_stack_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    pulumi = answering(tmp_path, {}, STACK_NOT_FOUND)

    with pytest.raises(NoStackError, match="no stack prod"):
        read_live_weights(pulumi.folder, "prod", pulumi.environ)


def test_a_cli_that_fails_is_not_sure_and_its_words_are_told(tmp_path: Path) -> None:
    pulumi = answering(tmp_path, {}, code=255)

    with pytest.raises(UnsureError, match="`pulumi stack output --json` failed"):
        read_live_weights(pulumi.folder, "prod", pulumi.environ)
    with pytest.raises(UnreadError, match="`pulumi config --json` failed"):
        read_provider_config(pulumi)


def test_before_the_first_deployment_nothing_is_live(tmp_path: Path) -> None:
    pulumi = answering(tmp_path, {"stack output --json": {}})

    assert read_live_weights(pulumi.folder, "prod", pulumi.environ) == {}
