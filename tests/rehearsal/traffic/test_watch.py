from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from rehearsal.traffic.run import LoadBalancerAddress, ObservedAnswer, TrafficSummary
from rehearsal.traffic.watch import (
    LEAST_REQUESTS,
    Finished,
    RampTraffic,
    StageWatch,
    TrafficInterval,
)
from rollout.split import Split
from tests.rehearsal.traffic.answers import OK, drawn

ADDRESS = LoadBalancerAddress("127.0.0.1", 1, Path("ca.pem"))
URLS = {"web": "https://a.test/"}
WHOLE = Finished("01", "v1", 10, None)


def summary(ok: int = LEAST_REQUESTS, failed: int = 0) -> TrafficSummary:
    document = {"requests": {"ok": ok, "failed": failed, "excluded": 0}}
    return TrafficSummary(document, Path("record"), Path("report"))


@dataclass
class FakeTraffic:
    """Each look at it brings the next batch of answers."""

    batches: list[list[ObservedAnswer]]
    answers: list[ObservedAnswer] = field(default_factory=list[ObservedAnswer])
    marks: list[str] = field(default_factory=list[str])

    def start(self, address: LoadBalancerAddress, services: Mapping[str, str]) -> None:
        assert (address, services) == (ADDRESS, URLS)

    def mark(self, text: str) -> float:
        self.marks.append(text)
        return 0.0

    def since(self, at_s: float) -> list[ObservedAnswer]:
        return [answer for answer in self.answers if answer.asked_s >= at_s]

    def counts(self) -> tuple[int, int]:
        return len(self.answers), 0

    def wait_until(self, is_so: Callable[[], bool], timeout_seconds: float) -> bool:
        while not is_so():
            if not self.batches:
                return False
            self.answers += self.batches.pop(0)
        return True

    def stop(self) -> TrafficSummary:
        return summary(len(self.answers))


@dataclass
class FakeDownload:
    slot: str = "01"

    def finish(self) -> Finished:
        return WHOLE


def watch_of(traffic: FakeTraffic, now_s: float = 0.0) -> StageWatch:
    watch = StageWatch(
        traffic, lambda _address, _url: FakeDownload(), ADDRESS, lambda _text: None, lambda: now_s
    )
    watch.begin(URLS)
    return watch


def test_a_stage_is_judged_when_all_of_its_requests_are_recorded() -> None:
    first, second, third = drawn(0.0, 0, 5), drawn(0.1, 5, 18), drawn(0.5, 18, 40)
    traffic = FakeTraffic([first, second, third, drawn(0.5, 40, 50)])
    watch = watch_of(traffic)

    watch.mark("weights 90/10")
    splits = (Split.parse("100/0"), Split.parse("90/10"))
    stage = watch.judge(splits, TrafficInterval(0.0, 6.0, 18.0))

    (web,) = stage.services
    assert web.requests == 1200
    assert stage.problems == []
    assert len(traffic.batches) == 1
    assert traffic.marks == ["weights 90/10"]


def test_a_stage_whose_traffic_does_not_follow_is_wrong() -> None:
    traffic = FakeTraffic([drawn(0.0, 0, 20), drawn(0.0, 20, 40)])

    stage = watch_of(traffic).judge(
        (Split.parse("100/0"), Split.parse("50/50")), TrafficInterval(0.0, 6.0, 30.0)
    )

    assert len(stage.problems) == 1


def test_a_step_that_leaves_the_split_alone_is_judged_by_all_its_requests() -> None:
    traffic = FakeTraffic([drawn(0.0, 0, 21)])
    full = Split.parse("100/0")

    stage = watch_of(traffic).judge((full, full), TrafficInterval(0.0, 0.0, 20.0))

    assert stage.services[0].requests == 2000


def test_a_ramp_ends_only_after_enough_requests_and_an_answer_on_each_websocket() -> None:
    ping = replace(OK, mode="websocket", asked_s=300.0)
    traffic = FakeTraffic([drawn(1, 0, 200), [ping], drawn(1, 200, 300)])
    watch = watch_of(traffic, now_s=100.0)

    ended = watch.end()

    assert ended.problems == []
    assert ended.sockets == {"web": {"01"}}
    assert ended.downloads == {"web": WHOLE}


@pytest.mark.parametrize(
    ("ramp", "problem"),
    [
        (
            RampTraffic(summary(failed=3), {}, {}),
            "3 requests were lost or answered wrongly",
        ),
        (RampTraffic(summary(ok=10), {}, {}), "only 10 requests, not 20,000"),
        (
            RampTraffic(summary(), {"web": replace(WHOLE, problem="broke after 1 bytes")}, {}),
            "the download of web broke after 1 bytes",
        ),
        (
            RampTraffic(summary(), {"web": replace(WHOLE, slot="02")}, {}),
            "the download of web began on slot 02, not 01",
        ),
        (
            RampTraffic(summary(), {}, {"web": frozenset({"02"})}),
            "the WebSocket of web was answered by slot 02, not 01",
        ),
        (
            RampTraffic(summary(), {}, {"web": frozenset()}),
            "the WebSocket of web was answered by slot none, not 01",
        ),
    ],
)
def test_whatever_was_lost_is_a_problem(ramp: RampTraffic, problem: str) -> None:
    assert ramp.problems == [problem]
