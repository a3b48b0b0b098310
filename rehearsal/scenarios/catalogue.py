"""The scenarios that the rehearsal can run.

A scenario is one thing that goes wrong in a ramp, and how the ramp should end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.errors import BadScenarioError
from rehearsal.lifecycle import METRIC_LAG_SECONDS
from rehearsal.scenarios import fault
from rehearsal.scenarios.fault import ScenarioFault
from rollout.split import Split

GOOD_BUILD = "v2"
STABLE_BUILD = "v1"

DEFAULT_GATES: Mapping[str, Any] = {"targets": True, "probe": {}, "smoke": {}}
_REFUSES = "import json, sys; sys.exit(json.load(sys.stdin)['stage'] >= 2)"
_STABLE_ASSET = f"assets/app.{STABLE_BUILD}.js"
"""What a page that was loaded from the stable build makes a browser ask for."""


@dataclass(frozen=True, slots=True)
class Expected:
    """How a ramp should end."""

    exit_code: int
    """Of `failover ramp`: 0 done, 1 it went back, 3 it left all as it was and asks."""
    stages: tuple[int, int]
    """The first and the last stage at which it may be caught; 0 is before any weight."""
    reason: str
    """What the reason to go back has in it; of a ramp that is done, what held it on its way."""
    ends_at: Split | None = None
    """The split that is left; None: the target where it is done, else the start."""


PASSES = Expected(0, (0, 0), "")


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is broken, when, and what should come of it."""

    name: str
    sentence: str
    expected: Expected
    build: str = GOOD_BUILD
    """Of slot 02, which the ramp raises."""
    stable_build: str = STABLE_BUILD
    """Of slot 01, which carries everything when the ramp begins."""
    gates: Mapping[str, Any] = field(default_factory=lambda: DEFAULT_GATES)
    """`ramp.gates` of the config."""
    ramp: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """More of `ramp`, where it differs from the other scenarios' config."""
    fault: ScenarioFault | None = None
    """What happens during the ramp."""
    metric_lag_seconds: float = METRIC_LAG_SECONDS
    """From the end of a minute to its data points, of the rehearsal that it runs on."""
    harms_traffic: bool = True
    """Whether requests would be lost without gates; it is then compared with 0/100 at once."""
    asked_too: tuple[str, ...] = ()
    """Paths that the traffic asks for in turn with a service's page."""

    @property
    def may_lose(self) -> bool:
        """Whether requests may be lost: by the new build, or by a build that carries everything."""
        return self.harms_traffic or self.stable_build != STABLE_BUILD


CATALOGUE = (
    Scenario(
        "good",
        "a good release",
        PASSES,
        gates={**DEFAULT_GATES, "alarms": True},
        harms_traffic=False,
    ),
    Scenario(
        "background",
        "both slots answer 0.05 % of requests with 500, which must not stop the ramp",
        PASSES,
        build="background",
        stable_build="background",
        harms_traffic=False,
    ),
    Scenario(
        "few-errors",
        "the new build answers 2 % of requests with 500",
        Expected(1, (0, 3), "probe"),
        build="few-errors",
    ),
    Scenario(
        "lost-assets",
        "the new build does not have the assets that the old build's pages name",
        Expected(1, (0, 0), "smoke"),
        build="lost-assets",
        asked_too=(_STABLE_ASSET,),
    ),
    Scenario(
        "slow",
        "the new build is two seconds slower, at least five times as slow as the old one",
        Expected(1, (0, 2), "probe"),
        build="slow",
    ),
    Scenario(
        "never-healthy",
        "no instance of the new build passes its health check",
        Expected(1, (0, 0), ""),
        build="never-healthy",
    ),
    Scenario(
        "dies-at-50",
        "all instances of the new build exit when half of the traffic arrives",
        Expected(1, (3, 3), ""),
        fault=ScenarioFault(50, fault.candidate_dies),
    ),
    Scenario(
        "early-close",
        "the new build closes kept-alive connections before the load balancer does",
        Expected(1, (0, 2), "probe"),
        build="early-close",
    ),
    Scenario(
        "crash-under-load",
        "instances of the new build crash when many requests arrive at once",
        Expected(1, (1, 5), ""),
        build="crash-under-load",
    ),
    Scenario(
        "wrong-build",
        "the wrong build was deployed onto slot 02",
        Expected(1, (0, 0), "smoke"),
        build="wrong-build",
        harms_traffic=False,
    ),
    Scenario(
        "smoke",
        "the new build serves the wrong page, which is noticed at weight 0",
        Expected(1, (0, 0), "smoke"),
        gates={**DEFAULT_GATES, "smoke": {"body": "build v3"}},
        harms_traffic=False,
    ),
    Scenario(
        "command",
        "the team's own check fails from stage 2 on",
        Expected(1, (2, 2), "command"),
        gates={**DEFAULT_GATES, "command": {"run": ["python3", "-c", _REFUSES]}},
        harms_traffic=False,
    ),
    Scenario(
        "alarm",
        "an alarm of the new build's target group goes on at 25 %",
        Expected(1, (2, 2), "alarms"),
        gates={**DEFAULT_GATES, "alarms": True},
        fault=ScenarioFault(25, fault.alarm_fires),
        harms_traffic=False,
    ),
    Scenario(
        "cloudwatch-silent",
        "CloudWatch does not answer from 10 % on: the ramp holds, and rolls back at the deadline",
        Expected(1, (1, 1), "alarms"),
        gates={**DEFAULT_GATES, "alarms": True},
        ramp={"inconclusiveSeconds": 10},
        fault=ScenarioFault(10, fault.metrics_are_late),
        harms_traffic=False,
    ),
    Scenario(
        "cloudwatch-empty",
        "CloudWatch has no data: the ramp holds after the bake, and rolls back at the deadline",
        Expected(1, (1, 1), "metrics"),
        gates={**DEFAULT_GATES, "metrics": {}},
        ramp={"bakeSeconds": 180, "inconclusiveSeconds": 10},
        metric_lag_seconds=86_400.0,
        harms_traffic=False,
    ),
    Scenario(
        "old-slot-scaled-in",
        "someone scales the old slot in to one instance during the bake, which cuts the others' "
        "downloads: the ramp holds, then rolls back",
        Expected(1, (3, 3), "targets"),
        ramp={"inconclusiveSeconds": 10},
        fault=ScenarioFault(50, fault.old_slot_is_scaled_in),
    ),
    Scenario(
        "scale-out",
        "the old slot's groups scale out by three when half of the traffic has moved: the ramp "
        "scales the new slot for the larger fleet, and continues",
        PASSES,
        fault=ScenarioFault(50, fault.old_slot_scales_out),
        harms_traffic=False,
    ),
    Scenario(
        "new-slot-scales-out",
        "the new slot's groups scale out by three at 50 %: the ramp waits until they have booted",
        PASSES,
        fault=ScenarioFault(50, fault.new_slot_scales_out),
        harms_traffic=False,
    ),
    Scenario(
        "replaced",
        "one instance of the new slot is replaced at 100 %, which cuts its longest downloads: the "
        "ramp continues when the replacement is healthy",
        PASSES,
        fault=ScenarioFault(100, fault.one_of_the_new_slot_is_replaced),
    ),
    Scenario(
        "one-of-three",
        "only one instance of the new build is left when half of the traffic is due",
        Expected(1, (2, 2), ""),
        fault=ScenarioFault(25, fault.candidate_shrinks_to_one),
    ),
    Scenario(
        "both-dip",
        "both slots fail alike for some seconds: the ramp holds until that is over, then continues",
        Expected(0, (0, 0), "not known to be caused by the candidate"),
        build="dips",
        stable_build="dips",
        ramp={"inconclusiveSeconds": 60},
        harms_traffic=False,
    ),
    Scenario(
        "metrics",
        "the new build answers 5 % with 500; CloudWatch shows it at 50 %, and no probe runs",
        Expected(1, (1, 1), "metrics"),
        build="some-errors",
        gates={"targets": True, "metrics": {}},
        ramp={"stages": [50, 100], "bakeSeconds": 180, "inconclusiveSeconds": 120},
    ),
    Scenario(
        "approval",
        "the new build fails while the ramp waits for approval: it rolls back without waiting",
        Expected(1, (0, 0), ""),
        gates={**DEFAULT_GATES, "approval": True},
        fault=ScenarioFault(0, fault.candidate_dies),
        harms_traffic=False,
    ),
    Scenario(
        "console-change",
        "someone changes the weights in the console at 25 %: the ramp stops, with both values",
        Expected(3, (2, 2), "40/60", fault.CONSOLE),
        fault=ScenarioFault(25, fault.console_changes_weights),
        harms_traffic=False,
    ),
    Scenario(
        "expired-credentials",
        "the credentials expire at 25 %: the ramp stops, and the weights stay",
        Expected(3, (2, 2), "", Split.parse("75/25")),
        fault=ScenarioFault(25, fault.credentials_expire),
        harms_traffic=False,
    ),
    Scenario(
        "throttling",
        "AWS throttles for some seconds at 25 %: the ramp continues",
        PASSES,
        fault=ScenarioFault(25, fault.aws_throttles),
        harms_traffic=False,
    ),
    Scenario(
        "throttled-for-good",
        "AWS throttles from 25 % on, without end: the ramp stops, and the weights stay",
        Expected(3, (2, 2), "AWS throttles", Split.parse("75/25")),
        ramp={"inconclusiveSeconds": 30},
        fault=ScenarioFault(25, fault.aws_throttles_for_good),
        harms_traffic=False,
    ),
)


def scenario_named(name: str) -> Scenario:
    """The scenario of that name.

    Raises:
        BadScenarioError: there is none.
    """
    for scenario in CATALOGUE:
        if scenario.name == name:
            return scenario
    known = ", ".join(scenario.name for scenario in CATALOGUE)
    raise BadScenarioError(f"--scenario {name}: there is none of that name\n  there are: {known}")
