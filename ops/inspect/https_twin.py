"""The listener for HTTPS that answers the requests of a rule for HTTP as that rule does: pure."""

from __future__ import annotations

from collections.abc import Sequence

from ops.inspect.document import ListenerReport, RuleReport
from ops.inspect.pattern import may_share_requests


def https_twin(
    listeners: Sequence[ListenerReport], listener: ListenerReport, rule: RuleReport
) -> tuple[ListenerReport, RuleReport] | None:
    """The rule that answers the same requests in the same way, with the listener that has it.

    None of its listener's rules may take any of these requests before it, unless a rule for the
    same requests takes them on `listener` too.
    """
    at = listener.rules.index(rule)
    taken = {_conditions(each) for each in listener.rules[:at]}
    for other in listeners:
        if other.protocol != "HTTPS" or not other.certificate_arns:
            continue
        for each in (rule for rule in other.rules if not rule.is_preview):
            if _conditions(each) == _conditions(rule):
                if each.only_forwards and each.actions == rule.actions:
                    return other, each
                break
            if may_share_requests(each, rule) and _conditions(each) not in taken:
                break
    return None


def _conditions(rule: RuleReport) -> frozenset[object]:
    """What makes a rule true, however it is written down."""
    return frozenset(
        (c.field, frozenset(c.values), c.header, c.is_pattern) for c in rule.conditions
    )
