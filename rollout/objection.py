"""Why an update of a service may not proceed: by its live rule, or by what would happen to a slot.

A slot that carries traffic, or is to gain weight, keeps what it needs; a rule that was changed
outside Pulumi is not overwritten.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rollout.command import REFRESH, UP, config_set
from rollout.fleet import Fleet, WantedFleet, changed_parts, is_renamed
from rollout.guard_case import GuardCase, Memory, WantedService, WantedSlot
from rollout.observation import LiveRule, LiveSlot, is_named
from rollout.split import Slot, Split, rising

_INTERRUPTED = "an interrupted update was about to record that"


class Subject(enum.IntEnum):
    """What an objection is about, in the order in which objections are reported.

    An override lets the objections of one subject through: the first.
    """

    REMOVAL = 0
    """The update would delete a live service."""
    OUT_OF_BAND_CHANGE = 1
    """The live rule was changed outside Pulumi."""
    TARGET_GROUP = 2
    """The update would give a live slot another target group."""
    BUILD = 3
    """The update would rebuild a live slot."""
    CAPACITY = 4
    """A live slot could lose instances that it needs."""
    RELEASE = 5
    """The update would release onto more than one slot, or onto a slot that it also raises."""
    STAGE = 6
    """The split is neither the next stage nor a rollback."""
    DEAD = 7
    """The slot that would gain weight has no healthy target."""
    READINESS = 8
    """The slot that would gain weight is not ready yet."""


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason why an update may not proceed."""

    subject: Subject
    change: str
    """What the update would change, such as `90/10 -> 75/25` or `slot 01`."""
    why: str
    fix: str = ""
    """The command that fixes it; empty if only waiting helps."""
    may_pass: bool = False
    """Whether it may be gone a moment later, so that the update waits."""

    @property
    def text(self) -> str:
        """The reason, and the fix on a line of its own."""
        return f"{self.why}\n  fix: {self.fix}" if self.fix else self.why


def rebuilt_slots(case: GuardCase) -> dict[Slot, str]:
    """The slots that an update would rebuild, each with what would change."""
    changes = {slot: _build_change(case, slot) for slot in Slot}
    return {slot: change for slot, change in changes.items() if change}


def objections_to_slots(case: GuardCase, split: Split) -> Iterator[Objection]:
    """The objections to the changes of the slots; `split` is the live one."""
    for slot in Slot:
        live, wanted = case.live.slots[slot], case.wanted.slots[slot]
        if split.weight_of(slot) > 0:
            yield from _of_target_group(case, slot, live, wanted)
            yield from _of_capacity(case, slot, live, wanted)
    yield from _of_builds(case, split)


def releases_of_both_slots(cases: Sequence[GuardCase]) -> list[Objection]:
    """The objection to releases onto slot 01 of one service and slot 02 of another."""
    rebuilt = {case.wanted.name: rebuilt_slots(case) for case in cases if not case.is_removed}
    slots = {slot for own in rebuilt.values() for slot in own}
    if len(slots) < 2 or any(len(own) > 1 for own in rebuilt.values()):
        return []
    named = ", ".join(f"{name}-{slot}" for name, own in rebuilt.items() for slot in own)
    return [
        Objection(
            Subject.RELEASE,
            "slots 01 and 02",
            f"this update would release onto {named}; one `pulumi up` releases onto one slot",
            "restore the images of one of the two slots, and release onto it later",
        )
    ]


def _build_change(case: GuardCase, slot: Slot) -> str:
    """What would change in the build, in words; empty for an unchanged build."""
    wanted, fleet = case.wanted.slots[slot].fleet.parts, case.live.slots[slot].fleet
    if wanted is None or fleet is None or fleet.revision is None:
        return ""
    return changed_parts(fleet.revision.parts, wanted)


def _of_builds(case: GuardCase, split: Split) -> Iterator[Objection]:
    name = case.wanted.name
    rebuilt = rebuilt_slots(case)
    for slot, change in rebuilt.items():
        weight = split.weight_of(slot)
        if weight > 0:
            yield Objection(
                Subject.BUILD,
                f"slot {slot}",
                f"{change}: {name}-{slot} carries {weight} % of the traffic, and a live slot is "
                "not rebuilt. Release onto the idle slot, or move its weight away first",
                _old_build(case, slot),
            )
        elif case.wanted.split.weight_of(slot) > 0:
            yield Objection(
                Subject.RELEASE,
                f"slot {slot}",
                f"{change}, and weight {weight} -> {case.wanted.split.weight_of(slot)}: release "
                f"onto {name}-{slot} first, and raise its weight in a later `pulumi up`",
                str(case.wanted.command_for(split).then(UP)),
            )
    if len(rebuilt) > 1:
        yield Objection(
            Subject.RELEASE,
            "slots 01 and 02",
            f"this update would release onto both slots of {name}; one `pulumi up` releases onto "
            "one slot",
            " && ".join(_old_build(case, slot) for slot in rebuilt if split.weight_of(slot) > 0)
            or _old_build(case, Slot.SECOND),
        )


def _old_build(case: GuardCase, slot: Slot) -> str:
    """The command that restores the build, if one value of the config can."""
    fleet, wanted = case.live.slots[slot].fleet, case.wanted.slots[slot].fleet
    by_hand = f"undo the change of {case.wanted.name}-{slot} in the config"
    if fleet is None or fleet.revision is None or wanted.kind is None:
        return by_hand
    if wanted.parts is None or not is_renamed(fleet.revision, wanted.parts):
        return by_hand
    return wanted.kind.restored(case.wanted.name, slot, fleet.revision) or by_hand


def _of_target_group(
    case: GuardCase, slot: Slot, live: LiveSlot, wanted: WantedSlot
) -> Iterator[Objection]:
    fleet = live.fleet
    if fleet is not None and wanted.fleet.name and fleet.name != wanted.fleet.name:
        yield Objection(
            Subject.BUILD,
            f"slot {slot}",
            f"{case.wanted.name}-{slot} is live on {fleet.kind.noun.partition(' ')[2]} "
            f"{fleet.name}; this update would replace it with {wanted.fleet.name}, and its "
            "instances would terminate",
            f'undo the change of slots["{slot}"].{fleet.kind.key} of {case.wanted.name}, or move '
            "its weight away first",
        )
    if not is_named(wanted.target_group, live.target_group_arn):
        yield Objection(
            Subject.TARGET_GROUP,
            f"slot {slot}",
            f"{case.wanted.name}-{slot} is live on {live.target_group_arn}; this update would "
            f"replace it with the target group {wanted.target_group}, whose targets are untested",
            f'undo the change of slots["{slot}"].targetGroup of {case.wanted.name}, or move its '
            "weight away first",
        )
    yield from _of_relinquished(case, slot, wanted)


def _of_relinquished(case: GuardCase, slot: Slot, wanted: WantedSlot) -> Iterator[Objection]:
    """The objections to deleting what a live slot needs, because the config calls it existing."""
    was, name = case.memory.slots.get(slot), f"{case.wanted.name}-{slot}"
    if was is None:
        return
    relinquished: list[str] = []
    if was.fleet.kind is not None and was.fleet.is_ours and not wanted.fleet.is_ours:
        relinquished.append(was.fleet.kind.key)
    if was.is_target_group_ours and not wanted.is_target_group_ours:
        relinquished.append("targetGroup")
    for key in relinquished:
        yield Objection(
            Subject.TARGET_GROUP,
            f"slot {slot}",
            f"{name} is live on the {key} that the stack created; the config now calls it "
            '"existing", so this update would delete it',
            f'undo the change of slots["{slot}"].{key} of {case.wanted.name}, or move its weight '
            "away first",
        )


def _of_capacity(
    case: GuardCase, slot: Slot, live: LiveSlot, wanted: WantedSlot
) -> Iterator[Objection]:
    fleet, healthy, to = live.fleet, len(live.healthy), wanted.fleet
    if fleet is None or fleet.most is None or not to.is_ours:
        return
    name, service = f"{case.wanted.name}-{slot}", case.wanted.name
    if to.least < min(fleet.least, healthy) and not _frees_floor(fleet, to):
        yield Objection(
            Subject.CAPACITY,
            f"slot {slot}",
            f"min {fleet.least} -> {to.least}: {name} is live with {healthy} healthy "
            "targets, and its min may not fall below them",
            str(config_set(f'failover:capacity.{service}["{slot}"].min', str(fleet.least))),
        )
    if to.most < min(fleet.most, healthy):
        yield Objection(
            Subject.CAPACITY,
            f"slot {slot}",
            f"max {fleet.most} -> {to.most}: {name} is live with {healthy} healthy "
            "targets, and AWS would terminate those above its max",
            str(config_set(f'failover:capacity.{service}["{slot}"].max', str(fleet.most))),
        )


def _frees_floor(fleet: Fleet, wanted: WantedFleet) -> bool:
    """Whether only a ramp's floor is removed, and not the min that the team has set."""
    return fleet.floor > 0 and fleet.floor >= fleet.least and wanted.floor < fleet.floor


def difference(rule: LiveRule, wanted: Split, memory: Memory) -> str | None:
    """How a live rule differs from what the stack recorded; `None` if it does not."""
    if rule.split is None:
        return f"the live rule is at {rule.weights}, which is not a split"
    recorded = memory.recorded or memory.last_applied
    if recorded is not None and rule.split != recorded:
        found = f"the live rule is at {rule.weights}, and the stack recorded {recorded}"
        return f"{found}; {_INTERRUPTED}" if rule.split == memory.last_intended else found
    is_ours = rule.split in (memory.last_applied, memory.last_intended)
    if memory.last_applied is not None and not is_ours and wanted == memory.last_applied:
        return (
            f"the live rule is at {rule.weights}, and the last `pulumi up` left it at "
            f"{memory.last_applied}, which is still in the config"
        )
    return None


def out_of_band_objection(case: GuardCase, *, is_back: bool) -> Objection | None:
    """The objection to an update of a rule that was changed outside Pulumi.

    There is none if the live rule is already at the wanted split, nor if the config asks for a
    rollback, which is never blocked. A next stage is not a rollback, even if it would lower the
    weight that someone else has set.

    Args:
        case: The service.
        is_back: Whether the wanted split is a rollback from the live one.
    """
    rule, wanted, memory = case.live.rule, case.wanted, case.memory
    found = difference(rule, wanted.split, memory)
    is_interrupted = rule.split is not None and rule.split == memory.last_intended
    if found is None or rule.split == wanted.split or (is_back and _is_asked_for(case)):
        return None
    return Objection(
        Subject.OUT_OF_BAND_CHANGE,
        f"{rule.weights} -> {wanted.split}",
        f"{found}; the config has {wanted.split}"
        + (". Refresh first" if is_interrupted else ". Someone else moved traffic: decide first"),
        _out_of_band_fix(rule, wanted, memory),
    )


def _is_asked_for(case: GuardCase) -> bool:
    """Whether the config raises the same slot from the last applied split as from the live one."""
    live, last_applied = case.live.rule.split, case.memory.last_applied
    if live is None or last_applied is None:
        return False
    return rising(last_applied, case.wanted.split) is rising(live, case.wanted.split)


def _out_of_band_fix(rule: LiveRule, wanted: WantedService, memory: Memory) -> str:
    back = config_set("override", "REASON").then(UP.with_options("--refresh"))
    override = f"{back}   # back to {wanted.split}"
    if rule.split is None:
        return override
    keep = f"{wanted.own_command_for(rule.split).then(UP)}   # keeps the live weights"
    if rule.split == memory.last_intended:
        on = REFRESH.then(UP)
        return f"{on}   # on to {wanted.split}\n  or: {keep}"
    return f"{keep}\n  or: {override}"
