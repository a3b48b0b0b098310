"""Which ramp is under way, where this machine's journal and the shared history tell of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ops.journal.journal import FileJournal, JournalError, Ramps
from ops.ramp.resume.find import foreign, newest, unfinished
from rollout.entry import Entry
from rollout.history_message import LeaseRelease
from rollout.lease import LeaseHolder
from rollout.plan import RampPlan
from rollout.ramp_event import RampEnd, RampOutcome, RampStart, StageStart, UpdateStart, WatchStart
from rollout.recovery import HistoryEntry
from rollout.split import Slot, Split
from rollout.stack_identity import StackIdentity
from tests.ops.ramp.fakes import START, KilledError
from tests.ops.ramp.world import IDENTITY, SERVICES, World
from tests.rollout.history import released

PLAN = RampPlan(SERVICES, Slot.SECOND, Split(100, 0), (50, 100))
LONG = RampPlan(SERVICES, Slot.SECOND, Split(100, 0), (25, 50, 75, 100))
OTHER, OWN = LeaseHolder("ben", "build-7", 99), LeaseHolder("somebody", "here", 4711)


def killed(world: World, when: Callable[[Entry], bool], plan: RampPlan = PLAN) -> None:
    def kill(entry: Entry) -> None:
        if when(entry):
            raise KilledError

    world.journal.before_append = kill
    with pytest.raises(KilledError):
        world.run(plan)


def is_second_stage(entry: Entry) -> bool:
    return isinstance(entry.event, StageStart) and entry.event.stage == 2


def found_by(world: World, folder: Path) -> bool:
    journal = FileJournal(folder / "ramps" / "r")
    for entry in world.journal.kept:
        journal.append(entry)
    return unfinished(Ramps(folder / "ramps", IDENTITY), world.told[::-1], "r2") is not None


def let_go(world: World, holder: LeaseHolder, split: Split, *, went_back: bool) -> None:
    message = released(PLAN, LeaseRelease(split, went_back=went_back), holder)
    world.told.append(HistoryEntry(message, True, {}))


def test_a_ramp_that_was_killed_is_under_way(world: World, tmp_path: Path) -> None:
    killed(world, is_second_stage)

    assert found_by(world, tmp_path)


@pytest.mark.parametrize("went_back", [True, False])
def test_a_ramp_that_somebody_ended_from_another_machine_is_over(
    world: World, tmp_path: Path, went_back: bool
) -> None:
    killed(world, is_second_stage)
    let_go(world, OTHER, PLAN.start if went_back else PLAN.target, went_back=went_back)

    assert not found_by(world, tmp_path)


def test_a_ramp_that_went_back_on_a_full_disk_is_over(world: World, tmp_path: Path) -> None:
    killed(world, is_second_stage)
    let_go(world, OWN, PLAN.start, went_back=True)

    assert not found_by(world, tmp_path)


def test_a_ramp_that_has_let_go_and_still_watches_is_under_way(
    world: World, tmp_path: Path
) -> None:
    killed(world, lambda entry: isinstance(entry.event, WatchStart))

    assert found_by(world, tmp_path)


def test_a_ramp_that_was_killed_before_its_first_update_is_under_way(
    world: World, tmp_path: Path
) -> None:
    let_go(world, OTHER, PLAN.start, went_back=True)
    killed(world, lambda entry: isinstance(entry.event, UpdateStart))

    assert found_by(world, tmp_path)


def test_the_journal_of_one_who_came_second_does_not_hide_the_ramp_of_the_first(
    world: World, tmp_path: Path
) -> None:
    killed(world, is_second_stage)
    first, ramps = tuple(world.journal.kept), tmp_path / "ramps"
    for number, entry in enumerate(first):
        FileJournal(ramps / "r1").append(entry)
        if number == 0:
            FileJournal(ramps / "r2").append(entry)
    refused = RampEnd(outcome=RampOutcome.REFUSED, exit_code=1)
    FileJournal(ramps / "r2").append(Entry(first[0].at, "r", refused))

    found = unfinished(Ramps(ramps, IDENTITY), world.told[::-1], "r3")

    assert found is not None
    assert found.folder.name == "r1"


def is_third_stage(entry: Entry) -> bool:
    return isinstance(entry.event, StageStart) and entry.event.stage == 3


@pytest.mark.parametrize(("kept", "stage"), [(1, 1), (1, 2), (8, 2), (12, 2)])
def test_a_journal_that_has_lost_its_end_gives_way_to_the_history(
    world: World, tmp_path: Path, kept: int, stage: int
) -> None:
    killed(world, is_second_stage if stage == 1 else is_third_stage, LONG)
    for entry in world.journal.kept[:kept]:
        FileJournal(tmp_path / "ramps" / "r").append(entry)

    found = unfinished(Ramps(tmp_path / "ramps", IDENTITY), world.told[::-1], "r2")

    assert found is not None
    assert found.recovered is not None
    assert (found.recovered.stage, found.folder.name) == (stage, "r2")


def test_a_way_back_passes_over_a_journal_that_cannot_be_read(world: World, tmp_path: Path) -> None:
    killed(world, is_second_stage)
    ramps, unread = tmp_path / "ramps", list[str]()
    (ramps / "r" / "journal.jsonl").mkdir(parents=True)

    found = unfinished(Ramps(ramps, IDENTITY), world.told[::-1], "r2", unread)

    assert found is not None
    assert found.recovered is not None
    assert "Is a directory" in unread[0]
    with pytest.raises(JournalError):
        unfinished(Ramps(ramps, IDENTITY), world.told[::-1], "r2")


@pytest.mark.parametrize(("seconds", "is_found"), [(-60, True), (60, False)])
def test_a_ramp_that_never_began_is_over_once_somebody_else_has_ramped(
    world: World, tmp_path: Path, seconds: float, is_found: bool
) -> None:
    killed(world, lambda entry: isinstance(entry.event, UpdateStart))
    release = released(PLAN, LeaseRelease(PLAN.target, went_back=False), OTHER)
    at = START + timedelta(seconds=seconds)
    world.told.append(HistoryEntry(release, True, {}, at=at))

    assert found_by(world, tmp_path) is is_found


ANEW = replace(IDENTITY, rules={service: f"arn:rule/anew-{service}" for service in SERVICES})
ELSEWHERE = replace(IDENTITY, backend="s3://other")
FORMER: StackIdentity | None = None


def journal_of(owner: StackIdentity | None, world: World, folder: Path) -> None:
    """The world's journal as a ramp of `owner` would have written it."""
    for entry in world.journal.kept:
        event = entry.event
        if isinstance(event, RampStart):
            event = replace(event, stack=owner)
        FileJournal(folder).append(replace(entry, event=event))


@pytest.mark.parametrize("owner", [ANEW, ELSEWHERE, FORMER])
def test_a_journal_of_other_rules_is_never_resumed(
    world: World, tmp_path: Path, owner: StackIdentity | None
) -> None:
    killed(world, is_second_stage)
    journal_of(owner, world, tmp_path / "r")
    ramps = Ramps(tmp_path, IDENTITY)

    assert unfinished(ramps, [], "r2") is None
    assert newest(ramps) is None
    assert foreign(ramps) == tmp_path / "r"


def test_a_ramp_that_a_former_version_began_is_recovered_from_the_history(
    world: World, tmp_path: Path
) -> None:
    killed(world, is_second_stage)
    journal_of(FORMER, world, tmp_path / "r")

    found = unfinished(Ramps(tmp_path, IDENTITY), world.told[::-1], "r2")

    assert found is not None
    assert found.recovered is not None
    assert (found.folder, found.plan) == (tmp_path / "r2", PLAN)


def test_an_older_ramp_of_this_stack_is_found_behind_one_of_another(
    world: World, tmp_path: Path
) -> None:
    killed(world, is_second_stage)
    journal_of(IDENTITY, world, tmp_path / "r1")
    journal_of(ANEW, world, tmp_path / "r2")

    found = unfinished(Ramps(tmp_path, IDENTITY), world.told[::-1], "r3")

    assert found is not None
    assert found.folder == tmp_path / "r1"


def test_a_ramp_of_another_stack_that_is_over_or_older_is_not_mentioned(
    world: World, tmp_path: Path
) -> None:
    killed(world, is_second_stage)
    journal_of(ANEW, world, tmp_path / "r1")
    journal_of(IDENTITY, world, tmp_path / "r2")

    assert foreign(Ramps(tmp_path, IDENTITY)) is None
