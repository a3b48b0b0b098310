"""`failover rollback` after several bare `pulumi up`s: one stack, in this order.

The quick one of this kind is in `test_ramp`.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

from rollout.split import Split
from tests.engine import ramping
from tests.engine.rehearsed import Rehearsed, rehearsed

pytestmark = pytest.mark.engine

START = Split(100, 0)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Rehearsed]:
    with rehearsed(tmp_path_factory.mktemp("rollback"), "prod", only_serves=True) as stack:
        ramping.configure(stack, {**ramping.PROMPT, "stages": "[10,25,50,75,100]"})
        shift(stack, START)
        yield stack


def shift(stack: Rehearsed, *splits: Split) -> None:
    """As a person does, one bare update a stage."""
    for split in splits:
        stack.engine.set_config("weights", str(split))
        stack.engine.run("up", "--yes", "--skip-preview")


@pytest.mark.long
def test_a_shift_by_hand_goes_back_all_the_way_and_once_there_nothing_moves(
    stack: Rehearsed,
) -> None:
    shift(stack, Split(90, 10), Split(75, 25))

    back = ramping.failover(stack, "rollback")
    again = ramping.failover(stack, "rollback")

    assert back.returncode == 0, back.stdout
    assert "rolled back by hand: portal+web at 100/0" in back.stdout
    assert again.returncode == 0, again.stdout
    assert "nothing to go back to in rehearsal" in again.stdout
    assert ramping.live(stack) == ramping.in_state(stack) == {START}


@pytest.mark.long
def test_where_a_person_has_gone_back_by_hand_a_rollback_moves_nobody(stack: Rehearsed) -> None:
    shift(stack, Split(90, 10), Split(75, 25), START)

    back = ramping.failover(stack, "rollback")

    assert back.returncode == 0, back.stdout
    assert "nothing to go back to in rehearsal" in back.stdout
    assert "portal at 100/0, web at 100/0" in back.stdout
    assert ramping.live(stack) == ramping.in_state(stack) == {START}
    assert ramping.in_config(stack) == START
