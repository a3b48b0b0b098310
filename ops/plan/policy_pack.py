"""Where the policy pack of a Pulumi project is."""

from __future__ import annotations

from pathlib import Path

from ops.plan.errors import PreviewInputError

_PACK_FILE = "PulumiPolicy.yaml"


def policy_pack(folder: Path, named: Path | None) -> Path | None:
    """The policy pack: `named`, else `policy` beside Pulumi.yaml if that is a pack.

    Raises:
        PreviewInputError: `named` is not a policy pack.
    """
    if named is None:
        beside = folder / "policy"
        return beside if (beside / _PACK_FILE).is_file() else None
    if not (named / _PACK_FILE).is_file():
        raise PreviewInputError(
            f"--policy-pack {named} has no {_PACK_FILE}; a folder with a CrossGuard pack was "
            "expected, such as --policy-pack policy"
        )
    return named.absolute()


def policy_config(pack: Path | None, stack: str, named: Path | None) -> Path | None:
    """The pack's config: `named`, else the file in the pack with the name of the stack.

    Raises:
        PreviewInputError: `named` is not a file.
    """
    if named is not None:
        if not named.is_file():
            raise PreviewInputError(f"--policy-pack-config {named} is not a file")
        return named.absolute()
    if pack is None:
        return None
    own = pack / f"{stack.rpartition('/')[2]}.json"
    return own if own.is_file() else None
