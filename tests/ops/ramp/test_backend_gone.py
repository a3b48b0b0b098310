"""What a person is told at night whose backend does not answer."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from ops.cli import failover
from ops.ramp.stack.known import KnownStack
from ops.ramp.stack.opened import ramps_folder

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
    assert "\ncould not reach the bucket: no such host\n" in said.output
    assert said.output.count("error:") == 1
    assert "then type it again" in said.output
    assert "--break-glass" not in said.output  # Of no stack the rules are written down here.


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ([], ["dev", "prod"]),
        (["--stack", "prod"], ["prod"]),
        (["--stack", "acme/failover/prod"], ["acme/failover/prod"]),
        (["--stack", "gone"], []),
    ],
)
@pytest.mark.parametrize("command", ["ramp", "rollback"])
def test_a_rollback_names_the_way_past_the_engine_of_stacks_whose_rules_are_known_here(
    project: Path, command: str, options: list[str], names: list[str]
) -> None:
    for name in ("dev", "prod"):
        KnownStack("file:///state", {}, {}).write(ramps_folder(project, name))

    said = CliRunner().invoke(failover, [command, *options])

    found = re.findall(r"(failover rollback --break-glass .*)", said.output)
    expected = [f"failover rollback --break-glass --stack {name}" for name in names]
    assert found == (expected if command == "rollback" else [])


def test_a_word_on_a_stage_needs_the_backend_to_tell_the_stack(project: Path) -> None:
    del project

    said = CliRunner().invoke(failover, ["approve"])

    assert said.exit_code == 3
    assert "cannot read which stack is selected" in said.output
