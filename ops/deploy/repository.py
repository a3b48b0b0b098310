"""The stack file as an earlier commit has it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ops.deploy.errors import DeployInputError

NO_COMMIT = "0" * 40
"""What GitHub calls the commit before the first one of a branch."""


def file_before(file: Path, revision: str) -> str | None:
    """The text of `file` at `revision`; `None` where it was not there, or the branch was not.

    Raises:
        DeployInputError: there is no such commit here, or no repository.
    """
    if revision == NO_COMMIT:
        return None
    folder = file.resolve().parent
    commit = _git(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if commit is None:
        raise DeployInputError(
            f"--before {revision} is no commit of the repository of {file.name}; a full history is "
            "needed: `git fetch --unshallow`, in a workflow `fetch-depth: 0`"
        )
    return _git(folder, "show", f"{commit.strip()}:./{file.name}")


def _git(folder: Path, *arguments: str) -> str | None:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout if done.returncode == 0 else None
