"""Reads the drift of a stack from a preview that reads AWS first."""

from __future__ import annotations

from pathlib import Path

from ops.drift.drift import Drift, drift_of
from ops.drift.errors import DriftError, DriftInputError
from ops.plan.plan import Outcome, fold
from ops.plan.preview import PreviewRequest, run_preview
from ops.status.config_reading import ConfigReading
from ops.status.errors import UnreadError


def read_drift(folder: Path, stack: str, named: str | None) -> Drift:
    """What was changed past the stack; nothing is changed, the state included.

    Args:
        folder: The folder that holds Pulumi.yaml.
        stack: The stack that is asked about.
        named: What the commands are to name; `None` where the selected stack is meant.

    Raises:
        PreviewError: there is no such stack, or the engine wrote no preview.
        DriftInputError: the config is refused, or cannot be read.
        DriftError: the preview failed.
    """
    events = run_preview(PreviewRequest(folder, stack, refresh=True))
    plan = fold(events, stack)
    if plan.outcome in (Outcome.BAD_CONFIG, Outcome.FAILED):
        errors = plan.unexplained_errors or plan.errors
        said = "\n".join(f"{each.name} {each.message}".strip() for each in errors)
        kind = DriftInputError if plan.outcome is Outcome.BAD_CONFIG else DriftError
        raise kind(f"the preview of {stack} failed, so nothing can be told:\n{said}")
    file = folder / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    try:
        config = ConfigReading.parse(file.read_text(encoding="utf-8"), file.name)
    except (OSError, UnreadError) as error:
        raise DriftInputError(f"{file.name} cannot be read: {error}") from error
    return drift_of(events, plan, config, named)
