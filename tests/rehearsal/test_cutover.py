from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest

from rehearsal.cutover import STAGES, Cutover
from rehearsal.engine import Change, Engine, UpResult
from rehearsal.observation import Observer, ServiceState, SlotState
from rehearsal.traffic.stage import ServiceTraffic, StageTraffic
from rollout.split import Slot, Split

WEIGHT = "actions[0].forward.targetGroups[1].weight"


OTHER = Change("u::p::aws:lb/targetGroup:TargetGroup::g", "update", ())


def rule_of(service: str, *paths: str, operation: str = "update") -> Change:
    urn = f"urn:pulumi:rehearsal::failover::a$aws:lb/listenerRule:ListenerRule::{service}"
    return Change(urn, operation, paths or (WEIGHT,))


class FakeEngine:
    """Does what it is told, but for one stage, where its changes are `odd`."""

    def __init__(self, at: str = "", odd: Sequence[Change] = ()) -> None:
        self.weights = "0/0"
        self.commands: list[tuple[str, ...]] = []
        self._at, self._odd = at, odd

    def set_config(self, key: str, value: str, *options: str) -> None:
        self.commands.append(("set", key, value, *options))
        if key == "weights":
            self.weights = value

    def up(self) -> UpResult:
        self.commands.append(("up",))
        changes = tuple(self._odd) if self.weights == self._at else (rule_of("a"), rule_of("b"))
        return UpResult(changes, changes, 40, 1.0)

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

    def judge(self, before: Split, split: Split, began_s: float) -> StageTraffic:
        self.seen.append(f"judge {before} {split}")
        services = tuple(ServiceTraffic(n, split, 1000, 10 * split.slot_02, None) for n in "ab")
        return StageTraffic(services, 2000, int(str(split) == self._lost_at), began_s)


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


def problems_of(
    engine: FakeEngine, stuck_at: str = "", watch: FakeWatch | None = None
) -> dict[str, str]:
    cutover = Cutover(
        cast("Engine", engine),
        lambda _outputs: cast("Observer", FakeObserver(engine, stuck_at)),
        "ami-2",
        lambda _text: None,
        watch or FakeWatch(),
    )
    return {step.name: step.problem for step in cutover.run() if step.problem}


def test_a_cutover_types_two_commands_a_stage_and_nothing_else() -> None:
    engine = FakeEngine()

    assert problems_of(engine) == {}

    typed = [command for split in STAGES for command in (("set", "weights", str(split)), ("up",))]
    assert engine.commands[-len(typed) :] == typed


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ([rule_of("a")], "changes 1 rules for 2 services"),
        ([], "changes 0 rules for 2 services"),
        ([rule_of("a"), rule_of("b", operation="replace")], "replaces or creates a rule"),
        ([rule_of("a"), rule_of("b", "priority")], "changes more than weights: priority"),
        ([rule_of("a"), rule_of("b"), OTHER], "changes more than rules: update of g"),
    ],
)
def test_a_stage_that_changes_anything_else_is_a_problem(odd: list[Change], why: str) -> None:
    problems = problems_of(FakeEngine(at="75/25", odd=odd))

    assert problems == {"75/25": f"the preview {why}; the update {why}"}


def test_weights_that_did_not_arrive_are_a_problem() -> None:
    problems = problems_of(FakeEngine(), stuck_at="100/0")

    assert problems["90/10"] == "a is at 100/0, not at 90/10; b is at 100/0, not at 90/10"
    assert list(problems) == [str(split) for split in STAGES]


def test_the_traffic_begins_when_slots_serve_and_is_judged_at_every_change() -> None:
    watch = FakeWatch()

    problems_of(FakeEngine(), watch=watch)

    splits = ["100/0", *(str(split) for split in STAGES)]
    stages = [
        line
        for before, split in itertools.pairwise(splits)
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
