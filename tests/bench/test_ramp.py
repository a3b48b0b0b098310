from __future__ import annotations

from datetime import UTC, datetime

from bench.ramp import StageTimes, stage_times
from rollout.entry import Entry, EntryKind, Json


def told(second: float, kind: EntryKind, **facts: Json) -> Entry:
    return Entry(datetime.fromtimestamp(second, UTC), "r", kind, facts)


def test_the_seconds_of_a_stage_go_to_the_engine_to_aws_and_to_the_proof() -> None:
    entries = [
        told(10, EntryKind.STAGE_STARTED, stage=1, of=2, split="50/50"),
        told(11, EntryKind.UP_STARTED, message="m", pid=1),
        told(15, EntryKind.UP_FINISHED, seconds=4.0, changed={}, error=""),
        told(15.5, EntryKind.VERIFIED, stage=1, splits={}),
        told(18, EntryKind.ARRIVED, stage=1, requests=9, observed={}, seconds=2.5),
        told(20, EntryKind.STAGE_STARTED, stage=2, of=2, split="0/100"),
        told(21, EntryKind.UP_STARTED, message="m", pid=1),
    ]

    assert list(stage_times(entries)) == [StageTimes(engine=4.0, aws=1.5, proof=2.5)]
