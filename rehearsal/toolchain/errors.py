"""The error of the toolchain: a step that could not be done, with what to do about it."""

from __future__ import annotations


class SetupError(Exception):
    """A step failed; the text names the step, the reason and the fix."""
