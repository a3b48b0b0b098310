"""`failover approve`: a person's word on the next stage of the ramp that waits for it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from ops.command import command
from ops.gates.approval import ApprovalAnswer, write_answer
from ops.journal.journal import Ramps
from ops.ramp.errors import BadInputError, NotSureError
from ops.ramp.resume.find import NewestRamp, newest
from ops.ramp.stack.opened import own_holder, recorded_ramps, stack_name
from ops.stack.project import project_folder
from rollout.command import RAMP
from rollout.progress import Progress


@command("approve")
@click.option("--stack", metavar="NAME", help="The stack. Default: the selected one.")
@click.option("--no", "is_no", is_flag=True, help="Refuse the stage: the ramp rolls back.")
def approve(stack: str | None, *, is_no: bool) -> None:
    """Approve the next stage of the ramp that waits for it in this clone.

    The approval counts for that stage only. The other gates keep running, so a fault still rolls
    back the ramp.

    Exit codes: 0 recorded, 2 no ramp waits in this clone, 3 the backend or the journal failed.

    \b
    Examples:
      failover approve
      failover approve --stack prod --no
    """
    click.echo(_answered(project_folder(Path.cwd()), stack, is_yes=not is_no))


def _answered(project: Path, stack: str | None, *, is_yes: bool) -> str:
    name = stack_name(project, stack)
    waiting = _waiting(recorded_ramps(project, name), name, ("--stack", stack) if stack else ())
    progress = waiting.progress
    answer = ApprovalAnswer(progress.verified, is_yes, own_holder().by, datetime.now(UTC))
    try:
        write_answer(waiting.folder, answer)
    except OSError as error:
        raise NotSureError(f"{error}; no answer was recorded") from error
    stage = progress.plan.stage(progress.verified + 1)
    word = "yes" if is_yes else "no"
    return f"{word} to stage {stage.number}/{stage.of} of {progress.plan.group}: {stage.split}"


def _waiting(ramps: Ramps, stack: str, option: tuple[str, ...]) -> NewestRamp:
    """The newest ramp, which has a stage before it.

    Raises:
        BadInputError: there is none, or it is over, on its way back, or at its last stage.
    """
    found = newest(ramps)
    if found is not None and not _is_past(found.progress):
        return found
    raise BadInputError(
        f"no ramp of {stack} waits for a yes in this clone\n"
        "  expected: one that was started here with --approve-each, or with ramp.gates.approval\n"
        f"  fix:      {RAMP.with_options('--approve-each', *option)}   # begins one"
    )


def _is_past(progress: Progress) -> bool:
    is_last = progress.verified >= len(progress.plan.weights)
    return progress.is_over or progress.back is not None or is_last
