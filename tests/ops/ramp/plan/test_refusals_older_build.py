"""A ramp, or `failover even`, that would give users an older build than all of them have."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.ramp.errors import RefusedRampError
from ops.ramp.plan.refusals import refuse_step_back
from ops.ramp.stack.commands import Choice
from ops.ramp.stack.config_file import StackFile
from rollout.build_age import BuildAge, planned_builds
from rollout.observation import LiveService
from rollout.plan import RampPlan
from rollout.split import Slot, Split
from tests.fixing import fixed
from tests.ops.ramp.world import SERVICES
from tests.rollout.guard_cases import case, of_one_age

FIRST, SECOND = Slot
EVEN = Choice(is_even=True)


def live(split: str, newer: Slot | None) -> dict[str, LiveService]:
    found = case(split, split, newer).live
    return {name: replace(found, rule=replace(found.rule, service=name)) for name in SERVICES}


def file(**services: Any) -> StackFile:
    return StackFile({"services": {name: services.get(name, {}) for name in SERVICES}})


def refused(
    plan: RampPlan, services: dict[str, LiveService], choice: Choice, known: StackFile, *stack: str
) -> str:
    builds = planned_builds(plan, services, {})
    with pytest.raises(RefusedRampError) as error:
        refuse_step_back(plan, builds, known, choice, stack)
    return str(error.value)


@pytest.mark.parametrize("slot", Slot)
def test_the_even_split_of_an_old_and_a_new_build_is_refused_with_the_release_that_fixes_it(
    slot: Slot,
) -> None:
    start = Split(100, 0).shifted_to(slot, 0)
    plan = RampPlan(SERVICES, slot, start, (25, 50))

    told = refused(plan, live(str(start), slot.other), EVEN, file())

    old, new = f"ami-{slot}", f"ami-{slot.other}"
    assert told.splitlines() == [
        "this would give users an older build than all of them have; nothing was begun",
        *(
            f"  {name}: 50 of 100 would get {old} of slot {slot}, and all have {new} of slot "
            f"{slot.other}, which was released later"
            for name in SERVICES
        ),
        f"  expected: the build of slot {slot.other} on slot {slot} first",
        f"  fix:      pulumi config set --path 'failover:images.portal[\"{slot}\"]' {new} && "
        f"pulumi config set --path 'failover:images.web[\"{slot}\"]' {new} && pulumi up && "
        "failover even",
        "  or:       pulumi config set override REASON && failover even   "
        "# the older build after all",
    ]


def test_after_the_release_that_is_advised_the_even_split_is_refused_no_more() -> None:
    plan = RampPlan(SERVICES, FIRST, Split(0, 100), (25, 50))
    told = refused(plan, live("0/100", SECOND), EVEN, file())
    advice = next(line for line in told.splitlines() if "fix:" in line).split("fix:")[1].strip()
    config: Any = {"failover:images": {name: {"01": "ami-01", "02": "ami-02"} for name in SERVICES}}

    images = fixed(config, advice.split(" && pulumi up")[0])["failover:images"]

    assert images == {name: {"01": "ami-02", "02": "ami-02"} for name in SERVICES}


def test_a_stack_that_is_named_is_named_in_every_command_too() -> None:
    plan = RampPlan(("web",), FIRST, Split(0, 100), (100,))
    choice = Choice(services=("web",), to=FIRST, options=("--stack", "dev"))

    told = refused(plan, live("0/100", SECOND), choice, file(), "--stack", "dev")

    ramp = "failover ramp --service web --to 01 --stack dev"
    assert (
        "  fix:      pulumi config set --path 'failover:images.web[\"01\"]' ami-02 --stack dev && "
        f"pulumi up --stack dev && {ramp}\n"
    ) in told
    assert f"  or:       pulumi config set override REASON --stack dev && {ramp}" in told


def test_a_slot_that_the_stack_does_not_release_onto_gets_no_command_that_would_not_work() -> None:
    plan = RampPlan(("web",), FIRST, Split(0, 100), (50,))
    theirs = {"slots": {"01": {"autoScalingGroup": {"existing": "blue"}}}}

    told = refused(plan, live("0/100", SECOND), EVEN, file(web=theirs))

    assert "fix:      release ami-02 onto web-01, as its Auto Scaling group is" in told
    assert "images" not in told


def test_only_the_services_that_would_get_an_older_build_are_to_be_released() -> None:
    services = live("0/100", SECOND)
    services["portal"] = live("0/100", FIRST)["portal"]

    told = refused(RampPlan(SERVICES, FIRST, Split(0, 100), (50,)), services, EVEN, file())

    assert "portal" not in told
    assert "failover:images.web" in told


@given(st.sampled_from(Slot), st.sampled_from([None, *Slot]), st.integers(0, 99))
def test_a_plan_is_refused_only_where_all_users_have_the_newer_build(
    slot: Slot, newer: Slot | None, weight: int
) -> None:
    start = Split(100, 0).shifted_to(slot, weight)
    plan = RampPlan(SERVICES, slot, start, (100,))
    builds = planned_builds(plan, live(str(start), newer), {})
    is_step_back = newer is slot.other and weight == 0

    assert [each.is_step_back for each in builds] == [is_step_back] * len(SERVICES)
    if not is_step_back:
        refuse_step_back(plan, builds, file(), EVEN)


def test_a_build_of_unknown_age_passes_and_is_said() -> None:
    known = of_one_age(case("0/100", "0/100"))
    services = {"web": known.live}
    plan = RampPlan(("web",), FIRST, Split(0, 100), (50,))

    (build,) = planned_builds(plan, services, {})

    refuse_step_back(plan, [build], file(), EVEN)
    assert build.build.age is BuildAge.UNKNOWN
    assert build.note == (
        "web: 50 of 100 get the build ami-01 instead of ami-02: AWS does not report which of them "
        "is older"
    )


def test_a_newer_build_and_the_same_one_are_nothing_to_say() -> None:
    plan = RampPlan(("web",), FIRST, Split(0, 100), (50,))

    newer = planned_builds(plan, live("0/100", FIRST), {})
    same = planned_builds(plan, live("0/100", SECOND), {"ami-01": "v2", "ami-02": "v2"})

    assert [each.note for each in (*newer, *same)] == ["", ""]


def test_a_stack_file_tells_which_slots_are_the_stacks_own(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.test.yaml"
    path.write_text(json.dumps({"config": {"failover:services": {"web": {}}}}))

    assert StackFile.read(path).owned_slots("web") == set(Slot)
