"""What a new ramp would do, or why there is none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from ops.ramp.errors import BadInputError, NotSureError
from ops.ramp.plan.planner import Planner
from ops.ramp.stack.commands import Choice
from rollout.plan import RampPlan
from rollout.split import Slot, Split
from tests.ops.ramp.world import SERVICES

STAGES = (50, 100)


class Live:
    """Both services at one split, and what is known of their slots."""

    def __init__(
        self,
        split: Split,
        newest: Slot | Mapping[str, Slot] | None = None,
        raised: Slot | None = None,
    ) -> None:
        self._splits = dict.fromkeys(SERVICES, split)
        self._newest = newest
        self._raised = raised

    def splits(self) -> Mapping[str, Split]:
        return self._splits

    def released_last_of(self, services: Sequence[str]) -> Mapping[str, Slot | None]:
        if isinstance(self._newest, Mapping):
            return {service: self._newest.get(service) for service in services}
        return dict.fromkeys(services, self._newest)

    def raised_last_of(self, services: Sequence[str]) -> Mapping[str, Slot | None]:
        return dict.fromkeys(services, self._raised)


class LiveApart(Live):
    """Services at splits of their own."""

    def __init__(self, splits: Mapping[str, Split]) -> None:
        super().__init__(Split(50, 50))
        self._splits = dict(splits)


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

    assert plan == RampPlan(SERVICES, raised, Split(50, 50), (100,))


@pytest.mark.parametrize("slot", Slot)
def test_one_service_that_was_released_says_which_slot_to_raise_for_all(
    tmp_path: Path, slot: Slot
) -> None:
    live = Live(Split(50, 50), {"web": slot})

    assert planner(tmp_path, live, Choice()).plan().candidate is slot


def test_services_that_were_released_on_different_slots_are_to_be_raised_one_by_one(
    tmp_path: Path,
) -> None:
    live = Live(Split(50, 50), {"web": Slot.FIRST, "portal": Slot.SECOND})

    with pytest.raises(BadInputError) as refused:
        planner(tmp_path, live, Choice(options=("--bake", "5s"))).plan()

    assert str(refused.value).splitlines()[2:] == [
        "  fix:      failover ramp --service portal --to 02 --bake 5s",
        "  or:       failover ramp --service web --to 01 --bake 5s",
    ]


def test_where_nothing_says_which_slot_to_raise_neither_is_suggested_before_the_other(
    tmp_path: Path,
) -> None:
    with pytest.raises(BadInputError) as refused:
        planner(tmp_path, Live(Split(50, 50)), Choice(services=("web",))).plan()

    assert str(refused.value).splitlines()[2:] == [
        "  fix:      failover ramp --service web --to 01",
        "  or:       failover ramp --service web --to 02",
    ]


@pytest.mark.parametrize("slot", Slot)
@pytest.mark.parametrize("weight", [10, 50, 75])
def test_without_a_time_of_release_the_slot_that_was_raised_last_goes_on_up(
    tmp_path: Path, slot: Slot, weight: int
) -> None:
    live = Live(Split(100, 0).shifted_to(slot, weight), raised=slot)

    assert planner(tmp_path, live, Choice()).plan().candidate is slot


@pytest.mark.parametrize("slot", Slot)
def test_without_a_time_of_release_the_next_cycle_raises_the_other_slot(
    tmp_path: Path, slot: Slot
) -> None:
    live = Live(Split(100, 0).shifted_to(slot, 100), raised=slot)

    assert planner(tmp_path, live, Choice()).plan().candidate is slot.other


def test_a_candidate_that_contradicts_the_person_is_refused_with_the_fix(tmp_path: Path) -> None:
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


def test_a_slot_that_has_everything_already_is_refused_with_the_ramp_of_the_other_slot(
    tmp_path: Path,
) -> None:
    with pytest.raises(BadInputError) as refused:
        planner(tmp_path, Live(Split(0, 100)), Choice(to=Slot.SECOND)).plan()

    assert "nothing to raise to 100" in str(refused.value)
    assert "  fix:      failover ramp --to 01 " in str(refused.value)
    assert "moves the requests to slot 01" in str(refused.value)


def test_the_way_to_the_even_split_heeds_no_candidate(tmp_path: Path) -> None:
    live = Live(Split(0, 100))

    plan = planner(tmp_path, live, Choice(is_even=True), Slot.SECOND).plan()

    assert plan == RampPlan(SERVICES, Slot.FIRST, Split(0, 100), (50,))


def test_only_an_even_split_is_said_to_be_even(tmp_path: Path) -> None:
    apart = LiveApart({"portal": Split(90, 10), "web": Split(10, 90)})
    file = tmp_path / "Pulumi.test.yaml"

    with pytest.raises(BadInputError, match="is even already: nothing to do"):
        planner(tmp_path, Live(Split(50, 50)), Choice(is_even=True)).plan()
    with pytest.raises(BadInputError, match="failover even --service portal, or bring them"):
        Planner(file, STAGES, None, apart, Choice(is_even=True)).plan()


def test_an_even_split_that_the_guards_would_refuse_is_refused_before_anything_moves(
    tmp_path: Path,
) -> None:
    file = tmp_path / "Pulumi.test.yaml"
    choice = Choice(is_even=True)

    with pytest.raises(BadInputError, match=r"stages: \[10, 50, 100\]` under failover:ramp"):
        Planner(file, (10, 100), None, Live(Split(0, 100)), choice).plan()


def test_a_split_of_a_services_own_is_fixed_by_its_own_key(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.test.yaml"
    services = {"portal": {}, "web": {"weights": "90/10"}}
    config = {"failover:weights": "50/50", "failover:services": services}
    file.write_text(json.dumps({"config": config}))

    with pytest.raises(NotSureError, match=r"config set --path services\.web\.weights 50/50"):
        Planner(file, STAGES, None, Live(Split(50, 50)), Choice(to=Slot.FIRST)).plan()


def test_a_config_that_is_not_what_is_live_is_a_persons_to_judge(tmp_path: Path) -> None:
    with pytest.raises(NotSureError, match=r"at 50/50, and Pulumi\.test\.yaml has 90/10"):
        planner(tmp_path, Live(Split(50, 50)), Choice(to=Slot.FIRST), weights="90/10").plan()


def test_a_config_that_is_not_what_is_live_is_fixed_on_the_stack_that_was_named(
    tmp_path: Path,
) -> None:
    choice = Choice(to=Slot.FIRST, options=("--stack", "prod"))

    with pytest.raises(NotSureError) as refused:
        planner(tmp_path, Live(Split(50, 50)), choice, weights="90/10").plan()

    assert str(refused.value).splitlines()[-1] == (
        "  fix:      keep what is live: pulumi config set weights 50/50 --stack prod; "
        "or move it to 90/10: failover plan --stack prod, then pulumi up --stack prod"
    )


def test_a_config_that_has_no_split_is_only_set_to_what_is_live(tmp_path: Path) -> None:
    with pytest.raises(NotSureError, match="has 75-25; nothing was changed") as refused:
        planner(tmp_path, Live(Split(50, 50)), Choice(to=Slot.FIRST), weights="75-25").plan()

    assert str(refused.value).splitlines()[-1] == (
        "  fix:      keep what is live: pulumi config set weights 50/50"
    )


def test_a_candidate_is_taken_out_of_the_stack_that_was_named(tmp_path: Path) -> None:
    choice = Choice(services=("web",), options=("--stack", "prod"))

    with pytest.raises(BadInputError) as refused:
        planner(tmp_path, Live(Split(0, 100)), choice, Slot.SECOND).plan()

    assert str(refused.value).splitlines()[-1] == (
        "  fix:      pulumi config rm candidate --stack prod, then "
        "failover ramp --service web --to 01 --stack prod"
    )


def test_of_services_that_stand_apart_the_candidate_is_not_blamed(tmp_path: Path) -> None:
    apart = LiveApart({"portal": Split(90, 10), "web": Split(10, 90)})

    with pytest.raises(BadInputError, match="at different splits") as refused:
        Planner(tmp_path / "Pulumi.test.yaml", STAGES, Slot.SECOND, apart, Choice()).plan()

    assert "candidate" not in str(refused.value)
