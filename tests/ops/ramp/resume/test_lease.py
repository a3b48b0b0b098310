"""Who holds the lease, and what is done about a driver that is at work."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ops.ramp.driver.processes import Processes
from ops.ramp.errors import RefusedRampError
from ops.ramp.resume.lease import ActiveRamp, active_ramps, refuse_held, stop_driver
from ops.ramp.stack.commands import Choice
from rollout.lease import LeaseHolder
from rollout.plan import RampPlan
from rollout.progress import Progress
from rollout.recovery import HistoryEntry
from rollout.split import Slot, Split
from tests.rollout.history import held

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
PLAN = RampPlan(("portal", "web"), Slot.SECOND, Split(100, 0), (50, 100))
OWN, FIRST, SECOND = (LeaseHolder("ada", "here", pid) for pid in (1, 2, 3))
ELSEWHERE = LeaseHolder("ben", "build-7", 4)


class FakeProcesses(Processes):
    """Those of the host `here`."""

    def __init__(self, *alive: LeaseHolder, stays: bool = False) -> None:
        self.alive = {holder.pid for holder in alive}
        self.terminated: list[int] = []
        self.awaited: list[int] = []
        self._stays = stays

    def is_this_host(self, host: str) -> bool:
        return host == "here"

    def is_alive(self, pid: int) -> bool:
        return pid in self.alive

    def command(self, pid: int) -> str:
        return "python -m ops.cli ramp --yes" if pid in self.alive else ""

    def terminate(self, pid: int) -> None:
        self.terminated.append(pid)
        self.alive.remove(pid)

    def ended_within(self, pid: int, seconds: float) -> bool:
        del seconds
        self.awaited.append(pid)
        if not self._stays:
            self.alive.discard(pid)
        return pid not in self.alive


def history_of(holder: LeaseHolder) -> list[HistoryEntry]:
    return [
        HistoryEntry(held(PLAN, "stage 1/2, 02 at 50", holder, NOW + timedelta(hours=1)), True, {})
    ]


def driven_by(holder: LeaseHolder) -> Progress:
    return Progress("r", PLAN, holder, {}, {}, capacity=1, verified=1)


def refused(
    history: list[HistoryEntry],
    here: Progress | None,
    processes: Processes,
    *,
    take_over: bool = False,
) -> str:
    with pytest.raises(RefusedRampError) as error:
        refuse_held(history, here, OWN, NOW, processes, take_over=take_over)
    return str(error.value)


def test_a_driver_whose_first_update_still_runs_has_the_wheel() -> None:
    words = refused([], driven_by(FIRST), FakeProcesses(FIRST))

    assert words.startswith("ada ramps portal+web from here (process 2): 50/50 so far")


def test_the_process_that_goes_on_with_a_killed_ramp_has_the_wheel() -> None:
    words = refused(history_of(FIRST), driven_by(SECOND), FakeProcesses(SECOND))

    assert "process 3" in words


def test_a_driver_that_is_alive_here_is_not_taken_over_from() -> None:
    words = refused(history_of(FIRST), driven_by(FIRST), FakeProcesses(FIRST), take_over=True)

    assert "stage 1/2, 02 at 50" in words
    assert "failover rollback, which stops it" in words


def test_one_on_another_host_is_taken_over_from_by_a_word() -> None:
    assert "failover ramp --take-over" in refused(history_of(ELSEWHERE), None, FakeProcesses())

    refuse_held(history_of(ELSEWHERE), None, OWN, NOW, FakeProcesses(), take_over=True)


@pytest.mark.parametrize(
    ("choice", "again", "rollback"),
    [
        (
            Choice(services=("web",), is_even=True),
            "failover even --service web --take-over",
            "failover rollback",
        ),
        (
            Choice(to=Slot.SECOND, options=("--stack", "prod", "--bake", "5m")),
            "failover ramp --to 02 --stack prod --bake 5m --take-over",
            "failover rollback --stack prod",
        ),
    ],
)
def test_what_was_asked_for_is_what_takes_over(choice: Choice, again: str, rollback: str) -> None:
    with pytest.raises(RefusedRampError) as error:
        refuse_held(
            history_of(ELSEWHERE), None, OWN, NOW, FakeProcesses(), take_over=False, choice=choice
        )

    fix = str(error.value).splitlines()[-1]
    assert fix == f"  fix:      wait, or {rollback}; if that process is certainly gone: {again}"


@pytest.mark.parametrize(
    "here", [driven_by(FIRST), replace(driven_by(SECOND), outcome="done"), None]
)
def test_a_dead_driver_and_one_that_is_done_hold_nobody_up(here: Progress | None) -> None:
    refuse_held(history_of(FIRST), here, OWN, NOW, FakeProcesses(SECOND), take_over=False)


def test_a_rollback_stops_both_who_may_be_at_work() -> None:
    processes = FakeProcesses(FIRST, SECOND)

    for one in active_ramps(history_of(FIRST), driven_by(SECOND)):
        stop_driver(one, processes, lambda _text: None)

    assert processes.terminated == [FIRST.pid, SECOND.pid]


def test_a_driver_that_goes_back_already_is_let_do_it() -> None:
    (one,) = active_ramps(history_of(FIRST), replace(driven_by(FIRST), back="a gate failed"))
    processes = FakeProcesses(FIRST)

    stop_driver(one, processes, lambda _text: None)

    assert (processes.terminated, processes.awaited) == ([], [FIRST.pid])


def test_a_driver_that_goes_back_and_does_not_get_there_is_stopped() -> None:
    processes = FakeProcesses(FIRST, stays=True)

    stop_driver(
        ActiveRamp(FIRST, "web", "rollback", is_going_back=True), processes, lambda _text: None
    )

    assert processes.terminated == [FIRST.pid]
