"""The errors of commenting on a pull request."""

from __future__ import annotations


class CommentError(Exception):
    """The comment could not be written; the text says why, and never holds the token."""
