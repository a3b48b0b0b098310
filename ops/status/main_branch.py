"""The stack file as git's main has it, as of the last fetch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ops.deploy.errors import DeployInputError
from ops.deploy.repository import file_before, short_commit
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
            commit = short_commit(file.parent, ref)
            if commit is not None:
                return MainFile(MainBranch(ref, commit), _text(file, ref))
    except DeployInputError as error:
        raise UnreadError(str(error)) from error
    raise UnreadError(
        f"{file.parent.name} is in no git repository, or it has neither {' nor '.join(REFS)}: "
        "`git fetch origin main` brings the first"
    )


def _text(file: Path, ref: str) -> str:
    text = file_before(file, ref)
    if text is None:
        raise UnreadError(f"{ref} has no {file.name}: commit it, and push")
    return text
