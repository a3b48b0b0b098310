"""Where a rule finds the two free priorities that its preview rules need: pure.

One rule moves, and no rule passes another: whoever has the others, by hand or by a stack, finds
them where they were.
"""

from __future__ import annotations

from ops.inspect.document import ListenerReport, RuleReport
from rollout.split import Slot

NEEDED_PRIORITIES = len(Slot)
"""A service's preview rules come right before its own."""
LAST_PRIORITY = 50_000
"""Source: ELBv2 API, CreateRule, Priority."""
_STEP = NEEDED_PRIORITIES + 1


def taken_before(listener: ListenerReport, rule: RuleReport) -> list[RuleReport]:
    """The rules at the priorities that the preview rules of `rule` need."""
    assert rule.priority is not None
    needed = range(rule.priority - NEEDED_PRIORITIES, rule.priority)
    return [each for each in listener.rules if each.priority in needed and not each.is_preview]


def has_room(listener: ListenerReport, rule: RuleReport) -> bool:
    """Whether the two priorities before it are there and free."""
    assert rule.priority is not None
    return rule.priority > NEEDED_PRIORITIES and not taken_before(listener, rule)


def place_with_room(listener: ListenerReport, rule: RuleReport) -> int | None:
    """A priority with room before it that `rule` can have without passing another rule.

    It is the nearest one, but for the room that rules right before it need as well: of several in
    a row the last one moves first, and far enough for all of them.
    """
    placed = [each for each in listener.rules if each.priority is not None]
    at = placed.index(rule)
    start = at
    while start > 0 and _wants_room(listener, placed[start - 1]):
        start -= 1
    least = _priority(placed, at - 1) + _STEP
    wanted = _priority(placed, start - 1) + _STEP * (at - start + 1)
    most = LAST_PRIORITY
    if at + 1 < len(placed):
        following = placed[at + 1]
        most = _priority(placed, at + 1) - 1
        spared = most - NEEDED_PRIORITIES
        if following.groups and has_room(listener, following) and spared >= least:
            most = spared
    return min(max(wanted, least), most) if least <= most else None


def _wants_room(listener: ListenerReport, rule: RuleReport) -> bool:
    return (
        bool(rule.groups)
        and not rule.is_preview
        and not listener.is_of_a_stack(rule)
        and not has_room(listener, rule)
    )


def _priority(placed: list[RuleReport], at: int) -> int:
    return (placed[at].priority or 0) if at >= 0 else 0
