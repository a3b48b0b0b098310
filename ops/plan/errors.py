"""The errors of a plan.

PreviewError                what is between a command line and a plan
├── PreviewInputError       the preview was asked for what is not there: a folder, a stack, a pack
├── PreviewNotStarted       the engine ended before its first event
└── PreviewStreamError      what the engine wrote is no event stream, or one that breaks off
"""

from __future__ import annotations


class PreviewError(Exception):
    """Base of every error that this package raises."""


class PreviewInputError(PreviewError):
    """The preview was asked for what is not there."""


class PreviewNotStarted(PreviewError):  # noqa: N818  (it says what happened, as an error's name should)
    """The engine ended before its first event; the text has its own words."""


class PreviewStreamError(PreviewError):
    """What the engine wrote is no event stream, or one that breaks off."""
