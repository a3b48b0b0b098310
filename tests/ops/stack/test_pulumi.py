"""The CLI on one stack, with a CLI that writes what the real one writes."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.deploy.live_weights import read_live_weights
from ops.errors import InputError, UnsureError
from ops.stack.aws_config import read_aws_config
from ops.stack.errors import NoStackError, PulumiError
from ops.stack.pulumi import STACK_NOT_FOUND, Pulumi
from ops.status.errors import UnreadError
from ops.status.state_reading import read_provider_config

PLAIN = {"aws:region": {"value": "us-east-1", "secret": False}}
SECRET = {
    **PLAIN,
    "aws:token": {"secret": True},
    "aws:allowedAccountIds": {"objectValue": ["1"], "value": '["1"]', "secret": False},
    "failover:previewToken": {"secret": True},
}
SHOWN = {**SECRET, "aws:token": {"value": "t0ken", "secret": True}}

Cli = Callable[..., Pulumi]


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Puts a `pulumi` on PATH that answers by its arguments, as far as they are known to it."""

    def put(answers: dict[str, Any], code: int = 0) -> Pulumi:
        program = tmp_path / "pulumi"
        (tmp_path / "answers").write_text(json.dumps(answers))
        program.write_text(
            f"#!{sys.executable}\n"
            "import json, pathlib, sys\n"
            f"answers = json.loads(pathlib.Path({str(tmp_path / 'answers')!r}).read_text())\n"
            "asked = ' '.join(sys.argv[1:]).partition(' --stack prod')[0]\n"
            f"sys.exit({code}) if asked not in answers else print(json.dumps(answers[asked]))\n"
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return Pulumi(tmp_path, "prod", {"PATH": str(tmp_path)})

    return put


def test_without_a_secret_no_passphrase_is_needed_for_the_config_of_the_provider(cli: Cli) -> None:
    pulumi = cli({"config --json": {**PLAIN, "failover:previewToken": {"secret": True}}}, code=1)

    assert read_aws_config(pulumi) == {"region": "us-east-1"}


def test_secrets_of_the_provider_are_decrypted_and_lists_are_json(cli: Cli) -> None:
    pulumi = cli({"config --json": SECRET, "config --json --show-secrets": SHOWN})

    assert read_aws_config(pulumi) == {
        "region": "us-east-1",
        "token": "t0ken",
        "allowedAccountIds": '["1"]',
    }


def test_a_stack_that_is_not_there_is_told_with_what_makes_it(cli: Cli) -> None:
    pulumi = cli({}, code=STACK_NOT_FOUND)

    with pytest.raises(NoStackError, match=r"no stack prod (.|\n)* pulumi stack init prod "):
        pulumi.state()
    with pytest.raises(InputError, match="no stack prod"):
        read_live_weights(pulumi.folder, "prod", pulumi.environ)


def test_the_words_of_the_cli_are_told_without_a_second_error(tmp_path: Path) -> None:
    program = tmp_path / "pulumi"
    program.write_text("#!/bin/sh\necho 'error: the disk is full' >&2\nexit 255\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)

    with pytest.raises(PulumiError) as failed:
        Pulumi(tmp_path, "prod", {"PATH": f"{tmp_path}:/bin"}).state()

    assert str(failed.value) == "`pulumi stack export` failed:\nthe disk is full"


def test_a_cli_that_fails_is_not_sure_and_its_words_are_told(cli: Cli) -> None:
    pulumi = cli({}, code=255)

    with pytest.raises(PulumiError, match="`pulumi stack export` failed"):
        pulumi.state()
    with pytest.raises(UnsureError, match="`pulumi stack output --json` failed"):
        read_live_weights(pulumi.folder, "prod", pulumi.environ)
    with pytest.raises(UnreadError, match="`pulumi config --json` failed"):
        read_provider_config(pulumi)


def test_before_the_first_deployment_nothing_is_live(cli: Cli) -> None:
    pulumi = cli({"stack output --json": {}})

    assert read_live_weights(pulumi.folder, "prod", pulumi.environ) == {}


def test_at_ctrl_c_a_command_that_has_begun_comes_to_its_end(tmp_path: Path) -> None:
    program = tmp_path / "pulumi"
    program.write_text(
        f"#!{sys.executable}\n"
        "import os, pathlib, signal, sys\n"
        "os.kill(os.getppid(), signal.SIGINT)\n"
        "sys.stdin.read()\n"
        "sys.stdout.write('x' * 1_000_000)\n"
        f"pathlib.Path({str(tmp_path / 'ended')!r}).touch()\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)

    with pytest.raises(KeyboardInterrupt):
        Pulumi(tmp_path, "prod", {"PATH": str(tmp_path)}).run("import", stdin="{}")

    assert (tmp_path / "ended").exists()
