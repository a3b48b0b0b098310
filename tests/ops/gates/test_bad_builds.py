"""Each gate, with its shipped defaults, on builds that are bad: one load balancer for all of them.

Every build is a service of its own, with a good stable slot, at 10 % of real requests.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fleets.registry import fleet_readers
from live.clients import Clients
from live.reader import Reader
from ops.gates.context import GateContext, Places
from ops.gates.gate import Gate, StageMark
from ops.gates.opened import opened_gates, traffic_plan
from ops.gates.targets import TargetsGate
from ops.traffic.traffic import Traffic
from rehearsal.control_plane.images import CATALOGUE, NEVER_HEALTHY
from rollout.split import Slot, Split
from rollout.target_health import RampCounts
from rollout.verdict import Outcome, Verdict
from settings.gates.alarms import AlarmsLimits
from settings.gates.gates import Gates
from settings.gates.metrics import MetricsLimits
from settings.gates.probe import ProbeLimits
from settings.gates.smoke import SmokeLimits
from tests.ops.gates.bad_services import WEIGHT, BadServices
from tests.rehearsal.data_plane.world import Rehearsed, eventually

pytestmark = pytest.mark.engine

PROBE = ProbeLimits(rate_per_second=3)
"""Few requests a second: nine services at once must not be what makes the machine slow."""
LOAD = ProbeLimits(rate_per_second=60)
REQUESTS = Gates.on(PROBE, SmokeLimits())
CLOUDWATCH = Gates.on(MetricsLimits(), AlarmsLimits())
LEFT_OUT = {"v1", "v3", "slow-boot"}
"""v1 is the stable build; one that boots slowly is good once it has booted."""

FEWEST_WATCHED_SECONDS = 12.0
WATCHED_SECONDS = 600.0
CRASHING = "crash-under-load"
FAILING = {
    "v2": set[str](),
    NEVER_HEALTHY: {"targets"},
    "errors": {"probe", "smoke"},
    "lost-assets": {"smoke"},
    "slow": {"probe"},
    "early-close": {"probe"},
    CRASHING: {"targets", "probe"},
    "crash-later": {"targets", "probe"},
    "wrong-build": {"smoke"},
}
"""Build -> the gates that must fail for it; others may, except for the good one."""
PASSING = {"targets", "probe", "smoke"}
"""The gates that have data on the good build; one that has too little of it yet is inconclusive."""


class Watched:
    """What every gate ever said of every build."""

    def __init__(self, services: BadServices, folder: Path) -> None:
        self.services = services
        self.verdicts: dict[str, dict[str, Verdict]] = {build: {} for build in services.groups}
        """Build -> gate -> its first fail, else its last verdict."""
        self.passed: set[tuple[str, str]] = set()
        """Build and gate, where it passed at any time: a busy machine may unsettle it again."""
        self.first: dict[tuple[str, str], Verdict] = {}
        """Build and gate -> its first verdict."""
        self.seconds: dict[tuple[str, str], float] = {}
        """Build and gate -> from the stage to the first fail."""
        self._places = Places(folder, folder, services.way)
        clients = Clients.of(services.session())
        self._reader = Reader(clients, services.facts.addresses, fleet_readers(clients))

    def watch(self) -> None:
        """Judge every second until every gate has said what it must, or the time is up."""
        plan = traffic_plan(REQUESTS, self.services.facts, list(self.verdicts), self._places)
        with closing(Traffic(plan)) as traffic:
            gates = {build: self._gates(build, traffic) for build in self.verdicts}
            began = time.monotonic()
            for build, of_build in gates.items():
                for gate in of_build:
                    gate.begin(stage_of(build))
            tick = threading.Event()
            with closing(self._load()):
                while not (self._is_crashed() or self._is_over(time.monotonic() - began)):
                    tick.wait(1.0)
                    self._judge(gates, time.monotonic() - began)
            while not self._is_over(time.monotonic() - began):
                tick.wait(1.0)
                self._judge(gates, time.monotonic() - began)
            for of_build in gates.values():
                for gate in of_build:
                    gate.close()

    def _gates(self, build: str, traffic: Traffic) -> list[Gate]:
        """All of one build; CloudWatch's for one only, since they say the same of all."""
        services = self.services
        context = GateContext(services.facts, services.session(), traffic, self._places, now)
        found: list[Gate] = [TargetsGate(self._reader.read, now)]
        for gates in (REQUESTS, *([CLOUDWATCH] if build == "v2" else [])):
            found += opened_gates(gates, context)
        return found

    def _is_over(self, at_s: float) -> bool:
        is_found = all(self.failing(build) >= gates for build, gates in FAILING.items())
        is_settled = is_found and self.passing("v2") >= PASSING
        return at_s > WATCHED_SECONDS or (is_settled and at_s > FEWEST_WATCHED_SECONDS)

    def _is_crashed(self) -> bool:
        """Whether the load has done its work; any more of it only slows down the others."""
        return self.failing(CRASHING) >= FAILING[CRASHING]

    def _load(self) -> Traffic:
        """More requests to the one build that ends under many."""
        gates = Gates.on(LOAD)
        places = Places(self._places.project, self._places.ramp / "load", self.services.way)
        return Traffic(traffic_plan(gates, self.services.facts, [CRASHING], places))

    def _judge(self, gates: dict[str, list[Gate]], at_s: float) -> None:
        for build, of_build in gates.items():
            for gate in of_build:
                known = self.verdicts[build].get(gate.name)
                if known is None or known.outcome is not Outcome.FAIL:
                    verdict = self.verdicts[build][gate.name] = gate.judge()
                    self.first.setdefault((build, gate.name), verdict)
                    if verdict.outcome is Outcome.FAIL:
                        self.seconds[build, gate.name] = at_s
                    elif verdict.outcome is Outcome.PASS:
                        self.passed.add((build, gate.name))

    def failing(self, build: str) -> set[str]:
        """The gates that failed for a build."""
        return {name for name, v in self.verdicts[build].items() if v.outcome is Outcome.FAIL}

    def said(self, build: str) -> str:
        """A line for each gate: what it says now."""
        verdicts = self.verdicts[build].values()
        return "".join(f"\n{v.gate}: {v.outcome.value}: {v.reason}" for v in verdicts)

    def passing(self, build: str) -> set[str]:
        """The gates that let a build through at some time, and never failed it."""
        return {gate for of, gate in self.passed if of == build} - self.failing(build)


def now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


def stage_of(build: str) -> StageMark:
    """The stage that the rule of a build is at."""
    return StageMark(
        services=[build],
        candidate=Slot.SECOND,
        stable=Slot.FIRST,
        splits={build: Split(100 - WEIGHT, WEIGHT)},
        verified_at=datetime.now(UTC),
        number=1,
        of=5,
        counted={build: RampCounts(2, 2, 2)},
    )


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Generator[Watched]:
    with closing(Rehearsed(tmp_path_factory.mktemp("bad-builds"))) as aws:
        services = BadServices(aws, [image for image in CATALOGUE if image.build not in LEFT_OUT])
        healthy = {"v2": 2, "slow": 2, "errors": 2}
        for build, count in healthy.items():
            group = services.groups[build]
            eventually(lambda g=group, n=count: aws.states(g).count("healthy") == n, build, 60)
        found = Watched(services, tmp_path_factory.mktemp("ramp"))
        found.watch()
        for (build, gate), seconds in sorted(found.seconds.items()):
            print(f"{build}: {gate} after {seconds:.1f} s: {found.verdicts[build][gate].reason}")
        yield found


@pytest.mark.parametrize("build", sorted(FAILING))
def test_each_bad_build_is_failed_by_the_gates_that_are_there_for_it(
    watched: Watched, build: str
) -> None:
    assert watched.failing(build) >= FAILING[build], watched.said(build)


def test_the_good_build_is_failed_by_no_gate_and_passes_those_that_have_data(
    watched: Watched,
) -> None:
    assert watched.passing("v2") >= PASSING, watched.said("v2")
    assert watched.failing("v2") == set()


def test_cloudwatch_without_a_whole_minute_is_inconclusive(watched: Watched) -> None:
    verdict = watched.first["v2", "metrics"]

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "whole minutes since the stage was verified" in verdict.reason


def test_a_load_balancer_without_alarms_is_inconclusive(watched: Watched) -> None:
    assert watched.verdicts["v2"]["alarms"].outcome is Outcome.INCONCLUSIVE


def test_an_alarm_that_is_on_fails_the_candidate_that_it_watches(watched: Watched) -> None:
    services = watched.services
    client: Any = services.session().client("cloudwatch")
    balancer = "/".join(services.aws.listener_arn.rpartition(":")[2].split("/")[1:4])
    group = services.groups["v2"].rpartition(":")[2]
    client.put_metric_alarm(
        AlarmName="v2-5xx",
        Namespace="AWS/ApplicationELB",
        MetricName="HTTPCode_Target_5XX_Count",
        Dimensions=[
            {"Name": "LoadBalancer", "Value": balancer},
            {"Name": "TargetGroup", "Value": group},
        ],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    client.set_alarm_state(AlarmName="v2-5xx", StateValue="ALARM", StateReason="51 in a minute")
    places = Places(Path(), Path(), services.way)
    context = GateContext(services.facts, services.session(), NoAnswers(), places, now)
    (gate,) = opened_gates(Gates.on(AlarmsLimits()), context)

    gate.begin(stage_of("v2"))
    verdict = eventually(lambda: v if (v := gate.judge()).window else None, "alarms are read")
    gate.close()

    assert verdict.outcome is Outcome.FAIL
    assert "v2-5xx is in ALARM" in verdict.reason


class NoAnswers:
    """No traffic."""

    is_alive = False

    def subscribe(self, listener: object) -> None:
        pass

    def stalled_seconds(self, since_s: float) -> float:
        return 0.0
