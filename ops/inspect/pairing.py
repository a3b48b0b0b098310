"""Which two target groups are the slots of one service, by their names and their targets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ops.inspect.document import Inspection, RuleReport, TargetGroupReport
from rollout.split import Slot

_PAIRS = (
    ("01", "02"),
    ("1", "2"),
    ("prod1", "prod2"),
    ("blue", "green"),
    ("a", "b"),
)
"""The parts of a name that mark the two slots, slot 01 first."""


@dataclass(frozen=True, slots=True)
class SlotGroups:
    """The target groups of slots 01 and 02; one is `None` where there is none yet."""

    first: TargetGroupReport | None
    second: TargetGroupReport | None
    reason: str
    """How the second of the two was found, in words; empty where the rule forwards to both."""


def marks(name: str) -> dict[str, bool]:
    """The names that would be the other slot's beside `name`, and whether `name` is slot 01's."""
    parts = re.split(r"([-_])", name)
    found: dict[str, bool] = {}
    for pair in _PAIRS:
        for own, other in (pair, pair[::-1]):
            for place in [at for at, part in enumerate(parts) if part == own]:
                beside = "".join([*parts[:place], other, *parts[place + 1 :]])
                found.setdefault(beside, own == pair[0])
    if not found and name.endswith("-tg"):
        # A first group that was made before there were two, such as `web-tg`.
        found[f"{name.removesuffix('-tg')}-{Slot.SECOND}-tg"] = True
    return found


def slot_groups_of(inspection: Inspection, rule: RuleReport) -> SlotGroups:
    """The slots that the groups of a rule suggest.

    A rule with two groups has both; their order is by their names, since AWS keeps none. Beside a
    single group it is the one that is called alike; else the only one in the VPC that no rule
    forwards to and that has targets registered, on the same port and with the same protocol.
    """
    groups = [found for each in rule.groups if (found := inspection.target_group(each.arn))]
    if len(groups) > 1:
        one, two = groups[:2]
        is_first = marks(one.name).get(two.name, True)
        return SlotGroups(one, two, "") if is_first else SlotGroups(two, one, "")
    if not groups:
        return SlotGroups(None, None, "")
    own = groups[0]
    free = [group for group in inspection.target_groups if not inspection.forwards_to(group.arn)]
    for name, is_first in marks(own.name).items():
        for group in free:
            if group.name == name:
                reason = f"{group.name} is called alike"
                return (
                    SlotGroups(own, group, reason) if is_first else SlotGroups(group, own, reason)
                )
    like = [group for group in free if _is_like(own, group) and _has_targets(group)]
    if len(like) == 1:
        return SlotGroups(own, like[0], f"{like[0].name} has targets and no rule forwards to it")
    return SlotGroups(own, None, "")


def _is_like(one: TargetGroupReport, other: TargetGroupReport) -> bool:
    return (one.port, one.protocol, one.protocol_version, one.target_type) == (
        other.port,
        other.protocol,
        other.protocol_version,
        other.target_type,
    )


def _has_targets(group: TargetGroupReport) -> bool:
    targets = group.details.targets if group.details is not None else ()
    return any(target.state != "draining" for target in targets)
