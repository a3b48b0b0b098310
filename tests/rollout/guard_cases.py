"""Services for the tests of the guards' decisions, and ways to spoil them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from fleets.auto_scaling_group.kind import AUTO_SCALING_GROUP
from fleets.auto_scaling_group.launch import parts_of
from rollout.fleet import Fleet, FleetMember, Template, WantedFleet
from rollout.guard_case import GuardCase, GuardRules, Memory, WantedService, WantedSlot
from rollout.observation import LiveRule, LiveService, LiveSlot, Target
from rollout.split import Slot, Split
from tests.fleets.made import group_of, revision

BARE = parts_of("ami", "", "")
START = datetime(2026, 1, 1, tzinfo=UTC)
RULES = GuardRules(stages=(10, 25, 50, 75, 100), healthy_polls=3)
POLLS = RULES.healthy_polls
ARN = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup"


def arn(slot: Slot) -> str:
    return f"{ARN}/web-{slot}-tg/0123456789abcdef"


def group(slot: Slot, size: int = 3, released_hours: float = 0.0, **changes: Any) -> Fleet:
    """A group whose instances all run what it launches."""
    pinned = Template(f"lt-{slot}", "2")
    members = tuple(FleetMember(f"i-{slot}-{n}", "InService", pinned) for n in range(size))
    released = revision(f"ami-{slot}", START + timedelta(hours=released_hours))
    made = group_of(f"web-{slot}-asg", size, 3, 12, pinned, released, members)
    return replace(made, **changes)


def slot_of(slot: Slot, its: Fleet | None, healthy: int | None = None) -> LiveSlot:
    """A slot of which so many targets are healthy; all of them by default."""
    size = its.desired if its is not None else 3
    count = size if healthy is None else healthy
    states = ["healthy"] * count + ["unhealthy"] * (size - count)
    targets = tuple(Target(f"i-{slot}-{n}", state) for n, state in enumerate(states))
    return LiveSlot(arn(slot), targets, AUTO_SCALING_GROUP, its)


def case(
    live: str,
    wanted: str,
    newer: Slot | None = Slot.SECOND,
    healthy: dict[Slot, int] | None = None,
    memory: Memory | None = None,
) -> GuardCase:
    """A service whose slot `newer` was released last."""
    split = Split.parse(live)
    groups = {slot: group(slot, released_hours=float(slot is newer)) for slot in Slot}
    return GuardCase(
        LiveService(
            LiveRule("web", "arn:rule", split.slot_01, split.slot_02),
            {slot: slot_of(slot, groups[slot], (healthy or {}).get(slot)) for slot in Slot},
        ),
        WantedService("web", Split.parse(wanted), False, wanted_slots(groups)),
        Memory(split, split) if memory is None else memory,
    )


def of_one_age(known: GuardCase) -> GuardCase:
    """The same with slots that were made together, so that nothing tells which is released last."""
    for slot in Slot:
        first = revision(f"ami-{slot}", START, is_first=True)
        known = with_live(known, slot, fleet=group(slot, revision=first))
    return known


def wanted_slots(groups: dict[Slot, Fleet]) -> dict[Slot, WantedSlot]:
    """The config that makes what is there."""
    return {
        slot: WantedSlot(f"web-{slot}-tg", wanted_fleet(found)) for slot, found in groups.items()
    }


def wanted_fleet(found: Fleet, **changes: Any) -> WantedFleet:
    """The config that makes this group."""
    parts = found.revision.parts if found.revision is not None else None
    made = WantedFleet(found.kind, found.name, parts, found.least, found.most or 0)
    return replace(made, **changes)


def with_wanted(known: GuardCase, slot: Slot, **changes: Any) -> GuardCase:
    """The same with another config of one slot, or of its fleet."""
    wanted = known.wanted.slots[slot]
    of_fleet = {each.name for each in fields(WantedFleet)} & changes.keys()
    fleet = replace(wanted.fleet, **{name: changes.pop(name) for name in of_fleet})
    slots = {**known.wanted.slots, slot: replace(wanted, fleet=fleet, **changes)}
    return replace(known, wanted=replace(known.wanted, slots=slots))


def with_live(known: GuardCase, slot: Slot, **changes: Any) -> GuardCase:
    """The same with another slot as it is live."""
    slots = dict(known.live.slots) | {slot: replace(known.live.slots[slot], **changes)}
    return replace(known, live=replace(known.live, slots=slots))


def mirrored(known: GuardCase) -> GuardCase:
    """The same with the slots in each other's place."""
    rule, live, wanted, memory = known.live.rule, known.live, known.wanted, known.memory
    return GuardCase(
        LiveService(
            replace(rule, weight_01=rule.weight_02, weight_02=rule.weight_01),
            {slot: live.slots[slot.other] for slot in Slot},
        ),
        replace(
            wanted,
            split=_swapped(wanted.split),
            slots={slot: wanted.slots[slot.other] for slot in Slot},
        ),
        Memory(
            None if memory.recorded is None else _swapped(memory.recorded),
            None if memory.last_applied is None else _swapped(memory.last_applied),
            last_raised=None if memory.last_raised is None else memory.last_raised.other,
        ),
    )


def _swapped(split: Split) -> Split:
    return Split(split.slot_02, split.slot_01)


splits = st.integers(0, 100).map(lambda weight: Split(weight, 100 - weight))
stage_lists = st.sets(st.integers(1, 99), max_size=5).map(lambda found: (*sorted(found), 100))


@st.composite
def cases(draw: Callable[[st.SearchStrategy[Any]], Any]) -> GuardCase:
    """Any service: weights that may be no split, any health, any release, any memory."""
    groups = {
        slot: draw(
            st.none()
            | st.builds(
                group,
                st.just(slot),
                st.integers(0, 6),
                st.sampled_from([0.0, 1.0, 2.0]),
                least=st.integers(0, 6),
            )
        )
        for slot in Slot
    }
    live = LiveService(
        LiveRule("web", "arn:rule", draw(st.integers(0, 999)), draw(st.integers(0, 999))),
        {slot: slot_of(slot, groups[slot], draw(st.integers(0, 3))) for slot in Slot},
    )
    slots = {
        slot: WantedSlot(
            draw(st.sampled_from([f"web-{slot}-tg", "another-tg"])),
            WantedFleet(
                AUTO_SCALING_GROUP,
                draw(st.sampled_from([f"web-{slot}-asg", "another-asg"])),
                draw(st.sampled_from([None, parts_of(f"ami-{slot}", "data", "m7i.large"), BARE])),
                draw(st.integers(0, 6)),
                draw(st.integers(1, 12)),
                draw(st.integers(0, 3)),
            ),
        )
        for slot in Slot
    }
    wanted = WantedService("web", draw(splits), False, slots)
    memory = Memory(
        draw(st.none() | splits),
        draw(st.none() | splits),
        last_raised=draw(st.sampled_from([None, *Slot])),
    )
    return GuardCase(live, wanted, memory)
