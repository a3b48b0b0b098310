"""Who has the wheel: by the history, which all share, and by the journal of this folder."""

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
from rollout.lease import Lease, LeaseClaim, LeaseHolder, claim
from rollout.progress import Progress
from rollout.recovery import HistoryEntry


@dataclass(frozen=True, slots=True)
class AtWork:
    """A driver that has the wheel, as far as anybody knows."""

    hand: LeaseHolder
    group: str
    doing: str
    is_going_back: bool = False


def at_work(history: Sequence[HistoryEntry], here: Progress | None) -> list[AtWork]:
    """Who may be at work, the one whom all know of first.

    The history tells of a driver when its first update has ended, and not of the process that goes
    on with a ramp. In between its journal does, in the same folder.

    Args:
        history: The stack's updates, the newest first.
        here: The newest ramp of this folder.
    """
    lease = current_lease([told.message for told in history])
    told = None if lease is None else _told(lease)
    if here is None or here.is_over:
        return [] if told is None else [told]
    if told is not None and told.hand == here.holder:
        return [replace(told, is_going_back=here.back is not None)]
    so_far = f"{here.plan.stage(here.verified).split} so far"
    own = AtWork(here.holder, here.plan.group, so_far, is_going_back=here.back is not None)
    return [own] if told is None else [told, own]


def _told(lease: Lease) -> AtWork:
    return AtWork(lease.holder, "+".join(lease.services), lease.activity)


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
    """Let nobody else have the wheel.

    Args:
        history: The stack's updates, the newest first.
        here: The newest ramp of this folder.
        own: Who asks.
        now: The time.
        processes: Of this host.
        take_over: Whether a person says that who has it is gone.
        choice: What was asked for, to be asked for again.

    Raises:
        RefusedError: somebody else ramps; one who is alive on this host even where `take_over`.
    """
    choice = choice or Choice()
    rollback = ROLLBACK.with_options(*choice.stack_option)
    for one in at_work(history, here):
        if is_driving(one.hand, processes):
            raise _held(one, "", f"wait, or {rollback}, which stops it")
    lease = current_lease([told.message for told in history])
    if claim_of(lease, own, now, processes) is LeaseClaim.HELD and not take_over:
        assert lease is not None
        raise _held(
            _told(lease),
            f", until {lease.until:%Y-%m-%dT%H:%M:%SZ}",
            f"wait, or {rollback}; where that process is gone for sure: "
            f"{choice.command('--take-over')}",
        )


def _held(one: AtWork, until: str, fix: str) -> RefusedRampError:
    return RefusedRampError(
        f"{one.hand.by} ramps {one.group} from {one.hand.host} (process {one.hand.pid}): "
        f"{one.doing}{until}\n"
        "  expected: one hand on the wheel\n"
        f"  fix:      {fix}"
    )


def claim_of(
    lease: Lease | None, own: LeaseHolder, now: datetime, processes: Processes
) -> LeaseClaim:
    """What `lease` means, its process looked up where it would be on this host."""
    is_alive = lease is not None and is_driving(lease.holder, processes)
    return claim(lease, own, now, is_alive=is_alive)


def is_driving(hand: LeaseHolder, processes: Processes) -> bool:
    """Whether it is a `failover` that is alive on this host; an id may be another's by now."""
    if hand.pid == os.getpid() or not processes.is_this_host(hand.host):
        return False
    if not processes.is_alive(hand.pid):
        return False
    command = processes.command(hand.pid)
    return "failover" in command or "ops.cli" in command
