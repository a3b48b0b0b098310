"""The repository of the stack file: a commit for each stage, made where asked for, else printed."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ops.ramp.driver.ports import DriverPorts
from ops.ramp.driver.record import RunRecord
from ops.ramp.errors import BadInputError, NotSureError
from ops.stack.repository import is_ignored
from rollout.command import Command
from rollout.ramp_event import StackFileCommit


class OwnGit:
    """Git, run in the folder of the file; a commit holds that one file and nothing else."""

    def commit(self, file: Path, message: str) -> str:
        """Commit `file`; the commit's id, empty where it had not changed.

        Raises:
            NotSureError: git refused.
        """
        folder = file.parent
        if not self._run(folder, "status", "--porcelain", "--", file.name):
            return ""
        self._run(folder, "add", "--", file.name)
        self._run(folder, "commit", "--quiet", "--message", message, "--only", "--", file.name)
        return self._run(folder, "rev-parse", "HEAD")

    def push(self, file: Path) -> None:
        """Push the current branch of the file's repository.

        Raises:
            NotSureError: git refused.
        """
        self._run(file.parent, "push", "--quiet")

    def refuse_unready(self, file: Path, *, pushes: bool) -> None:
        """Find out before a ramp begins what would stop its commits.

        Raises:
            BadInputError: no branch, a file that git does not follow or that has other changes, or
                a push that is refused.
        """
        folder = file.parent
        try:
            self._run(folder, "symbolic-ref", "--quiet", "HEAD")
        except NotSureError as error:
            raise _unready("no branch is checked out here", "git switch main", error) from error
        try:
            self._run(folder, "ls-files", "--error-unmatch", "--", file.name)
        except NotSureError as error:
            if is_ignored(file):
                raise BadInputError(
                    f"git ignores {file.name}, so no commit is to hold it; nothing was begun\n"
                    "  expected: with --commit or --push, a stack file that git follows\n"
                    "  fix:      the same without --commit and --push"
                ) from error
            add = Command.of("git", "add", "--", file.name)
            fix = str(add.then(Command.of("git", "commit", "-m", f"Add {file.name}")))
            raise _unready(f"git does not follow {file.name}", fix, error) from error
        if self._run(folder, "status", "--porcelain", "--", file.name):
            raise _unready(f"{file.name} has changes of its own", f"git commit -- {file.name}")
        if not pushes:
            return
        try:
            self._run(folder, "push", "--quiet", "--dry-run")
        except NotSureError as error:
            raise _unready("the push would be refused", "git pull --rebase", error) from error

    def _run(self, folder: Path, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            start_new_session=True,
            check=False,
        )
        if done.returncode:
            raise NotSureError(
                f"`git {' '.join(arguments)}` exited {done.returncode}: {done.stderr.strip()}\n"
                "  expected: a commit of the stack file, which has the live weights\n"
                "  fix:      fix the reported error (git status), then commit and push the stack "
                "file by hand"
            )
        return done.stdout.strip()


def _unready(what: str, fix: str, error: NotSureError | None = None) -> BadInputError:
    reason = f"\n{error.args[0].splitlines()[0]}" if error else ""
    return BadInputError(
        f"{what}; nothing was begun{reason}\n"
        "  expected: with --commit or --push, a stack file that git can commit alone\n"
        f"  fix:      {fix}; or leave the option out, and the commit to make is printed"
    )


class StackFileCommits:
    """Keeps git true to the stack file."""

    def __init__(self, record: RunRecord, ports: DriverPorts) -> None:
        self._record = record
        self._ports = ports

    def commit(self, message: str) -> None:
        """Make the commit, and push it; or print it for a person, unless git ignores the file.

        During a rollback git stops nothing: its errors are reported at the end.

        Raises:
            NotSureError: git refused, on the way up; the weights stay.
        """
        record, ports = self._record, self._ports
        if ports.git is None and ports.is_file_ignored:
            return
        commit, is_pushed = "", False
        git, file = ports.git, ports.engine.stack_file
        try:
            if git is not None:
                commit = git.commit(file, message)
                if ports.pushes:
                    git.push(file)
                    is_pushed = True
        except NotSureError as error:
            if not record.is_going_back:
                raise
            record.refused_by_git.append(str(error))
        record.write(
            StackFileCommit(message=message, file=file.name, commit=commit, pushed=is_pushed)
        )
