"""A shell whose rehearsal is gone, is another one, or belongs to another clone."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from rehearsal.shell_environment import LIFE_VARIABLE, ROOT_VARIABLE, shell_problem, shell_variables
from rehearsal.workspace import Workspace
from tests.rehearsal.test_workspace import RUNNING

LATER = dataclasses.replace(RUNNING, pid=4712, started_at="2026-01-01T00:00:00+00:00")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "clone")
    workspace.root.mkdir()
    return workspace


def entered(workspace: Workspace) -> dict[str, str]:
    """The environment of a shell that entered the rehearsal, and the rehearsal as it runs."""
    workspace.create()
    workspace.write_running(RUNNING)
    return shell_variables(workspace, RUNNING)


def test_a_shell_of_ones_own_has_no_problem(tmp_path: Path) -> None:
    assert shell_problem({"PULUMI_BACKEND_URL": "s3://state"}, tmp_path) is None


@pytest.mark.parametrize("is_former", [False, True])
def test_the_shell_of_the_rehearsal_that_runs_has_no_problem(
    workspace: Workspace, is_former: bool
) -> None:
    with workspace.held():
        environ = entered(workspace)
        if is_former:
            del environ[LIFE_VARIABLE], environ[ROOT_VARIABLE]

        assert shell_problem(environ, workspace.root) is None
        assert shell_problem(environ, None) is None


@pytest.mark.parametrize("is_former", [False, True])
@pytest.mark.parametrize("left", ["everything", "an empty clone", "nothing"])
def test_a_shell_whose_rehearsal_has_ended_gets_both_fixes(
    workspace: Workspace, left: str, is_former: bool
) -> None:
    environ = entered(workspace)
    if is_former:
        del environ[LIFE_VARIABLE], environ[ROOT_VARIABLE]
    if left != "everything":
        workspace.remove()
    if left == "nothing":
        (workspace.root / ".rehearsal.lock").unlink(missing_ok=True)
        workspace.root.rmdir()

    problem = shell_problem(environ, workspace.root)

    assert problem is not None
    assert f"a rehearsal that has ended: {workspace.root}" in problem
    assert 'eval "$(failover rehearse env --unset)"' in problem
    assert 'failover rehearse up && eval "$(failover rehearse env)"' in problem


@pytest.mark.parametrize("is_former", [False, True])
def test_a_shell_of_an_earlier_rehearsal_learns_that_another_one_runs(
    workspace: Workspace, is_former: bool
) -> None:
    environ = entered(workspace)
    later = dataclasses.replace(LATER, endpoint="http://127.0.0.1:5001") if is_former else LATER
    if is_former:
        del environ[LIFE_VARIABLE], environ[ROOT_VARIABLE]
    with workspace.held():
        workspace.create()
        workspace.write_running(later)

        problem = shell_problem(environ, workspace.root)

    assert problem is not None
    assert "an earlier rehearsal" in problem
    assert 'fix:      eval "$(failover rehearse env)"' in problem


def test_a_shell_of_another_clones_rehearsal_learns_where_it_belongs(
    workspace: Workspace, tmp_path: Path
) -> None:
    with workspace.held():
        problem = shell_problem(entered(workspace), tmp_path)

    assert problem is not None
    assert f"fix:      cd {workspace.root}" in problem
    assert f"the project here is {tmp_path}" in problem


def test_a_colleagues_clone_with_the_stacks_file_works_on_the_same_rehearsal(
    workspace: Workspace, tmp_path: Path
) -> None:
    other = Workspace(tmp_path / "behind")
    other.root.mkdir()
    with workspace.held():
        environ = entered(workspace)
        without_file = shell_problem(environ, other.root)
        other.stack_file.touch()
        with_file = shell_problem(environ, other.root)
        other.create()
        with_own_rehearsal = shell_problem(environ, other.root)

    assert with_file is None
    assert without_file == with_own_rehearsal
    assert "but the project here is" in (without_file or "")
