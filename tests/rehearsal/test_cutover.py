from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from rehearsal.cutover import Cutover
from rehearsal.engine import RehearsalEngine, UpResult
from rehearsal.local_aws import ServiceObserver, ServiceState, SlotState
from rehearsal.traffic.stage import ServiceTraffic, StageTraffic
from rehearsal.traffic.watch import TrafficInterval
from rollout.entry import Entry, Json
from rollout.ramp_event import BakeEnd, RampEvent, SplitReadBack, StageStart, UpdateEnd
from rollout.split import Slot, Split
from tests.rollout.journal_lines import entry


class FakeEngine:
    """Does what it is told."""

    def __init__(self) -> None:
        self.weights = "0/0"
        self.commands: list[tuple[str, ...]] = []

    def set_config(self, key: str, value: str, *options: str) -> None:
        self.commands.append(("set", key, value, *options))
        if key == "weights":
            self.weights = value

    def up(self, *options: str) -> UpResult:
        self.commands.append(("up", *options))
        return UpResult((), (), 1.0)

    def outputs(self) -> dict[str, Any]:
        return {"services": {}, "urls": {"a": "https://a.test/", "b": "https://b.test/"}}


class FakeObserver:
    def __init__(self, engine: FakeEngine, stuck_at: str = "") -> None:
        self._engine, self._stuck_at = engine, stuck_at

    def read(self) -> list[ServiceState]:
        split = Split.parse(self._stuck_at or self._engine.weights)
        return [
            ServiceState(
                name, f"arn:{name}", {slot: slot_at(split.weight_of(slot)) for slot in Slot}
            )
            for name in ("a", "b")
        ]


class FakeWatch:
    """Sees every stage followed, but for one, where a request failed."""

    def __init__(self, lost_at: str = "") -> None:
        self.seen: list[str] = []
        self._lost_at = lost_at

    def begin(self, urls: Mapping[str, str]) -> None:
        self.seen.append(f"begin {' '.join(urls)}")

    def mark(self, text: str) -> float:
        self.seen.append(f"mark {text}")
        return 1.0

    def judge(self, splits: tuple[Split, Split], interval: TrafficInterval) -> StageTraffic:
        before, split = splits
        self.seen.append(f"judge {before} {split}")
        services = tuple(ServiceTraffic(n, split, 1000, 10 * split.slot_02, None) for n in "ab")
        return StageTraffic(services, 2000, int(str(split) == self._lost_at), interval.began_s)


def slot_at(weight: int) -> SlotState:
    return SlotState(
        weight=weight,
        target_states=("healthy",),
        desired=1,
        in_service=1,
        template_version="1",
        instance_versions=("1",),
        image_ids=("ami-1",),
        refreshing=False,
    )


SPLITS = ("100/0", "50/50", "0/100")


class FakeRamp:
    """Goes through 50/50 to 0/100, and moves the engine's weights as it goes."""

    def __init__(self, engine: FakeEngine, calls: FakeCalls, exit_code: int = 0) -> None:
        self._engine, self._calls, self._exit_code = engine, calls, exit_code
        self.last_words = "said"

    def entries(self) -> Iterator[Entry]:
        for number, split in enumerate(SPLITS[1:], 1):
            yield told(10 * number, StageStart, stage=number, of=2, split=split)
            self._engine.weights = split
            self._calls.made(split)
            yield told(10 * number + 1, UpdateEnd, seconds=1.0, changed={"update": 2}, error="")
            yield told(10 * number + 2, SplitReadBack, stage=number, splits={})
            yield told(10 * number + 3, BakeEnd, stage=number, seconds=1.0, outcome="pass")

    def wait(self) -> int:
        return self._exit_code


class FakeCalls:
    """Each stage modifies both rules, but for one, where `odd` is asked for."""

    def __init__(self, odd_at: str = "", odd: Mapping[str, int] | None = None) -> None:
        self._odd_at, self._odd = odd_at, odd or {}
        self._now: Mapping[str, int] = {}

    def made(self, split: str) -> None:
        self._now = self._odd if split == self._odd_at else {"ModifyRule": 2, "DescribeRules": 9}

    def mark(self) -> int:
        self._now = {}
        return 1

    def calls(self, after: int = 0) -> Mapping[str, int]:
        assert after == 1
        return self._now


def told(second: int, kind: type[RampEvent], **facts: Json) -> Entry:
    return entry(datetime.fromtimestamp(second, UTC), "r", kind, facts)


def problems_of(
    engine: FakeEngine,
    stuck_at: str = "",
    watch: FakeWatch | None = None,
    calls: FakeCalls | None = None,
    exit_code: int = 0,
) -> dict[str, str]:
    calls = calls or FakeCalls()
    cutover = Cutover(
        cast("RehearsalEngine", engine),
        lambda _outputs: cast("ServiceObserver", FakeObserver(engine, stuck_at)),
        "ami-2",
        lambda _text: None,
        watch or FakeWatch(),
        lambda: contextlib.nullcontext(FakeRamp(engine, calls, exit_code)),
        calls,
    )
    return {step.name: step.problem for step in cutover.run() if step.problem}


def test_a_cutover_types_the_release_and_leaves_the_weights_to_the_ramp() -> None:
    engine = FakeEngine()

    assert problems_of(engine) == {}

    ups = [command for command in engine.commands if command[0] == "up"]
    weights = [command for command in engine.commands if command[1:2] == ("weights",)]
    assert (len(ups), weights) == (2, [("set", "weights", "100/0")])


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ({"ModifyRule": 1}, "1 ModifyRule"),
        ({}, "nothing"),
        ({"ModifyRule": 2, "ModifyTargetGroup": 1}, "2 ModifyRule, 1 ModifyTargetGroup"),
    ],
)
def test_a_stage_that_asks_aws_for_anything_else_is_a_problem(
    odd: dict[str, int], why: str
) -> None:
    problems = problems_of(FakeEngine(), calls=FakeCalls("50/50", odd))

    assert problems == {"50/50": f"AWS was asked for {why}, not 2 ModifyRule"}


def test_a_ramp_that_does_not_exit_well_is_a_problem_with_its_own_words() -> None:
    problems = problems_of(FakeEngine(), exit_code=3)

    assert problems == {"failover ramp": "failover ramp exited 3:\nsaid"}


def test_weights_that_did_not_arrive_are_a_problem() -> None:
    problems = problems_of(FakeEngine(), stuck_at="100/0")

    assert problems["50/50"] == "a is at 100/0, not at 50/50; b is at 100/0, not at 50/50"
    assert list(problems) == [*SPLITS[1:], "failover ramp"]


def test_the_traffic_begins_when_slots_serve_and_is_judged_at_every_change() -> None:
    watch = FakeWatch()

    problems_of(FakeEngine(), watch=watch)

    stages = [
        line
        for before, split in itertools.pairwise(SPLITS)
        for line in (f"mark weights {split}", f"judge {before} {split}")
    ]
    release = ["mark v2 onto slot 02", "judge 100/0 100/0"]
    assert watch.seen == ["begin a b", *release, *stages]


def test_a_lost_request_is_a_problem_of_its_stage() -> None:
    problems = problems_of(FakeEngine(), watch=FakeWatch(lost_at="50/50"))

    assert problems == {"50/50": "1 requests failed"}


def test_a_slot_is_settled_only_when_all_its_instances_run_the_pinned_version() -> None:
    settled = slot_at(0)

    assert settled.is_settled
    for change in (
        {"instance_versions": ("2",)},
        {"target_states": ("initial",)},
        {"target_states": ()},
        {"in_service": 0},
        {"desired": 2},
        {"refreshing": True},
    ):
        assert not dataclasses.replace(settled, **cast("dict[str, Any]", change)).is_settled
