"""The policy pack, as the engine is told of it."""

from __future__ import annotations

import shutil
from pathlib import Path

from rehearsal.workspace import STACK, Workspace

PACK = "policy"
"""The pack's folder, in that of the program."""


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
