"""A stack that is locked: by a dead process of ours, by a live one, by another host's."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

import pytest

from ops.ramp.driver.processes import Processes
from rollout.entry import Entry
from rollout.ramp_event import UpdateStart
from rollout.split import Split
from rollout.verdict import Verdict
from tests.ops.ramp.world import PLAN, World


def test_a_lock_of_a_dead_process_of_this_host_is_cleared(world: World) -> None:
    world.locks = [f"locked\n  created by a@{socket.gethostname()} (pid 999999) at 2026-11-21"]

    assert world.run(PLAN).exit_code == 0
    assert world.lock_is_cleared


def test_a_lock_of_another_host_is_never_cleared(world: World) -> None:
    world.locks = ["locked\n  created by a@elsewhere (pid 999999) at 2026-11-21"]

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "process 999999 of a on elsewhere" in ending.words
    assert not world.lock_is_cleared


def test_a_lock_that_is_not_given_up_leaves_the_stack_file_as_it_was(world: World) -> None:
    world.locks = ["locked\n  created by a@elsewhere (pid 999999) at 2026-11-21"]

    world.run(PLAN)

    assert (world.weights(), world.floors(), world.candidate()) == ("100/0", {}, None)


class AtTheLock:
    """Does something as soon as the driver waits for a lock."""

    def __init__(self, do: Callable[[], None]) -> None:
        self._do = do

    def saw(self, entry: Entry) -> None:
        del entry

    def waits(self, what: str, seconds_left: float | None) -> None:
        del seconds_left
        if what.startswith("the lock of"):
            self._do()

    def judged(self, verdicts: Sequence[Verdict]) -> None:
        del verdicts


class AllAlive(Processes):
    """Every process that anybody asks for is one of this host, and runs this command."""

    def __init__(self, command: str = "pulumi up --stack prod") -> None:
        self._command = command
        self.interrupted: list[int] = []

    def is_alive(self, pid: int) -> bool:
        del pid
        return True

    def command(self, pid: int) -> str:
        del pid
        return self._command

    def interrupt(self, pid: int) -> None:
        self.interrupted.append(pid)


OWN_LOCK = f"created by a@{socket.gethostname()} (pid 4713) at 2026-11-21"


@pytest.mark.parametrize("doing", ["ramp of 02", "stage 2/5"])
def test_a_weight_that_moves_while_the_lock_is_waited_for_is_not_taken_back(
    world: World, doing: str
) -> None:
    def hold(entry: Entry) -> None:
        if isinstance(entry.event, UpdateStart) and doing in entry.event.message:
            world.locks = [OWN_LOCK]

    def move() -> None:
        world.live = dict.fromkeys(world.live, Split(42, 58))
        world.locks = []
        world.journal.before_append = lambda _entry: None

    world.journal.before_append = hold
    world.processes = AllAlive()
    world.observers = [AtTheLock(move)]

    ending = world.run(PLAN)

    assert ending.exit_code == 3
    assert "someone else changed the weights" in ending.words
    assert set(world.live.values()) == {Split(42, 58)}
    assert world.weights() == ("100/0" if doing == "ramp of 02" else "90/10")


def test_a_request_to_stop_ends_the_wait_for_a_lock(world: World) -> None:
    world.locks = [OWN_LOCK]
    world.processes = AllAlive()
    world.observers = [AtTheLock(lambda: setattr(world.stop, "asked", 1))]

    ending = world.run(PLAN)

    assert (ending.exit_code, ending.words[:7]) == (3, "stopped")
    assert world.clock.seconds < 5
    assert (world.floors(), world.candidate()) == ({}, None)


def test_a_lock_whose_process_is_another_program_since_a_reboot_is_cleared(world: World) -> None:
    world.locks = [OWN_LOCK]
    world.processes = processes = AllAlive("nginx: worker process")

    assert world.run(PLAN).exit_code == 0
    assert world.lock_is_cleared
    assert processes.interrupted == []
