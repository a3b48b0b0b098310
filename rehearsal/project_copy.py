"""A copy of the program in another folder, for runs that leave a person's rehearsal alone."""

from __future__ import annotations

import shutil
from pathlib import Path

from rehearsal.workspace import STACK

PROGRAM = ("__main__.py", "settings", "components", "live", "rollout", "policy")
"""What the engine needs of the repository, its Pulumi files apart."""


def copy_project(root: Path, target: Path) -> Path:
    """Copy the program from `root` into the new folder `target`, on the tools of `root`."""
    target.mkdir(parents=True)
    for path in root.glob("Pulumi*.yaml"):
        if path.name != f"Pulumi.{STACK}.yaml":
            shutil.copy2(path, target)
    for name in PROGRAM:
        source = root / name
        if source.is_dir():
            # Byte code goes along, or every run in the copy would compile the program first; a file
            # of it that is being written has another ending for so long.
            leave_out = shutil.ignore_patterns("*.pyc.*", ".venv", f"{STACK}.json")
            shutil.copytree(source, target / name, ignore=leave_out)
        else:
            shutil.copy2(source, target)
    (target / ".venv").symlink_to(root / ".venv")
    return target
