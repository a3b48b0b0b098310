"""Several people with a clone each of one repository, and one rehearsed stack."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from rehearsal.lifecycle import ROOT
from tests.engine.rehearsed import Rehearsed

WHO = ["-c", "user.name=t", "-c", "user.email=t@t.example", "-c", "commit.gpgsign=false"]


class Team:
    """A rehearsed stack at 100/0, and the repository that its people share."""

    def __init__(self, stack: Rehearsed, folder: Path) -> None:
        self.stack = stack
        self.folder = folder
        shutil.copytree(ROOT / "scripts", stack.root / "scripts")
        (stack.root / ".gitignore").write_text(".venv\n.rehearsal*\n__pycache__/\n")
        self.git(stack.root, "init", "-q", "-b", "main")
        self.commit(stack.root, "the program")
        self.git(folder, "clone", "-q", "--bare", str(stack.root), "origin")

    def clone(self, name: str) -> Path:
        self.git(self.folder, "clone", "-q", "origin", name)
        clone = self.folder / name
        (clone / ".venv").symlink_to(ROOT / ".venv")
        return clone

    def commit(self, clone: Path, message: str) -> None:
        self.git(clone, "add", ".")
        self.git(clone, "commit", "-q", "-m", message)

    def git(self, folder: Path, *arguments: str) -> None:
        subprocess.run(["git", *WHO, *arguments], cwd=folder, check=True)

    def run(self, clone: Path, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv,
            cwd=clone,
            env={**self.stack.env, **env},
            capture_output=True,
            text=True,
            check=False,
        )

    def live(self) -> list[str]:
        return [service.weights for service in self.stack.observer().read()]
