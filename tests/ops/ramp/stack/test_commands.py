"""What is printed at the end of a run acts on the stack, the services and the split of the run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ops.ramp.errors import BadInputError
from ops.ramp.plan.planner import limits_of
from ops.ramp.stack.commands import Choice, NextCommands
from rollout.plan import RampPlan
from rollout.split import Slot, Split
from settings.gates.metrics import MetricsLimits
from tests.ops.ramp.world import NEXT, SERVICES, World

NAMED = NextCommands("acme/prod", ("--stack", "acme/prod"), SERVICES)


@pytest.mark.parametrize(
    ("services", "target", "command"),
    [
        (SERVICES, 100, "failover ramp --anew"),
        (SERVICES, 50, "failover even --anew"),
        (("web",), 100, "failover ramp --anew --service web"),
    ],
)
def test_what_plans_anew_plans_the_same(
    services: tuple[str, ...], target: int, command: str
) -> None:
    plan = RampPlan(services, Slot.SECOND, Split(100, 0), (target,))

    assert str(NEXT.anew(plan)) == command
    assert str(NAMED.anew(plan)) == f"{command} --stack acme/prod"


def test_a_stack_that_was_named_is_named_again() -> None:
    stack = "--stack acme/prod"

    assert NAMED.go_on == f"failover ramp {stack} to go on, failover rollback {stack} to go back"
    assert str(NAMED.break_glass) == "failover rollback --break-glass --stack acme/prod"


def test_past_the_engine_the_stack_is_named_also_where_it_is_the_selected_one() -> None:
    assert str(NEXT.break_glass) == "failover rollback --break-glass --stack prod"


@pytest.mark.parametrize(
    ("choice", "command"),
    [
        (Choice(is_even=True, options=("--bake", "5s")), "failover even --bake 180s"),
        (
            Choice(("web",), options=("--stack", "dev", "--bake", "5s", "--commit")),
            "failover ramp --service web --stack dev --commit --bake 180s",
        ),
    ],
)
def test_a_bake_that_is_too_short_is_fixed_in_what_was_asked_for(
    choice: Choice, command: str
) -> None:
    settings: Any = SimpleNamespace(gates=SimpleNamespace(slowest=MetricsLimits))

    with pytest.raises(BadInputError) as refused:
        limits_of(settings, 5.0, choice)

    assert str(refused.value).splitlines()[-1] == f"  fix:      {command}"


def test_a_run_whose_backend_is_gone_names_the_stack_past_the_engine(world: World) -> None:
    world.backend_error = "error: could not read the bucket"

    ending = world.run(RampPlan(SERVICES, Slot.SECOND, Split(100, 0), (10, 100)))

    assert ending.words.endswith(
        "next:     failover ramp to go on, failover rollback to go back; if the backend is not "
        "available in time: failover rollback --break-glass --stack prod"
    )
