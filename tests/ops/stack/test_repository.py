import subprocess
from pathlib import Path

import pytest

from ops.errors import InputError
from ops.stack.repository import NO_COMMIT, file_before


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A stack file with two commits, below the top of its repository."""
    folder = tmp_path / "infra"
    folder.mkdir()
    file = folder / "Pulumi.prod.yaml"
    git(tmp_path, "init", "-q")
    for text in ("first\n", "second\n"):
        file.write_text(text)
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-q", "-m", text)
    return file


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@t.example", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True)


def test_the_file_is_read_as_an_earlier_commit_has_it(file: Path) -> None:
    assert file_before(file, "HEAD^1") == "first\n"


def test_a_file_that_was_not_there_has_no_text(file: Path) -> None:
    assert file_before(file.with_name("Pulumi.dev.yaml"), "HEAD") is None


def test_a_branch_that_was_not_there_has_no_text(file: Path) -> None:
    assert file_before(file, NO_COMMIT) is None


def test_without_git_nothing_is_deployed_and_the_reason_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(file.parent))

    with pytest.raises(InputError, match="no `git` on PATH"):
        file_before(file, "HEAD^1")


@pytest.mark.parametrize("revision", ["f" * 40, "HEAD~9", "--output=x"])
def test_a_commit_that_is_not_there_asks_for_the_whole_history(file: Path, revision: str) -> None:
    with pytest.raises(InputError, match="fetch-depth: 0"):
        file_before(file, revision)
