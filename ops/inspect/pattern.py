"""Whether two patterns of conditions can both match one request: pure, by AWS's wildcards."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from ops.inspect.document import RuleConditionReport, RuleReport

_COMPARED = ("host-header", "path-pattern")


def can_meet(one: str, other: str) -> bool:
    """Whether some text matches both; `*` is any number of characters, `?` exactly one.

    A backslash, which takes a wildcard literally, counts as a wildcard here: rather yes than no.
    """
    one, other = one.replace("\\", "*"), other.replace("\\", "*")

    @functools.cache
    def meet(i: int, j: int) -> bool:
        if i == len(one) or j == len(other):
            return set(one[i:] + other[j:]) <= {"*"}
        if one[i] == "*":
            return meet(i + 1, j) or meet(i, j + 1)
        if other[j] == "*":
            return meet(i, j + 1) or meet(i + 1, j)
        return ("?" in (one[i], other[j]) or one[i] == other[j]) and meet(i + 1, j + 1)

    return meet(0, 0)


def may_share_requests(one: RuleReport, other: RuleReport) -> bool:
    """Whether a request can meet both; only hosts and paths can tell that none does."""
    return not any(
        _are_apart(a, b) for a in one.conditions for b in other.conditions if a.field == b.field
    )


def _are_apart(one: RuleConditionReport, other: RuleConditionReport) -> bool:
    if one.field not in _COMPARED or one.is_pattern or other.is_pattern:
        return False
    ones, others = (_spelled(c.field, c.values) for c in (one, other))
    return not any(can_meet(a, b) for a in ones for b in others)


def _spelled(field: str, values: Iterable[str]) -> list[str]:
    """Hosts in any letter case are one. Source: ELB user guide, "Host conditions"."""
    return [value.lower() if field == "host-header" else value for value in values]
