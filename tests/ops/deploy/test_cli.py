"""`failover deploy-check` in a repository of its own, with a stack that has no services yet."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from ops.deploy.cli import deploy_check

WHO = ["-c", "user.name=t", "-c", "user.email=t@t.example", "-c", "commit.gpgsign=false"]
GOOD = "config:\n  failover:weights: 100/0\n  failover:services:\n    web:\n      port: 8080\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    bin_folder, folder = tmp_path / "bin", tmp_path / "project"
    bin_folder.mkdir()
    folder.mkdir()
    program = bin_folder / "pulumi"
    program.write_text("#!/bin/sh\necho '{}'\n")
    program.chmod(0o755)
    (folder / "Pulumi.yaml").write_text("name: failover\n")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", str(bin_folder), prepend=":")
    git("init", "-q", "-b", "main")
    return folder


def git(*arguments: str) -> None:
    subprocess.run(["git", *WHO, *arguments], check=True, capture_output=True)


def commit(project: Path, text: str) -> None:
    (project / "Pulumi.prod.yaml").write_text(text)
    git("add", ".")
    git("commit", "-q", "-m", "stack file")


def test_a_stack_file_that_was_none_before_the_merge_stops_not_the_one_that_fixes_it(
    project: Path,
) -> None:
    commit(project, "config: [")
    commit(project, GOOD)

    checked = CliRunner().invoke(deploy_check, ["--stack", "prod"])

    assert checked.exit_code == 0, checked.output
    (told,) = [line for line in checked.stderr.splitlines() if "before" in line]
    assert told.startswith(
        "judged without what was before: Pulumi.prod.yaml at HEAD^1 cannot be read: line 1, "
    )
    assert "fix:" not in checked.stderr


def test_a_merged_stack_file_that_is_none_is_bad_input(project: Path) -> None:
    commit(project, GOOD)
    commit(project, "config: [")

    checked = CliRunner().invoke(deploy_check, ["--stack", "prod"])

    assert checked.exit_code == 2
    assert "error: Pulumi.prod.yaml cannot be read: line 1, column 10: " in checked.stderr
    assert "fix:      correct line 1 of Pulumi.prod.yaml in an editor" in checked.stderr


def test_a_stack_without_a_file_is_told_with_those_that_have_one(project: Path) -> None:
    commit(project, GOOD)

    checked = CliRunner().invoke(deploy_check, ["--stack", "prd"])

    assert checked.exit_code == 2
    assert f"error: there is no Pulumi.prd.yaml in {project}\n" in checked.stderr
    assert "did you mean prod? Then --stack prod" in checked.stderr
