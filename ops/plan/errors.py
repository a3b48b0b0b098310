"""The errors of a plan.

PreviewError                what is between a command line and a plan
├── PreviewInputError       it asks for what is not there, a folder, a stack, a pack; or the
│                           program refuses the config
├── PreviewFailedError      the program, a provider or the engine broke in it
├── PreviewNotStarted       the engine ended before its first event
└── PreviewStreamError      what the engine wrote is no event stream, or one that breaks off
"""

from __future__ import annotations

from ops.errors import CommandError, InputError


class PreviewError(CommandError):
    """Base of every error that this package raises."""


class PreviewInputError(PreviewError, InputError):
    """The preview was asked for what is not there, or the program refuses the config."""


class PreviewFailedError(PreviewError):
    """The program, a provider or the engine broke in the preview; the text has their words."""


class PreviewNotStarted(PreviewError):  # noqa: N818  (it says what happened, as an error's name should)
    """The engine ended before its first event; the text has its own words."""


class PreviewStreamError(PreviewError):
    """What the engine wrote is no event stream, or one that breaks off."""
