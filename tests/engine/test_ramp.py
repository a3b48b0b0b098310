"""`failover ramp` on the rehearsal: one stack for all tests, which run in their order."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import time
from collections.abc import Generator, Iterable

import pytest

from rollout.split import Slot, Split
from tests.engine import ramping
from tests.engine.rehearsed import Rehearsed, rehearsed

pytestmark = pytest.mark.engine

START, TARGET = Split(100, 0), Split(0, 100)
GONE_SECONDS = 60.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Rehearsed]:
    with rehearsed(tmp_path_factory.mktemp("ramp"), "prod", only_serves=True) as stack:
        stack.engine.set_config("weights", str(START))
        ramping.configure(stack, {**ramping.PROMPT, "stages": "[100]"})
        stack.engine.run("up", "--yes", "--skip-preview")
        ramping.release(stack, "v2", Slot.SECOND)
        yield stack


def until(lines: Iterable[str], words: str) -> str:
    """Read lines until one has `words`."""
    before: list[str] = []
    for line in lines:
        if words in line:
            return line
        before.append(line)
    raise AssertionError(f"it ended without {words!r}:\n{''.join(before)}")


def assert_at_rest(stack: Rehearsed, split: Split) -> None:
    """Live, state and config agree, and nothing is left behind."""
    assert ramping.live(stack) == ramping.in_state(stack) == {split}
    assert ramping.in_config(stack) == split
    assert ramping.locks(stack) == []
    deadline = time.monotonic() + GONE_SECONDS
    while ramping.at_work(stack) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert ramping.at_work(stack) == set()


def test_a_second_ramp_is_refused_and_a_killed_one_goes_on_also_without_a_reader(
    stack: Rehearsed,
) -> None:
    first = ramping.begun(stack, "ramp", "--yes")
    assert first.stdout is not None
    until(first.stdout, "pulumi up: portal+web: stage 1/1")

    second = ramping.failover(stack, "ramp", "--yes")
    first.kill()
    first.communicate()
    ramp = shlex.join(ramping.command("ramp", "--yes", "--json"))
    resumed = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{ramp} | head -n 1"],
        cwd=stack.root,
        env=ramping.environment(stack) | {"PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert second.returncode == 1
    assert f"process {first.pid}" in second.stdout
    assert resumed.returncode == 0, resumed.stderr
    assert "resuming the unfinished ramp" in resumed.stderr
    assert [json.loads(line)["kind"] for line in resumed.stdout.splitlines()] == ["resumed"]
    ended = ramping.journal(stack)[-1]
    assert (ended["kind"], ended["outcome"]) == ("ramp-finished", "done")
    assert_at_rest(stack, TARGET)


@pytest.mark.long
def test_a_ramp_that_has_ended_is_taken_back_and_once_there_nothing_moves(
    stack: Rehearsed,
) -> None:
    back = ramping.failover(stack, "rollback")
    again = ramping.failover(stack, "rollback")

    assert back.returncode == 0, back.stdout
    assert again.returncode == 0, again.stdout
    assert "nothing to go back to in rehearsal" in again.stdout
    assert_at_rest(stack, START)


@pytest.mark.long
def test_without_its_journal_a_ramp_is_found_in_the_history_and_taken_back(
    stack: Rehearsed,
) -> None:
    ramping.release(stack, "v3", Slot.SECOND)
    ramp = ramping.begun(stack, "ramp", "--to", "02", "--yes")
    assert ramp.stdout is not None
    until(ramp.stdout, "arrived in the traffic")
    ramp.kill()
    ramp.communicate()
    shutil.rmtree(stack.root / ".failover")

    back = ramping.failover(stack, "rollback")

    assert back.returncode == 0, back.stdout
    assert "stage 1/1, by the stack's history" in back.stdout
    assert_at_rest(stack, START)
