"""Parts of the sentences that commands print."""

from __future__ import annotations

from collections.abc import Iterable


def joined_words(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`; at least one."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
