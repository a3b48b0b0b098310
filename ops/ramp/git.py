"""The repository of the stack file: one commit a stage."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ops.ramp.errors import NotSureError


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

    def push(self) -> None:
        """Push the current branch.

        Raises:
            NotSureError: git refused.
        """
        self._run(Path.cwd(), "push", "--quiet")

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
                "  expected: the weights are moved, and git should say so\n"
                f"  mend:     commit {arguments[-1]} by hand, then failover ramp"
            )
        return done.stdout.strip()
