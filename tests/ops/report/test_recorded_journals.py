"""What is made of the journals that an earlier version has left on disks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.journal.lines import PlainLines
from ops.report.records import read_traffic
from ops.report.report import summary_markdown
from ops.report.story import story_of
from ops.view.state import ViewState
from rollout.entry import Entry
from rollout.progress import folded
from rollout.ramp_event import CountsBySlot
from rollout.recovery import HistoryEntry, recovered
from rollout.split import Slot

FOLDER = Path(__file__).parents[2] / "rollout" / "recorded"
NAMES = sorted(path.stem for path in FOLDER.glob("*.jsonl"))


def entries_of(name: str) -> list[Entry]:
    return [Entry.parse(line) for line in (FOLDER / f"{name}.jsonl").read_text().splitlines()]


def lines(entries: list[Entry]) -> list[str]:
    printed: list[str] = []
    observer = PlainLines(printed.append, lambda: 0.0)
    for entry in entries:
        observer.saw(entry)
    return printed


def progress(entries: list[Entry]) -> dict[str, Any]:
    found = folded(entries)
    assert found is not None
    return {
        "ramp": found.ramp,
        "services": list(found.plan.services),
        "candidate": found.plan.candidate,
        "start": str(found.plan.start),
        "weights": list(found.plan.weights),
        "holder": str(found.holder),
        "counts": plain(found.counts),
        "fleets": found.fleets,
        "floors": plain(found.floors),
        "floors_verified": plain(found.floors_verified),
        "has_started": found.has_started,
        "has_moved": found.has_moved,
        "verified": found.verified,
        "passed": found.passed,
        "capacity": found.capacity,
        "has_floors": found.has_floors,
        "has_candidate": found.has_candidate,
        "candidate_was": found.candidate_was,
        "is_held": found.is_held,
        "is_freed": found.is_released,
        "is_watched": found.is_watched,
        "back": found.back,
        "is_back_by_hand": found.is_back_by_hand,
        "is_back": found.is_back,
        "outcome": found.outcome,
        "is_over": found.is_over,
    }


def plain(counts: CountsBySlot) -> dict[str, dict[str, int]]:
    return {s: {slot.value: n for slot, n in each.items()} for s, each in counts.items()}


def summary(entries: list[Entry]) -> str:
    story = story_of(entries)
    assert story is not None
    return summary_markdown(story, read_traffic(Path("/none"), story.started_s, story.ended_s))


def marks(entries: list[Entry]) -> list[list[Any]]:
    story = story_of(entries)
    assert story is not None
    return [[mark.at_s, mark.kind, mark.text] for mark in story.marks]


def view(entries: list[Entry]) -> dict[str, Any]:
    state = ViewState()
    for entry in entries:
        state.saw(entry)
    return {
        "services": list(state.services),
        "stack": state.stack and state.stack.stack,
        "candidate": state.candidate,
        "splits": [str(split) for split in state.splits],
        "live": str(state.live),
        "stage": state.stage,
        "passed": state.passed,
        "doing": state.doing,
        "engine": state.engine_line,
        "back": state.going_back,
        "is_by_hand": state.is_by_hand,
        "outcome": state.outcome or "",
        "commit": state.commit_to_make,
        "notes": [note.partition("  ")[2] for note in state.notes],
    }


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("part", "make"),
    [
        ("lines", lines),
        ("progress", progress),
        ("summary", summary),
        ("moments", marks),
        ("view", view),
    ],
)
def test_a_journal_of_an_earlier_version_means_what_it_meant(
    name: str, part: str, make: Callable[[list[Entry]], Any]
) -> None:
    recorded = json.loads((FOLDER / f"{name}.json").read_text())

    assert make(entries_of(name)) == recorded[part]


@pytest.mark.parametrize("name", NAMES)
def test_the_history_of_an_earlier_version_is_recovered_as_it_was(name: str) -> None:
    recorded = json.loads((FOLDER / f"{name}.json").read_text())
    history = [
        HistoryEntry(
            each["message"],
            each["succeeded"],
            {s: {Slot(slot): n for slot, n in f.items()} for s, f in each["floors"].items()},
            each["candidate"],
        )
        for each in recorded.get("history", [])
    ]

    ramp = recovered(history[::-1])

    assert recorded.get("recovered") == (
        None
        if ramp is None
        else {
            "services": list(ramp.plan.services),
            "candidate": ramp.plan.candidate,
            "start": str(ramp.plan.start),
            "weights": list(ramp.plan.weights),
            "holder": str(ramp.lease.holder),
            "until": ramp.lease.until.isoformat(),
            "activity": ramp.lease.activity,
            "stage": ramp.stage,
            "is_going_back": ramp.is_going_back,
            "candidate_was": ramp.candidate_was,
        }
    )
