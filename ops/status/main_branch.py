"""The stack file as git's main has it, as of the last fetch."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from ops.deploy.errors import DeployInputError
from ops.deploy.repository import file_before
from ops.status.document import MainBranch
from ops.status.errors import UnreadError

REFS = ("origin/main", "main")
"""Where main is looked for; the shared one first."""


@dataclass(frozen=True, slots=True)
class MainFile:
    """A stack file on main."""

    branch: MainBranch
    text: str


def read_main(file: Path) -> MainFile:
    """`file` on `origin/main`, or on `main` where there is no such branch; nothing is fetched.

    Raises:
        UnreadError: no git, no repository, no main, or no such file on it.
    """
    try:
        for ref in REFS:
            commit = _commit(file.parent, ref)
            if commit:
                return MainFile(MainBranch(ref, commit), _text(file, ref))
    except FileNotFoundError as error:
        raise UnreadError("there is no `git` on PATH") from error
    raise UnreadError(
        f"{file.parent.name} is in no git repository, or it has neither {' nor '.join(REFS)}: "
        "`git fetch origin main` brings the first"
    )


def _text(file: Path, ref: str) -> str:
    try:
        text = file_before(file, ref)
    except DeployInputError as error:
        raise UnreadError(str(error)) from error
    if text is None:
        raise UnreadError(f"{ref} has no {file.name}: commit it, and push")
    return text


def _commit(folder: Path, ref: str) -> str:
    """The short id of what `ref` names; empty where it names nothing."""
    done = subprocess.run(
        ["git", "rev-parse", "--verify", "--quiet", "--short", f"{ref}^{{commit}}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else ""
