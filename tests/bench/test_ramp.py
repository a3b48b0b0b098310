from __future__ import annotations

from datetime import UTC, datetime

from bench.ramp import StageTimes, stage_times
from rollout.entry import Entry, Json
from rollout.ramp_event import (
    RampEvent,
    SplitPropagation,
    SplitReadBack,
    StageStart,
    UpdateEnd,
    UpdateStart,
)
from tests.rollout.journal_lines import entry


def told(second: float, kind: type[RampEvent], **facts: Json) -> Entry:
    return entry(datetime.fromtimestamp(second, UTC), "r", kind, facts)


def test_the_seconds_of_a_stage_go_to_the_engine_to_aws_and_to_the_proof() -> None:
    entries = [
        told(10, StageStart, stage=1, of=2, split="50/50"),
        told(11, UpdateStart, message="m", pid=1),
        told(15, UpdateEnd, seconds=4.0, changed={}, error=""),
        told(15.5, SplitReadBack, stage=1, splits={}),
        told(18, SplitPropagation, stage=1, requests=9, observed={}, seconds=2.5),
        told(20, StageStart, stage=2, of=2, split="0/100"),
        told(21, UpdateStart, message="m", pid=1),
    ]

    assert list(stage_times(entries)) == [StageTimes(engine=4.0, aws=1.5, proof=2.5)]
