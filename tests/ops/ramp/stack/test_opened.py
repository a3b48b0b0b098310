"""What the driver reads out of the configs in the stack's history."""

from __future__ import annotations

import json

import pytest

from ops.ramp.stack.opened import history_entry
from pulumi_cli.update import EngineUpdate
from rollout.split import Slot, Split
from tests.ops.ramp.fakes import START


def past(**config: object) -> EngineUpdate:
    texts = {
        f"failover:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in config.items()
    }
    return EngineUpdate("by hand", succeeded=True, config=texts, at=START)


def test_splits_and_floors_are_those_of_the_config() -> None:
    found = history_entry(
        past(
            weights="75/25",
            services={"web": {"port": 80}, "portal": {"weights": "50/50"}, "shop": None},
            capacity={"web": {"min": 2, "floors": {"01": 3, "02": 4}}, "portal": {"min": 2}},
            candidate="02",
        )
    )

    assert found.splits == {
        "web": Split(75, 25),
        "portal": Split(50, 50),
        "shop": Split(75, 25),
    }
    assert found.floors == {"web": {Slot.FIRST: 3, Slot.SECOND: 4}}
    assert found.candidate == "02"


@pytest.mark.parametrize(
    "config",
    [
        {"weights": "half", "services": {"web": {}}},
        {"weights": "50/50", "services": ["web"]},
        {"weights": "50/50", "services": {}, "capacity": {"web": {"floors": {"1": "many"}}}},
        {"weights": "50/50", "services": {}, "capacity": {"web": 3}},
    ],
)
def test_a_config_that_the_program_refused_tells_nothing_and_stops_nothing(
    config: dict[str, object],
) -> None:
    found = history_entry(past(**config))

    assert (found.splits, found.floors) == ({}, {})
