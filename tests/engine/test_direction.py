"""Which way is back, by a bare `pulumi up` on slots of which AWS tells no time of release."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
import yaml

from tests.engine.rehearsed import Rehearsed, rehearsed

# tests/rollout/test_candidate.py and tests/components/guards show the same by quick tests.
pytestmark = [pytest.mark.engine, pytest.mark.long]

V1, V2 = "ami-0fa11000000000001", "ami-0fa11000000000002"
UP = ("up", "--yes", "--skip-preview")
STAGES = [25, 75, 100]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Rehearsed]:
    """Slots that were made together: web raises slot 02 from 100/0, portal slot 01 from 0/100."""
    with rehearsed(tmp_path_factory.mktemp("direction"), "dev", boot_seconds=0.5) as made:
        document = yaml.safe_load(made.workspace.stack_file.read_text())
        config = document["config"]
        config["failover:weights"] = "100/0"
        config["failover:images"] = {
            "web": {"01": V1, "02": V2},
            "portal": {"01": V2, "02": V1},
        }
        config["failover:ramp"] = {
            **config.get("failover:ramp", {}),
            "stages": STAGES,
            "guard": {"healthyPolls": 1, "pollSeconds": 1, "waitSeconds": 60},
        }
        # Nothing that is judged; each resource costs every update its share.
        for key in ("alarms", "dashboard"):
            config.pop(f"failover:{key}", None)
        config["failover:accessLogs"] = False
        made.workspace.stack_file.write_text(yaml.safe_dump(document, sort_keys=False))
        passed(made, 0)
        yield made


def shift(stack: Rehearsed, raised: int) -> dict[str, str]:
    """Give the raised slot of both services so much: slot 02 of web, slot 01 of portal."""
    splits = {"web": f"{100 - raised}/{raised}", "portal": f"{raised}/{100 - raised}"}
    document = yaml.safe_load(stack.workspace.stack_file.read_text())
    for name, split in splits.items():
        document["config"]["failover:services"][name]["weights"] = split
    stack.workspace.stack_file.write_text(yaml.safe_dump(document, sort_keys=False))
    return splits


def passed(stack: Rehearsed, raised: int) -> str:
    splits = shift(stack, raised)
    done = stack.pulumi(*UP)
    assert done.returncode == 0, done.stdout
    assert {each.name: each.weights for each in stack.observer().read()} == splits
    return done.stdout


def last_raised(stack: Rehearsed) -> dict[str, str | None]:
    services: Any = stack.engine.outputs()["services"]
    return {name: found.get("lastRaisedSlot") for name, found in services.items()}


@pytest.mark.parametrize("reached", [75, 100])
def test_straight_back_from_past_the_middle_passes_at_once_and_is_kept_by_no_output(
    stack: Rehearsed, reached: int
) -> None:
    for stage in STAGES[: STAGES.index(reached) + 1]:
        passed(stack, stage)
    raised = {"web": "02", "portal": "01"}
    assert last_raised(stack) == raised

    shift(stack, 0)
    preview = stack.pulumi("preview").stdout
    told = passed(stack, 0)

    for said in (preview, told):
        assert f"{100 - reached}/{reached} -> 100/0: rollback to slot 01, without waiting" in said
        assert f"{reached}/{100 - reached} -> 0/100: rollback to slot 02, without waiting" in said
        assert f"{reached} of 100 get the build {V1} instead of {V2}: AWS does not report" in said
    assert "judgement: waiting" not in told
    assert last_raised(stack) == raised


def test_a_stage_may_still_not_be_skipped_on_the_way_up(stack: Rehearsed) -> None:
    shift(stack, 75)

    refused = stack.pulumi(*UP)

    assert refused.returncode != 0
    assert "web: 100/0 -> 25/75: next stage is 75/25 (slot 02 is the candidate" in refused.stdout
    assert "portal: 0/100 -> 75/25: next stage is 25/75 (slot 01 is the candidate" in refused.stdout
