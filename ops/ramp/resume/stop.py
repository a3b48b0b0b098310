"""Stops the lease's holder on this host, and waits for an engine that a killed driver left."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ops.ramp.driver.processes import Processes
from ops.ramp.errors import NotSureError
from ops.ramp.resume.lease import ActiveRamp, is_driving
from rollout.command import ROLLBACK, Command
from rollout.entry import Entry
from rollout.ramp_event import UpdateEnd, UpdateStart

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
