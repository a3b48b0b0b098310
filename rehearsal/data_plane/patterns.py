"""AWS's wildcards, as regular expressions of RE2, which is what Envoy matches with."""

from __future__ import annotations

import re
from collections.abc import Iterable

ANY = "."


def expression_of(pattern: str, one: str = ANY) -> str:
    r"""The expression for one value of a condition.

    `*` is any number of characters, `?` exactly one, and a backslash takes either literally.
    Source: ELB user guide, "Condition types for listener rules".

    Args:
        pattern: The value as the rule has it.
        one: The expression of the characters that a wildcard may stand for.
    """
    parts: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character == "*":
            parts.append(f"{one}*")
        elif character == "?":
            parts.append(one)
        elif character == "\\":
            parts.append(re.escape(next(characters, "\\")))
        else:
            parts.append(re.escape(character))
    return "".join(parts)


def any_of(patterns: Iterable[str], one: str = ANY) -> str:
    """One expression that matches what any of `patterns` does."""
    return "(?:" + "|".join(expression_of(pattern, one) for pattern in patterns) + ")"
