"""The stack file as git's main has it, as of the last fetch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ops.deploy.repository import file_before, is_ignored, short_commit
from ops.errors import InputError
from ops.status.document import MainBranch
from ops.status.errors import UnreadError
from rollout.command import Command

REFS = ("origin/main", "main")
"""Where main is looked for; the shared one first."""


@dataclass(frozen=True, slots=True)
class MainFile:
    """A stack file on main."""

    branch: MainBranch
    text: str


def read_main(file: Path) -> MainFile | None:
    """`file` on `origin/main`, or on `main` where there is no such branch; nothing is fetched.

    `None` where git ignores the file, as the one of a rehearsal: no main is to have it.

    Raises:
        UnreadError: no git, no repository, no main, or no such file on it.
    """
    try:
        if is_ignored(file):
            return None
        for ref in REFS:
            commit = short_commit(file.parent, ref)
            if commit is not None:
                return MainFile(MainBranch(ref, commit), _text(file, ref))
    except InputError as error:
        raise UnreadError(str(error)) from error
    raise UnreadError(
        f"{file.parent.name} is in no git repository, or it has neither {' nor '.join(REFS)}: "
        "`git fetch origin main` brings the first"
    )


def _text(file: Path, ref: str) -> str:
    text = file_before(file, ref)
    if text is None:
        add, commit = Command.of("git", "add", "--", file.name), _commit_of(file.name)
        share = add.then(commit, Command.of("git", "push"))
        raise UnreadError(f"{ref} has no {file.name}; to share this one: {share}")
    return text


def _commit_of(name: str) -> Command:
    return Command.of("git", "commit", "-m", f"Add {name}", "--", name)
