"""Runs the preview of an update: its events, and where nothing less is wanted, their plan."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.plan.errors import PreviewFailedError, PreviewInputError
from ops.plan.plan import DeploymentPlan, PlanOutcome, fold
from ops.stack.stack_file import StackFileError, refuse_unreadable
from pulumi_cli.events import Event
from pulumi_cli.pulumi import Pulumi
from pulumi_cli.stacks import no_file_text, stack_file


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
