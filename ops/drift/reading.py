"""Reads the drift of a stack from a preview that reads AWS first."""

from __future__ import annotations

from pathlib import Path

from ops.drift.drift import Drift, drift_of
from ops.plan.errors import PreviewInputError
from ops.plan.preview import PreviewRequest
from ops.plan.whole_preview import whole_preview
from ops.status.config_reading import ConfigReading
from ops.status.errors import UnreadError


def read_drift(folder: Path, stack: str, named: str | None) -> Drift:
    """What was changed past the stack; nothing is changed, the state included.

    Args:
        folder: The folder that holds Pulumi.yaml.
        stack: The stack that is asked about.
        named: What the commands are to name; `None` where the selected stack is meant.

    Raises:
        PreviewInputError: there is no such stack, or its config is refused or cannot be read.
        PreviewError: the preview failed, or there is none.
    """
    events, plan = whole_preview(PreviewRequest(folder, stack, refresh=True))
    file = folder / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    try:
        config = ConfigReading.parse(file.read_text(encoding="utf-8"), file.name)
    except (OSError, UnreadError) as error:
        raise PreviewInputError(f"{file.name} cannot be read: {error}") from error
    return drift_of(events, plan, config, named)
