"""What may not happen to a slot that carries traffic, nor to one that is to carry more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollout.command import UP, config_set
from rollout.guard_case import GuardCase, WantedSlot, floor_of
from rollout.objection import Objection, Subject
from rollout.observation import AutoScalingGroupState, LiveSlot, is_named
from rollout.split import Slot, Split


def rebuilt_slots(case: GuardCase) -> dict[Slot, str]:
    """The slots that an update would give another build, with what would change."""
    changes = {slot: _build_change(case, slot) for slot in Slot}
    return {slot: change for slot, change in changes.items() if change}


def objections_to_slots(case: GuardCase, split: Split) -> Iterator[Objection]:
    """What speaks against the changes of the slots, whose live split is `split`."""
    for slot in Slot:
        live, wanted = case.live.slots[slot], case.wanted.slots[slot]
        if split.weight_of(slot) > 0:
            yield from _of_target_group(case, slot, live, wanted)
            yield from _of_capacity(case, slot, live, wanted)
    yield from _of_builds(case, split)


def releases_of_both_slots(cases: Sequence[GuardCase]) -> list[Objection]:
    """What speaks against releases onto slot 01 of one service and slot 02 of another."""
    rebuilt = {case.wanted.name: rebuilt_slots(case) for case in cases if not case.is_removed}
    slots = {slot for own in rebuilt.values() for slot in own}
    if len(slots) < 2 or any(len(own) > 1 for own in rebuilt.values()):
        return []
    named = ", ".join(f"{name}-{slot}" for name, own in rebuilt.items() for slot in own)
    return [
        Objection(
            Subject.RELEASE,
            "slots 01 and 02",
            f"{named} would be released: one `pulumi up` releases onto one slot",
            "put the images of one of the two slots back, and release onto it afterwards",
        )
    ]


def _build_change(case: GuardCase, slot: Slot) -> str:
    """What of the build would change, in words; nothing where the build stays."""
    wanted, group = case.wanted.slots[slot].build, case.live.slots[slot].group
    if wanted is None or group is None or group.release is None:
        return ""
    found = group.release.build
    parts = [f"image {found.image_id} -> {wanted.image_id}"] * (found.image_id != wanted.image_id)
    parts += ["user data"] * (found.user_data != wanted.user_data)
    parts += [f"instance type {found.instance_type} -> {wanted.instance_type}"] * (
        found.instance_type != wanted.instance_type
    )
    return ", ".join(parts)


def _of_builds(case: GuardCase, split: Split) -> Iterator[Objection]:
    name = case.wanted.name
    rebuilt = rebuilt_slots(case)
    for slot, change in rebuilt.items():
        weight = split.weight_of(slot)
        if weight > 0:
            yield Objection(
                Subject.BUILD,
                f"slot {slot}",
                f"{change}: {name}-{slot} carries {weight} of 100 of the traffic, and a live slot "
                "is not rebuilt. Release onto the idle slot, or take its weight away first",
                _old_build(case, slot),
            )
        elif case.wanted.split.weight_of(slot) > 0:
            yield Objection(
                Subject.RELEASE,
                f"slot {slot}",
                f"{change}, and weight {weight} -> {case.wanted.split.weight_of(slot)}: {name}-"
                f"{slot} is released first, and gains weight in a later `pulumi up`",
                str(case.wanted.command_for(split).then(UP)),
            )
    if len(rebuilt) > 1:
        yield Objection(
            Subject.RELEASE,
            "slots 01 and 02",
            f"both slots of {name} would be released: one `pulumi up` releases onto one slot",
            " && ".join(_old_build(case, slot) for slot in rebuilt if split.weight_of(slot) > 0)
            or _old_build(case, Slot.SECOND),
        )


def _old_build(case: GuardCase, slot: Slot) -> str:
    """The command that puts the image back, where that is what changed."""
    group, wanted = case.live.slots[slot].group, case.wanted.slots[slot].build
    found = group.release.build if group is not None and group.release is not None else None
    if found is None or wanted is None or found.image_id == wanted.image_id:
        return f"put back what was changed of {case.wanted.name}-{slot}"
    key = f'failover:images.{case.wanted.name}["{slot}"]'
    return str(config_set(key, found.image_id))


def _of_target_group(
    case: GuardCase, slot: Slot, live: LiveSlot, wanted: WantedSlot
) -> Iterator[Objection]:
    if live.group is not None and live.group.name != wanted.group_name:
        yield Objection(
            Subject.BUILD,
            f"slot {slot}",
            f"{case.wanted.name}-{slot} is live on the Auto Scaling group {live.group.name}, and "
            f"would get {wanted.group_name}: the instances that serve would end",
            f'put back what was changed of slots["{slot}"].autoScalingGroup of '
            f"{case.wanted.name}, or take its weight away first",
        )
    if not is_named(wanted.target_group, live.target_group_arn):
        yield Objection(
            Subject.TARGET_GROUP,
            f"slot {slot}",
            f"{case.wanted.name}-{slot} is live on {live.target_group_arn}, and would get the "
            f"target group {wanted.target_group}, whose targets nobody has seen under traffic",
            f'put back what was changed of slots["{slot}"].targetGroup of {case.wanted.name}, '
            "or take its weight away first",
        )
    yield from _of_giving_up(case, slot, wanted)


def _of_giving_up(case: GuardCase, slot: Slot, wanted: WantedSlot) -> Iterator[Objection]:
    """What speaks against deleting what a live slot stands on, by calling it `existing`."""
    was, name = case.memory.slots.get(slot), f"{case.wanted.name}-{slot}"
    if was is None:
        return
    given_up = ["autoScalingGroup"] * (was.build is not None and wanted.build is None)
    given_up += ["targetGroup"] * (was.is_target_group_ours and not wanted.is_target_group_ours)
    for key in given_up:
        yield Objection(
            Subject.TARGET_GROUP,
            f"slot {slot}",
            f"{name} is live on the {key} that the stack has made, and that would be deleted, "
            'since the config calls it "existing"',
            f'put back what was changed of slots["{slot}"].{key} of {case.wanted.name}, or take '
            "its weight away first",
        )


def _of_capacity(
    case: GuardCase, slot: Slot, live: LiveSlot, wanted: WantedSlot
) -> Iterator[Objection]:
    group, healthy = live.group, len(live.healthy)
    if group is None or wanted.build is None:
        return
    name, service = f"{case.wanted.name}-{slot}", case.wanted.name
    if wanted.min_size < min(group.min_size, healthy) and not _frees_floor(group, wanted):
        yield Objection(
            Subject.CAPACITY,
            f"slot {slot}",
            f"min {group.min_size} -> {wanted.min_size}: {name} is live with {healthy} healthy "
            "targets, and its min may not fall below them",
            str(config_set(f'failover:capacity.{service}["{slot}"].min', str(group.min_size))),
        )
    if wanted.max_size < min(group.max_size, healthy):
        yield Objection(
            Subject.CAPACITY,
            f"slot {slot}",
            f"max {group.max_size} -> {wanted.max_size}: {name} is live with {healthy} healthy "
            "targets, and AWS would end those that are over its max",
            str(config_set(f'failover:capacity.{service}["{slot}"].max', str(group.max_size))),
        )


def _frees_floor(group: AutoScalingGroupState, wanted: WantedSlot) -> bool:
    """Whether only a ramp's floor goes, and not the min that the team has set."""
    floor = floor_of(group)
    return floor > 0 and floor >= group.min_size and wanted.floor_size < floor
