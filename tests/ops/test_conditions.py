"""What every command says, and exits with, where this machine or this shell is not as it should be.

Each condition is met by every command that there is: one that is added to `SUBCOMMANDS` has to be
added to `ARGUMENTS`, and then has to end as the others do.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.cli import LOCAL, SUBCOMMANDS
from rehearsal.lifecycle import ROOT

pytestmark = pytest.mark.engine

STACK = ["--stack", "prod"]
ARGUMENTS = {
    "adopt": ["--load-balancer", "shop", *STACK, "--yes"],
    "approve": STACK,
    "comment": ["plan.md", "--pull-request", "1", "--repository", "a/b"],
    "deploy-check": STACK,
    "drift": STACK,
    "even": [*STACK, "--yes"],
    "inspect": ["--load-balancer", "shop"],
    "plan": STACK,
    "probe": ["http://127.0.0.1:1/", "--duration", "1s"],
    "ramp": [*STACK, "--yes"],
    "rehearse": ["up", "--like", "nosuch"],
    "report": [],
    "rollback": STACK,
    "status": STACK,
}
ENGINE = ("adopt", "approve", "drift", "even", "plan", "ramp", "rollback")
"""Commands that do nothing without the engine."""
SECRETS = ("even", "plan", "ramp", "rollback", "drift")
"""Commands that read the stack's secrets."""


def also_long(quick: Iterable[str], without: str = "") -> list[Any]:
    """Every command; those that are not `quick` meet the condition in `make test-long` only."""
    kept = set(quick)
    return [
        pytest.param(name, marks=[] if name in kept else pytest.mark.long)
        for name in ARGUMENTS
        if name != without
    ]


RAW = re.compile(
    r"Traceback|^ ?code: |stdout:|stderr:|Exception ignored"
    r"|\b(?:[a-z_]+\.)*[A-Z]\w+(?:Error|Exception)\b",
    re.MULTILINE,
)
"""What no person should have to read: tracebacks, the SDK's blocks, names of classes."""
ENDED = re.compile(
    r"^(?:error|stopped|ended|interrupted|inconclusive: 0 of 0)", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True)
class Shell:
    """A shell in the folder of a project whose stack `prod` has a secret and no resources."""

    folder: Path
    env: dict[str, str]

    def started(self, name: str, stdout: int = subprocess.PIPE) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "ops.cli", name, *ARGUMENTS[name]],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, name: str) -> tuple[int, str]:
        """The exit code, and all that was said."""
        with self.started(name) as process:
            said, wrong = process.communicate(timeout=60)
        return process.returncode, said + wrong

    def but(self, **env: str | None) -> Shell:
        """The same shell with other variables; None unsets one."""
        given = {name: value for name, value in env.items() if value is not None}
        kept = {name: value for name, value in self.env.items() if name not in env}
        return Shell(self.folder, {**kept, **given})


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    (folder / "plan.md").write_text("a plan")
    for name in ("state", "home"):
        (folder / name).mkdir()
    env = {
        "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
        "HOME": str(folder / "home"),
        "PYTHONPATH": str(ROOT),
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "right",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "a",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for arguments in (
        ["stack", "init", "prod", "--no-select"],
        ["config", "set", "--secret", "previewToken", "hidden", *STACK],
    ):
        subprocess.run(["pulumi", *arguments], cwd=folder, env=env, check=True, capture_output=True)
    return Shell(folder, env)


def assert_clear(name: str, code: int, said: str) -> None:
    assert RAW.search(said) is None, said
    assert code in ({0, 1, 2, 3} if name == "probe" else {0, 2, 3}), said
    assert code in {0, 1} or ENDED.search(said), said


def test_every_command_meets_every_condition() -> None:
    assert set(ARGUMENTS) == set(SUBCOMMANDS)
    assert set(ENGINE) | LOCAL <= set(SUBCOMMANDS)


@pytest.mark.parametrize("name", also_long(["adopt", "plan", "ramp"]))
def test_without_a_login_the_login_is_named(name: str, shell: Shell) -> None:
    code, said = shell.but(PULUMI_BACKEND_URL=None).run(name)

    assert_clear(name, code, said)
    if name in ENGINE:
        assert code == 2, said
        assert "this shell is not logged in to a Pulumi backend" in said
        assert "fix:      pulumi login " in said


@pytest.mark.parametrize("passphrase", [None, pytest.param("wrong", marks=pytest.mark.long)])
@pytest.mark.parametrize("name", also_long(["plan", "ramp"]))
def test_without_the_passphrase_the_passphrase_is_named(
    name: str, passphrase: str | None, shell: Shell
) -> None:
    code, said = shell.but(PULUMI_CONFIG_PASSPHRASE=passphrase).run(name)

    assert_clear(name, code, said)
    if name in SECRETS:
        assert code == 2, said
        assert "passphrase" in said
        assert "read -rs PULUMI_CONFIG_PASSPHRASE && export PULUMI_CONFIG_PASSPHRASE" in said


@pytest.mark.parametrize("name", also_long(["plan", "ramp"]))
def test_without_the_cli_the_command_that_installs_it_is_named(name: str, shell: Shell) -> None:
    code, said = shell.but(PATH="/usr/bin:/bin").run(name)

    assert_clear(name, code, said)
    if name in ENGINE:
        assert code == 3, said
        assert "make setup" in said


@pytest.mark.parametrize("name", also_long(["drift", "ramp"]))
def test_a_backend_that_is_gone_is_named(name: str, shell: Shell) -> None:
    code, said = shell.but(PULUMI_BACKEND_URL="file:///not/there").run(name)

    assert_clear(name, code, said)
    if name in ENGINE:
        assert code == 3, said
        assert "/not/there" in said


@pytest.mark.parametrize("name", also_long(["ramp", "status", "adopt", "rehearse"]))
def test_without_a_project_all_say_the_same(name: str, shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text("a plan")

    code, said = Shell(tmp_path, shell.env).run(name)

    assert_clear(name, code, said)
    if name in {*ENGINE, "status", "report", "deploy-check"} - {"adopt"}:
        assert code == 2, said
        assert f"no Pulumi.yaml in {tmp_path} or above it" in said


@pytest.mark.parametrize("name", also_long(["plan", "probe", "report", "status"]))
def test_a_command_outlives_the_reader_of_its_output(name: str, shell: Shell) -> None:
    expected, _ = shell.run(name)
    reading, writing = os.pipe()
    os.close(reading)

    with shell.started(name, writing) as process:
        os.close(writing)
        _, said = process.communicate(timeout=60)

    assert RAW.search(said) is None, said
    assert process.returncode == expected


@pytest.mark.parametrize(
    "seconds", [0.7, *(pytest.param(s, marks=pytest.mark.long) for s in (0.35, 1.2))]
)
@pytest.mark.parametrize("name", also_long(["inspect", "plan", "ramp", "status"]))
def test_a_command_that_ctrl_c_ends_says_so(name: str, seconds: float, shell: Shell) -> None:
    with shell.started(name) as process:
        time.sleep(seconds)  # The moment is what is tried; there is no event to wait for.
        process.send_signal(signal.SIGINT)
        said, wrong = process.communicate(timeout=60)

    if process.returncode == -signal.SIGINT:
        return  # the interpreter had not begun the command
    assert_clear(name, process.returncode, said + wrong)


@pytest.mark.parametrize("name", also_long(["inspect", "ramp", "status"], without="rehearse"))
def test_the_shell_of_a_rehearsal_that_is_gone_is_named(name: str, shell: Shell) -> None:
    gone = shell.but(PULUMI_BACKEND_URL="file:///gone/.rehearsal/backend?metadata=skip")

    code, said = gone.run(name)

    assert RAW.search(said) is None, said
    assert "this shell has the environment of a rehearsal that has ended: /gone" in said
    assert 'eval "$(failover rehearse env --unset)"' in said
    assert name in LOCAL or code == 2
