"""What a new ramp would do, or why there is none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from ops.ramp.errors import BadInputError, NotSureError
from ops.ramp.planning import Choice, Planner
from rollout.plan import Plan
from rollout.split import Slot, Split
from tests.ops.ramp.world import SERVICES

STAGES = (50, 100)


class Live:
    """Both services at one split, and one slot that was released last."""

    def __init__(self, split: Split, newest: Slot | None = None) -> None:
        self._split = split
        self._newest = newest

    def splits(self) -> Mapping[str, Split]:
        return dict.fromkeys(SERVICES, self._split)

    def released_last(self, services: Sequence[str]) -> Slot | None:
        del services
        return self._newest


def planner(
    folder: Path,
    live: Live,
    choice: Choice,
    configured: Slot | None = None,
    weights: str | None = None,
) -> Planner:
    file = folder / "Pulumi.test.yaml"
    split = weights or str(live.splits()["web"])
    services: dict[str, object] = {service: {} for service in SERVICES}
    config = {"failover:weights": split, "failover:services": services}
    file.write_text(json.dumps({"config": config}))
    return Planner(file, STAGES, configured, live, choice)


@pytest.mark.parametrize(
    ("to", "configured", "newest", "raised"),
    [
        (Slot.FIRST, None, Slot.SECOND, Slot.FIRST),
        (None, Slot.FIRST, Slot.SECOND, Slot.FIRST),
        (None, None, Slot.SECOND, Slot.SECOND),
    ],
)
def test_the_person_chooses_before_the_config_and_the_config_before_the_builds(
    tmp_path: Path, to: Slot | None, configured: Slot | None, newest: Slot, raised: Slot
) -> None:
    live = Live(Split(50, 50), newest)

    plan = planner(tmp_path, live, Choice(to=to), configured).plan()

    assert plan == Plan(SERVICES, raised, Split(50, 50), (100,))


def test_a_candidate_that_contradicts_the_person_is_refused_with_the_mend(tmp_path: Path) -> None:
    live = Live(Split(0, 100))

    with pytest.raises(BadInputError) as refused:
        planner(tmp_path, live, Choice(to=Slot.FIRST), Slot.SECOND).plan()

    assert "--to 01, and `candidate` in Pulumi.test.yaml is 02" in str(refused.value)
    assert "pulumi config rm candidate, then failover ramp --to 01" in str(refused.value)


def test_a_candidate_that_has_everything_already_is_said_to_be_the_configs(tmp_path: Path) -> None:
    with pytest.raises(BadInputError) as refused:
        planner(tmp_path, Live(Split(0, 100)), Choice(), Slot.SECOND).plan()

    assert "nothing to raise to 100" in str(refused.value)
    assert "pulumi config rm candidate, then failover ramp --to 01" in str(refused.value)


def test_the_way_to_the_even_split_heeds_no_candidate(tmp_path: Path) -> None:
    live = Live(Split(0, 100))

    plan = planner(tmp_path, live, Choice(is_even=True), Slot.SECOND).plan()

    assert plan == Plan(SERVICES, Slot.FIRST, Split(0, 100), (50,))


def test_an_even_split_that_the_guards_would_refuse_is_refused_before_anything_moves(
    tmp_path: Path,
) -> None:
    file = tmp_path / "Pulumi.test.yaml"
    choice = Choice(is_even=True)

    with pytest.raises(BadInputError, match=r"stages: \[10, 50, 100\]` under failover:ramp"):
        Planner(file, (10, 100), None, Live(Split(0, 100)), choice).plan()


def test_a_split_of_a_services_own_is_mended_by_its_own_key(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.test.yaml"
    services = {"portal": {}, "web": {"weights": "90/10"}}
    config = {"failover:weights": "50/50", "failover:services": services}
    file.write_text(json.dumps({"config": config}))

    with pytest.raises(NotSureError, match=r"config set --path services\.web\.weights 50/50"):
        Planner(file, STAGES, None, Live(Split(50, 50)), Choice(to=Slot.FIRST)).plan()


def test_a_config_that_is_not_what_is_live_is_a_persons_to_judge(tmp_path: Path) -> None:
    with pytest.raises(NotSureError, match=r"at 50/50, and Pulumi\.test\.yaml says 90/10"):
        planner(tmp_path, Live(Split(50, 50)), Choice(to=Slot.FIRST), weights="90/10").plan()
