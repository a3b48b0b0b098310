"""The policy pack, as the engine is told of it."""

from __future__ import annotations

from pathlib import Path

PACK = "policy"
"""The pack's folder, in that of the program."""


def pack_options(root: Path, like: str) -> tuple[str, ...]:
    """The options by which `pulumi preview` and `pulumi up` in `root` run the pack.

    `like` is the stack whose config the pack gets; without a file for it everything is mandatory.
    """
    config = Path(PACK, f"{like}.json")
    if not (root / config).is_file():
        return ("--policy-pack", PACK)
    return ("--policy-pack", PACK, "--policy-pack-config", str(config))
