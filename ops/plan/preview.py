"""Runs the preview of an update: its events, and where nothing less is wanted, their plan.

Its errors, beside those of the CLI (`pulumi_cli/errors.py`):

PreviewError              base
├── PreviewInputError     a folder, a policy pack or a stack file is missing, or the program refuses
│                         the config
└── PreviewFailedError    the program, a provider or the engine failed in the preview
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.errors import CommandError, InputError
from ops.plan.plan import DeploymentPlan, PlanOutcome, fold
from ops.stack.stack_file import StackFileError, refuse_unreadable
from pulumi_cli.events import Event
from pulumi_cli.pulumi import Pulumi
from pulumi_cli.stacks import no_file_text, stack_file


class PreviewError(CommandError):
    """Base of every error that this package raises."""


class PreviewInputError(PreviewError, InputError):
    """Something that the preview needs is missing, or the program refuses the config."""


class PreviewFailedError(PreviewError):
    """The program, a provider or the engine failed in the preview; the text has their words."""


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """What to preview."""

    folder: Path
    """The folder that holds Pulumi.yaml."""
    stack: str
    policy_pack: Path | None = None
    policy_config: Path | None = None
    refresh: bool = False
    """Whether AWS is read first, so that a change made outside Pulumi is seen."""

    @property
    def options(self) -> list[str]:
        """Of `pulumi preview`."""
        options: list[str] = []
        if self.policy_pack:
            options += ["--policy-pack", str(self.policy_pack)]
        if self.policy_config:
            options += ["--policy-pack-config", str(self.policy_config)]
        if self.refresh:
            options.append("--refresh")
        return options


def run_preview(
    request: PreviewRequest, environ: Mapping[str, str] = os.environ
) -> tuple[Event, ...]:
    """The events of one preview; it changes nothing.

    Raises:
        PreviewInputError: the stack has no file, or one that cannot be read.
        StackError: there is no such stack, or the CLI wrote no preview.
    """
    try:
        refuse_unreadable(request.folder, request.stack)
    except StackFileError as error:
        raise PreviewInputError(str(error)) from error
    events = Pulumi(request.folder, request.stack, environ).preview(*request.options)
    if not stack_file(request.folder, request.stack).exists():
        raise PreviewInputError(no_file_text(request.folder, request.stack, is_there=True))
    return events


def whole_preview(
    request: PreviewRequest, environ: Mapping[str, str] = os.environ
) -> tuple[tuple[Event, ...], DeploymentPlan]:
    """The events and the plan of a preview that came to its end; a refusal is a plan, too.

    Raises:
        PreviewInputError: as of `run_preview`, or the program refuses the config.
        PreviewFailedError: the program, a provider or the engine failed.
        StackError: as of `run_preview`.
    """
    events = run_preview(request, environ)
    plan = fold(events, request.stack)
    if plan.has_broken:
        errors = plan.unexplained_errors or plan.errors
        reasons = "\n".join(f"{each.name} {each.message}".strip() for each in errors)
        kind = PreviewInputError if plan.outcome is PlanOutcome.BAD_CONFIG else PreviewFailedError
        raise kind(f"the preview of {request.stack} failed:\n{reasons}")
    return events, plan


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
