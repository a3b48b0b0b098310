"""Who holds the lease, and how the holder is stopped where it is a driver of this host.

The history, which all share, and the journal of this folder show the holder. A killed driver may
have left an engine at work, which is waited for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ops.ramp.driver.processes import Processes
from ops.ramp.errors import NotSureError, RefusedRampError
from ops.ramp.stack.commands import Choice
from rollout.command import ROLLBACK, Command
from rollout.entry import Entry
from rollout.history_message import current_lease
from rollout.lease import Lease, LeaseHolder, LeaseState, lease_state
from rollout.progress import Progress
from rollout.ramp_event import UpdateEnd, UpdateStart
from rollout.recovery import HistoryEntry


@dataclass(frozen=True, slots=True)
class ActiveRamp:
    """A driver that holds the lease, as far as the history and the journal show."""

    holder: LeaseHolder
    group: str
    doing: str
    is_going_back: bool = False


def active_ramps(history: Sequence[HistoryEntry], here: Progress | None) -> list[ActiveRamp]:
    """Who may be at work, the one whom all know of first.

    The history shows a driver only after its first update has ended, and does not show a process
    that resumes a ramp. Until then, the journal in the same folder shows it.

    Args:
        history: The stack's updates, the newest first.
        here: The newest ramp of this folder.
    """
    lease = current_lease([entry.message for entry in history])
    shared = None if lease is None else _ramp_of(lease)
    if here is None or here.is_over:
        return [] if shared is None else [shared]
    if shared is not None and shared.holder == here.holder:
        return [replace(shared, is_going_back=here.back is not None)]
    so_far = f"{here.plan.stage(here.verified).split} so far"
    own = ActiveRamp(here.holder, here.plan.group, so_far, is_going_back=here.back is not None)
    return [own] if shared is None else [shared, own]


def _ramp_of(lease: Lease) -> ActiveRamp:
    return ActiveRamp(lease.holder, "+".join(lease.services), lease.activity)


def refuse_held(
    history: Sequence[HistoryEntry],
    here: Progress | None,
    own: LeaseHolder,
    now: datetime,
    processes: Processes,
    *,
    take_over: bool,
    choice: Choice | None = None,
) -> None:
    """Refuse to ramp while another driver holds the lease.

    Args:
        history: The stack's updates, the newest first.
        here: The newest ramp of this folder.
        own: Who asks.
        now: The time.
        processes: Of this host.
        take_over: Whether a person confirms that the holder is gone.
        choice: What was asked for, to be asked for again.

    Raises:
        RefusedRampError: another driver holds it; if it runs on this host, even with `take_over`.
    """
    choice = choice or Choice()
    rollback = ROLLBACK.with_options(*choice.stack_option)
    for one in active_ramps(history, here):
        if is_driving(one.holder, processes):
            raise _held(one, "", f"wait, or {rollback}, which stops it")
    lease = current_lease([entry.message for entry in history])
    if lease_state_of(lease, own, now, processes) is LeaseState.HELD and not take_over:
        assert lease is not None
        raise _held(
            _ramp_of(lease),
            f", until {lease.until:%Y-%m-%dT%H:%M:%SZ}",
            f"wait, or {rollback}; if that process is certainly gone: "
            f"{choice.command('--take-over')}",
        )


def _held(one: ActiveRamp, until: str, fix: str) -> RefusedRampError:
    return RefusedRampError(
        f"{one.holder.by} ramps {one.group} from {one.holder.host} (process {one.holder.pid}): "
        f"{one.doing}{until}\n"
        "  expected: one ramp at a time\n"
        f"  fix:      {fix}"
    )


def lease_state_of(
    lease: Lease | None, own: LeaseHolder, now: datetime, processes: Processes
) -> LeaseState:
    """What `lease` means, its process looked up where it would be on this host."""
    is_alive = lease is not None and is_driving(lease.holder, processes)
    return lease_state(lease, own, now, is_alive=is_alive)


def is_driving(holder: LeaseHolder, processes: Processes) -> bool:
    """Whether it is a `failover` that is alive on this host; an id may be another's by now."""
    if holder.pid == os.getpid() or not processes.is_this_host(holder.host):
        return False
    if not processes.is_alive(holder.pid):
        return False
    command = processes.command(holder.pid)
    return "failover" in command or "ops.cli" in command


DRIVER_SECONDS = 30.0
"""A driver that is asked to stop ends its `up` as Ctrl-C does, and that may take a moment."""

BACK_SECONDS = 60.0
"""What a driver on its way back gets to be there and to remove its floors."""

ENGINE_SECONDS = 600.0

Say = Callable[[str], None]


def stop_driver(
    one: ActiveRamp, processes: Processes, say: Say, rollback: Command = ROLLBACK
) -> None:
    """Stop a driver that runs on this host, and wait for its end.

    If it rolls back already, wait for that: to begin again would take longer. A driver on another
    host stops by itself as soon as it sees that the weights changed.

    Args:
        one: The driver.
        processes: Of this host.
        say: Reports to a person what is done.
        rollback: The command that was typed, to be typed again.

    Raises:
        NotSureError: it does not end.
    """
    if not processes.is_this_host(one.holder.host):
        say(
            f"{one.holder.by} ramps from {one.holder.host}: that driver stops when it sees the "
            "weights moved"
        )
        return
    if not is_driving(one.holder, processes):
        return
    pid = one.holder.pid
    if one.is_going_back:
        say(f"the ramp of {one.holder.by} (process {pid}) goes back already: waiting for its end")
        if processes.ended_within(pid, BACK_SECONDS):
            return
    say(f"stopping the ramp of {one.holder.by} (process {pid}): {one.doing}")
    processes.terminate(pid)
    if not processes.ended_within(pid, DRIVER_SECONDS):
        raise NotSureError(
            f"the ramp of {one.holder.by}, process {pid}, does not end\n"
            f"  expected: it to end within {DRIVER_SECONDS:.0f} s\n"
            f"  fix:      {Command.of('kill', '-9', str(pid))}, then {rollback}"
        )


def left_behind(entries: Sequence[Entry], processes: Processes) -> int | None:
    """The engine that a killed driver began and that still runs; None where none does."""
    started: int | None = None
    for entry in entries:
        match entry.event:
            case UpdateStart(pid=pid):
                started = pid
            case UpdateEnd():
                started = None
            case _:
                pass
    if started is None or not processes.is_alive(started):
        return None
    return started if "pulumi" in processes.command(started) else None


def await_engine(
    entries: Sequence[Entry], processes: Processes, say: Say, *, is_going_back: bool
) -> None:
    """Let the `up` of a killed driver end by itself; on the way back, ask it to end.

    Raises:
        NotSureError: it does not end.
    """
    pid = left_behind(entries, processes)
    if pid is None:
        return
    say(f"the `up` of the killed driver is still at work (process {pid}): waiting for its end")
    if is_going_back:
        processes.interrupt(pid)
    if not processes.ended_within(pid, ENGINE_SECONDS):
        interrupt = Command.of("kill", "-INT", str(pid))
        raise NotSureError(f"the engine, process {pid}, does not end\n  fix:      {interrupt}")
