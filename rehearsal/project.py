"""The program as a rehearsal runs it: a copy in another folder, and its policy pack."""

from __future__ import annotations

import shutil
from pathlib import Path

from rehearsal.workspace import STACK, Workspace

PACK = "policy"
"""The pack's folder, below the program's."""

PROGRAM = ("__main__.py", "settings", "components", "live", "rollout", "policy")
"""What the engine needs of the repository, its Pulumi files apart."""


def pack_options(root: Path, stack: str = STACK) -> tuple[str, ...]:
    """The options by which `pulumi preview` and `pulumi up` in `root` run the pack.

    A stack's config of the pack is called as the stack is; without one everything is mandatory.
    """
    config = Path(PACK, f"{stack}.json")
    if not (root / config).is_file():
        return ("--policy-pack", PACK)
    return ("--policy-pack", PACK, "--policy-pack-config", str(config))


def write_pack_config(workspace: Workspace, like: str) -> None:
    """Give the rehearsal the config of the pack that the stack `like` has, where it has one."""
    source = workspace.policy_file.with_name(f"{like}.json")
    if source.is_file():
        shutil.copyfile(source, workspace.policy_file)


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
