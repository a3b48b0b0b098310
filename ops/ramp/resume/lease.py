"""Who holds the lease: by the history, which all share, and by the journal of this folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ops.ramp.driver.processes import Processes
from ops.ramp.errors import RefusedRampError
from ops.ramp.stack.commands import Choice
from rollout.command import ROLLBACK
from rollout.history_message import current_lease
from rollout.lease import Lease, LeaseHolder, LeaseState, lease_state
from rollout.progress import Progress
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
