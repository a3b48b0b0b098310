"""What the settings say of a ramp, its guards and its gates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fleets.auto_scaling_group.keys import NewInstances
from rollout.split import Slot
from settings.gates.alarms import AlarmsLimits
from settings.gates.approval import ApprovalLimits
from settings.gates.command import CommandLimits
from settings.gates.gates import Gates
from settings.gates.metrics import MetricsLimits
from settings.gates.probe import ProbeLimits
from settings.gates.smoke import SmokeLimits
from settings.gates.targets import TargetsLimits
from settings.ramp import Freeze, GuardLimits, RampSettings
from tests.components.stacks import declared
from tests.configs import Config, parsed, stack_config

PROBE = ProbeLimits(
    rate_per_second=20,
    max_failed_percent=0.1,
    max_latency_ratio=3.0,
    latency_floor_ms=20,
    timeout_seconds=5,
    slot_header="x-slot",
)
SMOKE = SmokeLimits(
    requests=10,
    path="/",
    status=200,
    body="",
    slot_header="x-slot",
    build_header="x-build",
    builds={},
    assets=True,
)


def with_ramp(**values: object) -> Config:
    return stack_config("prod") | {"failover:ramp": values}


def test_a_stack_that_says_nothing_of_a_ramp_has_the_defaults() -> None:
    settings = parsed(stack_config("prod"))

    assert (settings.candidate, settings.override, settings.freeze) == (None, None, None)
    assert settings.ramp == RampSettings(
        stages=(10, 25, 50, 75, 100),
        bake_seconds=300,
        hold_seconds=300,
        watch_seconds=300,
        inconclusive_seconds=600,
        guard=GuardLimits(healthy_polls=3, poll_seconds=5, wait_seconds=600),
        gates=Gates.on(TargetsLimits(), PROBE, SMOKE),
    )


def test_what_is_said_of_a_ramp_is_read() -> None:
    settings = parsed(
        with_ramp(
            stages=[5, 25, 50, 100],
            bakeSeconds=200,
            guard={"healthyPolls": 2, "pollSeconds": 1, "waitSeconds": 30},
            gates={
                "metrics": {"maxLatencyMs": 500, "max5xxPercent": "0.5"},
                "alarms": {},
                "command": {"run": ["./check.sh", "--fast"]},
                "approval": True,
                "targets": False,
            },
        )
        | {
            "failover:candidate": "02",
            "failover:override": "it is the only one that is up",
            "failover:freeze": {"until": "2026-12-01T01:00:00+01:00", "reason": "Black Friday"},
        }
    )

    assert settings.candidate is Slot.SECOND
    assert settings.override == "it is the only one that is up"
    assert settings.freeze == Freeze(until=datetime(2026, 12, 1, tzinfo=UTC), reason="Black Friday")
    assert settings.ramp.stages == (5, 25, 50, 100)
    assert settings.ramp.guard == GuardLimits(healthy_polls=2, poll_seconds=1, wait_seconds=30)
    assert settings.ramp.gates == Gates.on(
        MetricsLimits(
            max_5xx_percent=0.5,
            max_4xx_percent=None,
            max_latency_ms=500,
            latency_percentile=95,
            max_ratio_to_stable=2.0,
            max_connection_errors=0,
        ),
        AlarmsLimits(),
        CommandLimits(run=("./check.sh", "--fast"), timeout_seconds=60),
        ApprovalLimits(),
    )


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ("targets", "probe", "smoke")),
        ({"targets": False}, ("probe", "smoke")),
        ({"alarms": False, "approval": False}, ("targets", "probe", "smoke")),
        ({"targets": False, "alarms": True}, ("alarms",)),
        ({"approval": {}, "probe": {}}, ("probe", "approval")),
    ],
)
def test_a_gate_that_is_turned_off_turns_no_other_off(
    given: dict[str, Any], names: tuple[str, ...]
) -> None:
    assert parsed(with_ramp(gates=given)).ramp.gates.names == names


@pytest.mark.parametrize(("floor", "held"), [(0, 3), (2, 3), (5, 5), (40, 12)])
def test_a_floor_raises_the_min_of_its_slot_up_to_the_max(floor: int, held: int) -> None:
    config = stack_config("prod")
    config["failover:capacity"]["web"]["floors"] = {"02": floor}

    groups = declared(config).of_type("autoscaling/group:Group")

    assert {group.name: group.inputs["minSize"] for group in groups} == {
        "portal-01": 2,
        "portal-02": 2,
        "web-01": 3,
        "web-02": held,
    }


def test_the_min_that_the_config_says_is_kept_beside_the_floor() -> None:
    config = stack_config("prod")
    config["failover:capacity"]["web"]["floors"] = {"01": 5}

    instances = parsed(config).services[1].slots[0].fleet

    assert isinstance(instances, NewInstances)
    capacity = instances.capacity
    assert (capacity.min_size, capacity.floor_size, capacity.effective_min_size) == (3, 5, 5)


@pytest.mark.parametrize("gate", ["probe", "smoke"])
def test_an_empty_slot_header_is_a_value_for_applications_that_send_none(gate: str) -> None:
    config = stack_config("prod")
    config["failover:ramp"] = {"gates": {gate: {"slotHeader": ""}}}
    absent = stack_config("prod") | {"failover:ramp": {"gates": {gate: {}}}}

    (limits,) = parsed(config).ramp.gates.limits
    (default,) = parsed(absent).ramp.gates.limits

    assert isinstance(limits, (ProbeLimits, SmokeLimits))
    assert isinstance(default, (ProbeLimits, SmokeLimits))
    assert (limits.slot_header, default.slot_header) == ("", "x-slot")
