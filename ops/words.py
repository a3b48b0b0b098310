"""Words that commands print: joined in a sentence, harmless in a Markdown document."""

from __future__ import annotations

import re
from collections.abc import Iterable

_MEANT_BY_MARKDOWN = re.compile(r"([\\`*\[\]|~#]|(?<!\w)_|_(?!\w))")
"""Inside a word an underscore is one. Source: GitHub Flavored Markdown Spec, 6.4."""


def as_words(value: object) -> str:
    """Words as words: no tag, no table border, no emphasis, no mention of a user, one line."""
    harmless = str(value).replace("&", "&amp;").replace("<", "&lt;")
    escaped = _MEANT_BY_MARKDOWN.sub(r"\\\1", harmless)
    return "<br>".join(escaped.replace("@", "&#64;").splitlines())


def joined_words(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`; at least one."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
