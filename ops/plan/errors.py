"""The errors of a plan, beside those of the CLI (`pulumi_cli/errors.py`).

PreviewError              base
├── PreviewInputError     a folder, a policy pack or a stack file is missing, or the program refuses
│                         the config
└── PreviewFailedError    the program, a provider or the engine failed in the preview
"""

from __future__ import annotations

from ops.errors import CommandError, InputError


class PreviewError(CommandError):
    """Base of every error that this package raises."""


class PreviewInputError(PreviewError, InputError):
    """Something that the preview needs is missing, or the program refuses the config."""


class PreviewFailedError(PreviewError):
    """The program, a provider or the engine failed in the preview; the text has their words."""
