"""`failover even` after a cutover: both slots carry the newer build, or it is refused."""

from __future__ import annotations

import subprocess
from collections.abc import Generator

import pytest

from rehearsal.account import images_of
from rollout.split import Slot, Split
from tests.engine import ramping
from tests.engine.rehearsed import Rehearsed, rehearsed

# tests/ops/ramp/plan/test_refusals_older_build.py shows the same by quick tests.
pytestmark = [pytest.mark.engine, pytest.mark.long]

CUT_OVER = Split(0, 100)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Rehearsed]:
    """Everything is on slot 02 with v2, and slot 01 still has v1."""
    with rehearsed(tmp_path_factory.mktemp("even"), "dev") as stack:
        ramping.configure(stack, ramping.PROMPT)
        stack.engine.set_config("weights", "100/0")
        stack.engine.run("up", "--yes", "--skip-preview")
        ramping.release(stack, "v2", Slot.SECOND)
        stack.engine.set_config("override", "the test cuts over at once")
        stack.engine.set_config("weights", str(CUT_OVER))
        stack.engine.run("up", "--yes", "--skip-preview")
        stack.engine.run("config", "rm", "override")
        yield stack


def image(stack: Rehearsed, build: str) -> str:
    return images_of(stack.running.endpoint, stack.running.region)[build]


def test_half_of_the_users_get_no_old_build_and_the_release_that_is_advised_fixes_it(
    stack: Rehearsed,
) -> None:
    v1, v2 = image(stack, "v1"), image(stack, "v2")

    refused = ramping.failover(stack, "even", "--yes")
    advice = next(line for line in refused.stdout.splitlines() if "fix:" in line)
    release, _, even = advice.partition("fix:")[2].strip().rpartition(" && ")
    # Without a terminal nobody can say yes to `pulumi up`.
    done = subprocess.run(
        ["bash", "-c", release],
        cwd=stack.root,
        env={**stack.env, "PULUMI_SKIP_CONFIRMATIONS": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    asked = ramping.failover(stack, *even.split()[1:])

    assert refused.returncode == 1
    assert f"web: 50 of 100 would get {v1} of slot 01, and all have {v2}" in refused.stdout
    assert done.returncode == 0, done.stdout
    assert ramping.live(stack) == {CUT_OVER}
    assert asked.returncode == 2, asked.stdout
    assert "slot 01 up from 0/100" in asked.stdout
    assert "fix:      failover even --yes" in asked.stdout


def test_the_even_split_of_one_build_passes_its_gates(stack: Rehearsed) -> None:
    even = ramping.failover(stack, "even", "--yes")

    assert even.returncode == 0, even.stdout
    assert ramping.live(stack) == {Split(50, 50)}


def test_a_way_back_by_hand_to_an_older_build_passes_and_says_whose(stack: Rehearsed) -> None:
    v2, v3 = image(stack, "v2"), image(stack, "v3")
    stack.engine.set_config("weights", str(CUT_OVER))
    stack.engine.run("up", "--yes", "--skip-preview")
    ramping.release(stack, "v3", Slot.FIRST)
    stack.engine.set_config("override", "the test cuts over at once")
    stack.engine.set_config("weights", "100/0")
    stack.engine.run("up", "--yes", "--skip-preview")
    stack.engine.run("config", "rm", "override")
    stack.engine.set_config("weights", "50/50")

    preview = stack.pulumi("preview")
    up = stack.pulumi("up", "--yes", "--skip-preview")

    assert v2 != v3
    assert up.returncode == 0, up.stdout
    for said in (preview.stdout, up.stdout):
        assert (
            "judgement: passes: web: 100/0 -> 50/50: rollback to slot 02, without waiting; "
            f"50 of 100 get the older build {v2} again"
        ) in said
