"""A ramp's folder as a driver leaves it: its journal and the records of its traffic."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ops.journal.journal import FileJournal
from ops.traffic.answer import SlotStream
from probe.fault import Phase, RequestFault
from probe.record.file import encoded
from probe.record.line import SCHEMA, EndLine, Mode, RequestLine, RequestOutcome, RunLine
from rollout.entry import Entry
from rollout.ramp_event import (
    BakeEnd,
    GateVerdict,
    RampEnd,
    RampEvent,
    RampStart,
    RollbackEnd,
    RollbackStart,
    SplitPropagation,
    SplitReadBack,
    StageStart,
    UpdateEnd,
    UpdateStart,
)
from rollout.split import Slot
from rollout.stack_identity import StackIdentity
from tests.rollout import journal_lines

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
IDENTITY = StackIdentity(
    "file:///state", "prod", {name: f"arn:rule/{name}" for name in ("portal", "web")}
)
RAMP = "20261121T090000Z-4711"
REASON = "web: slot 02 lost 9 of 220 requests in the last minute (4.09 %: 9 status 500)"
RATE = 10
BAD_FROM, BAD_UNTIL = 46.0, 58.0
STAGES = ((10, 6.0), (25, 26.0), (50, 46.0))
BACK_AT, END_AT = 58.0, 64.0


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def entries(*, rolls_back: bool = True) -> list[Entry]:
    """Three stages, the last of which fails; or all of them good."""
    found = [
        entry(
            0,
            RampStart,
            **{"from": "100/0", "to": "50/50"},
            services=["portal", "web"],
            candidate="02",
            stages=[10, 25, 50],
            by="a.person",
            host="laptop",
            pid=4711,
            until="2026-11-21T10:00:00Z",
            counts={},
            fleets={},
            stack=IDENTITY.document(),
        ),
        said(1, 0, "targets", "pass", "web: slot 02: all 3 healthy"),
        said(1, 0, "smoke", "inconclusive", "the first round is not over"),
        said(3, 0, "smoke", "pass", "web: 10 of 10 answers of slot 02 are right with build v2"),
        said(1, 0, "probe", "inconclusive", "web: only 3 answers of slot 02"),
        said(4, 0, "probe", "pass", "web: 0 of 60 requests to slot 02 failed"),
    ]
    for number, (weight, seconds) in enumerate(STAGES, start=1):
        split = f"{100 - weight}/{weight}"
        found += [
            entry(seconds - 5, StageStart, stage=number, of=3, split=split),
            entry(seconds - 4, UpdateStart, message=f"stage {number}/3", pid=1),
            entry(seconds, UpdateEnd, seconds=4.0, changed={"update": 2}, error=""),
            entry(seconds, SplitReadBack, stage=number, splits={"portal": split, "web": split}),
            entry(
                seconds + 1, SplitPropagation, stage=number, requests=40, observed={}, seconds=1.0
            ),
        ]
        if number < len(STAGES) or not rolls_back:
            done = {"stage": number, "seconds": 15.0, "outcome": "pass"}
            found.append(entry(seconds + 14.5, BakeEnd, **done))
    if rolls_back:
        found += [
            said(53, 3, "probe", "fail", REASON),
            entry(53, RollbackStart, why=f"probe: {REASON}", to="100/0"),
            entry(BACK_AT, RollbackEnd, to="100/0", seconds=5.0),
        ]
    outcome, code = ("rolled back", 1) if rolls_back else ("done", 0)
    found.append(entry(END_AT, RampEnd, outcome=outcome, exit=code))
    return found


def entry(after_s: float, kind: type[RampEvent], /, **facts: Any) -> Entry:
    return journal_lines.entry(at(after_s), RAMP, kind, facts)


def said(seconds: float, stage: int, gate: str, outcome: str, reason: str) -> Entry:
    facts = {"gate": gate, "outcome": outcome, "reason": reason, "numbers": {}, "window": None}
    return entry(seconds, GateVerdict, stage=stage, **facts)


def written_folder(folder: Path, *, rolls_back: bool = True) -> Path:
    """Write journal and records into `folder`."""
    journal = FileJournal(folder)
    for each in entries(rolls_back=rolls_back):
        journal.append(each)
    chance = random.Random(1)
    (folder / "probe").mkdir()
    for stream in SlotStream:
        lines = [run_line(), *requests(stream, chance, rolls_back=rolls_back)]
        data = b"".join(map(encoded, [*lines, EndLine(at(END_AT).timestamp(), "the ramp ended")]))
        (folder / "probe" / f"{stream}.jsonl").write_bytes(data)
    return folder


def run_line() -> RunLine:
    url = "https://www.example.com/"
    start_s = START.timestamp()
    return RunLine(SCHEMA, start_s, [url], RATE, 5, "GET", ["fresh"], "200-399", 0, "failover-ramp")


def requests(
    stream: SlotStream, chance: random.Random, *, rolls_back: bool = True
) -> Iterator[RequestLine]:
    """What a stream met: slot 02 fails for a while in the last stage."""
    for number in range(int(END_AT * RATE)):
        seconds = number / RATE
        slot = stream.slot or (Slot.SECOND if chance.random() < weight_at(seconds) else Slot.FIRST)
        is_ill = rolls_back and slot is Slot.SECOND and BAD_FROM <= seconds < BAD_UNTIL
        is_bad = is_ill and chance.random() < 0.3
        yield RequestLine(
            seq=number,
            planned_s=START.timestamp() + seconds,
            late_ms=0.1,
            url="https://www.example.com/",
            mode=Mode.FRESH,
            method="GET",
            phase=Phase.DONE,
            verdict=RequestOutcome.FAILED if is_bad else RequestOutcome.OK,
            latency_ms=chance.lognormvariate(2.3, 0.3) * (2 if is_ill else 1),
            error=RequestFault.UNEXPECTED_STATUS if is_bad else None,
            status=500 if is_bad else 200,
            slot=slot.value,
        )


def weight_at(seconds: float) -> float:
    weights = [weight for weight, since in STAGES if seconds >= since]
    return weights[-1] / 100 if weights and seconds < BACK_AT else 0.0
