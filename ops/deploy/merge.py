"""Whether a merge may be deployed: its weights against the live ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.errors import InputError
from ops.stack.stack_file import StackFileError, ours, read_config
from rollout.errors import SplitError
from rollout.split import Split
from rollout.weights_key import COMMON, configured_weights, own_path


@dataclass(frozen=True, slots=True)
class Stale:
    """A service whose merged weights are not the live ones, and were not changed by the merge."""

    service: str
    merged: Split
    live: str
    key: str
    """Of the config, without the namespace, as `pulumi config set --path` takes it."""
    is_base_known: bool
    """Whether the weights before the merge are known, so that the merge surely kept them."""

    @property
    def kept(self) -> Split | None:
        """The live weights, where the config can hold them."""
        try:
            return Split.parse(self.live)
        except SplitError:
            return None


@dataclass(frozen=True, slots=True)
class MergedWeights:
    """The weights in one version of a stack file."""

    splits: Mapping[str, Split]
    """By service."""
    own: frozenset[str]
    """The services that have weights of their own."""

    @classmethod
    def parse(cls, text: str, where: str, *, is_here: bool = True) -> MergedWeights:
        """Read a stack file; `is_here`: the one in the folder, and not in a commit.

        Raises:
            InputError: it is not a stack file, or a split in it is invalid.
        """
        found = configured_weights(ours(_config(text, where, is_here=is_here)))
        splits = {name: _split(value, name, where) for name, value in found.values.items()}
        return cls(splits, found.own)


def stale_services(
    merged: MergedWeights, base: MergedWeights | None, live: Mapping[str, str]
) -> tuple[Stale, ...]:
    """The services whose traffic a deployment of the merge would move by accident.

    Args:
        merged: the weights after the merge.
        base: the weights of the branch before the merge; `None` where they are unknown.
        live: the weights of the live rules; a service that is not in it is new, and moves nothing.
    """
    return tuple(
        Stale(
            service=name,
            merged=split,
            live=live[name],
            key=own_path(name) if name in merged.own else COMMON,
            is_base_known=base is not None,
        )
        for name, split in sorted(merged.splits.items())
        if name in live
        and str(split) != live[name]
        and (base is None or base.splits.get(name) == split)
    )


def _config(text: str, where: str, *, is_here: bool) -> Mapping[str, Any]:
    try:
        config = read_config(text, where, is_here=is_here)
    except StackFileError as error:
        raise InputError(str(error)) from error
    if config is None:
        raise InputError(f"{where} has no `config`: a Pulumi stack file was expected")
    return config


def _split(value: object, service: str, where: str) -> Split:
    try:
        return Split.parse(str(value))
    except SplitError as error:
        raise InputError(f"the weights of {service} in {where} are {value!r}: {error}") from error
