"""The stack file in its git repository: as an earlier commit has it, or ignored."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ops.errors import InputError

NO_COMMIT = "0" * 40
"""What GitHub calls the commit before the first one of a branch."""


def file_before(file: Path, revision: str) -> str | None:
    """The text of `file` at `revision`; `None` where it was not there, or the branch was not.

    Raises:
        InputError: there is no such commit here, or no repository.
    """
    if revision == NO_COMMIT:
        return None
    folder = file.resolve().parent
    commit = short_commit(folder, revision)
    if commit is None:
        raise InputError(
            f"--before {revision} is not a commit in the repository of {file.name}; a full history "
            "is needed: `git fetch --unshallow`, in a workflow `fetch-depth: 0`"
        )
    return _git(folder, "show", f"{commit}:./{file.name}")


def is_ignored(file: Path) -> bool:
    """Whether git ignores `file`, so that no commit is to hold it.

    A file that git follows it does not ignore, nor is any ignored where there is no git.
    """
    try:
        return _git(file.resolve().parent, "check-ignore", "--quiet", "--", file.name) is not None
    except InputError:
        return False


def short_commit(folder: Path, revision: str) -> str | None:
    """The short id of the commit that `revision` names in the repository of `folder`, if any.

    Raises:
        InputError: there is no git.
    """
    asked = ("rev-parse", "--verify", "--quiet", "--short", f"{revision}^{{commit}}")
    output = _git(folder, *asked)
    return None if output is None else output.strip()


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            start_new_session=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise InputError("there is no `git` on PATH") from error
    return done.stdout if done.returncode == 0 else None
