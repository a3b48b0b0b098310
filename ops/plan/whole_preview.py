"""A preview that came to its end, for those who need nothing less: its events, and their plan."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ops.plan.errors import PreviewFailedError, PreviewInputError
from ops.plan.event_stream import Event
from ops.plan.plan import DeploymentPlan, PlanOutcome, fold
from ops.plan.preview import PreviewRequest, run_preview


def whole_preview(
    request: PreviewRequest, environ: Mapping[str, str] = os.environ
) -> tuple[tuple[Event, ...], DeploymentPlan]:
    """Run it, and fold it; a refusal is a plan, too.

    Raises:
        PreviewInputError: there is no such stack, or the program refuses its config.
        PreviewFailedError: something broke in it.
        PreviewError: the engine wrote no preview.
    """
    events = run_preview(request, environ)
    plan = fold(events, request.stack)
    if plan.has_broken:
        errors = plan.unexplained_errors or plan.errors
        said = "\n".join(f"{each.name} {each.message}".strip() for each in errors)
        kind = PreviewInputError if plan.outcome is PlanOutcome.BAD_CONFIG else PreviewFailedError
        raise kind(f"the preview of {request.stack} failed, so nothing can be told:\n{said}")
    return events, plan
