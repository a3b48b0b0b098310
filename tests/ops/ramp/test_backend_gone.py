"""What a person is told at night whose backend does not answer."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from ops.cli import failover

GONE = """#!/bin/sh
if [ "$1" = version ]; then echo v3.255.0; exit 0; fi
echo "error: could not reach the bucket: no such host" >&2
exit 255
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose CLI cannot reach its backend."""
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(GONE)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "Pulumi.yaml").write_text("name: failover\nruntime: python\n")
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("options", [[], ["--stack", "prod"]])
@pytest.mark.parametrize("command", ["ramp", "rollback"])
def test_a_backend_that_does_not_answer_is_not_taken_for_a_stack_that_is_not_there(
    project: Path, command: str, options: list[str]
) -> None:
    del project

    said = CliRunner().invoke(failover, [command, *options])

    assert said.exit_code == 3
    assert "error: could not reach the bucket: no such host" in said.output
    assert "then type it again" in said.output
    is_rollback = command == "rollback"
    assert ("failover rollback --break-glass --stack NAME" in said.output) is is_rollback


def test_a_word_on_a_stage_needs_the_backend_to_tell_the_stack(project: Path) -> None:
    del project

    said = CliRunner().invoke(failover, ["approve"])

    assert said.exit_code == 3
    assert "which stack is selected cannot be read" in said.output
