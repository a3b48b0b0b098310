"""Reads the drift of a stack from a preview that reads AWS first."""

from __future__ import annotations

from pathlib import Path

from ops.drift.drift import Drift, drift_of
from ops.plan.errors import PreviewInputError
from ops.plan.preview import PreviewRequest, whole_preview
from ops.stack.stack_file import StackFileError, read_text
from ops.status.config_reading import ConfigReading
from ops.status.document import UnreadError
from pulumi_cli.stacks import no_file_text, stack_file


def read_drift(folder: Path, stack: str, named: str | None) -> Drift:
    """What was changed outside Pulumi; nothing is changed, the state included.

    Args:
        folder: The folder that holds Pulumi.yaml.
        stack: The stack that is asked about.
        named: What the commands are to name; `None` where the selected stack is meant.

    Raises:
        PreviewInputError: there is no such stack, or its config is refused or cannot be read.
        PreviewError: the preview failed, or there is none.
    """
    events, plan = whole_preview(PreviewRequest(folder, stack, refresh=True))
    file = stack_file(folder, stack)
    try:
        text = read_text(file)
        if text is None:
            raise PreviewInputError(no_file_text(folder, stack, is_there=True))
        config = ConfigReading.parse(text, file.name)
    except (StackFileError, UnreadError) as error:
        raise PreviewInputError(str(error)) from error
    return drift_of(events, plan, config, named)
