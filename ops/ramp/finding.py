"""Finding the ramp that is under way, or that somebody else's hand is on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ops.journal.journal import FileJournal, journals
from ops.ramp.errors import RefusedError
from ops.ramp.processes import Processes
from rollout.lease import Claim, Hand, Lease, claim, current_lease, read_freed, read_lease
from rollout.plan import Plan
from rollout.progress import Progress, folded, hands
from rollout.recall import Recalled, Told, recalled


@dataclass(frozen=True, slots=True)
class Found:
    """A ramp that is not over."""

    folder: Path
    """Where its journal lies, or is to lie."""
    progress: Progress | None
    """What its own journal tells; None where only the history knows it."""
    recalled: Recalled | None
    """What the history tells, where there is no journal of it here."""

    @property
    def plan(self) -> Plan:
        """What it set out to do."""
        if self.progress is not None:
            return self.progress.plan
        assert self.recalled is not None, "a ramp is known by its journal or by the history"
        return self.recalled.plan


def unfinished(ramps: Path, history: Sequence[Told], ramp_id: str) -> Found | None:
    """The ramp that is to be gone on with; None where there is none.

    The history is what all share, so a journal of this machine counts only as long as no other hand
    has begun a ramp since.
    """
    from_history = recalled(history)
    for folder in journals(ramps)[:1]:
        journal = FileJournal(folder)
        progress = folded(journal.entries())
        if progress is None:
            continue
        if _is_ended_in(history, journal, progress):
            continue
        is_of_history = from_history is not None and from_history.lease.hand in hands(
            journal.entries()
        )
        if not progress.is_over and (is_of_history or from_history is None):
            return Found(folder, progress, None)
    if from_history is None:
        return None
    return Found(ramps / ramp_id, None, from_history)


def _is_ended_in(history: Sequence[Told], journal: FileJournal, progress: Progress) -> bool:
    """Whether the shared history tells the end of a ramp whose journal does not.

    Somebody else has ended it, from another machine; or the disk was full when it went back.
    """
    if progress.capacity == 0:
        return False  # it never took the wheel, so the history tells of others
    for past in history:
        if read_lease(past.message) is not None:
            return False
        freed = read_freed(past.message)
        if freed is not None:
            went_back_unseen = freed.went_back and progress.back is None
            return went_back_unseen or freed.hand not in hands(journal.entries())
    return False


def newest(ramps: Path) -> tuple[Path, Progress] | None:
    """The newest ramp of this machine, over or not."""
    for folder in journals(ramps):
        progress = folded(FileJournal(folder).entries())
        if progress is not None:
            return folder, progress
    return None


def refuse_held(
    history: Sequence[Told], own: Hand, now: datetime, processes: Processes, *, take_over: bool
) -> Claim:
    """What the lease in the history means for us.

    Raises:
        RefusedError: somebody else ramps.
    """
    lease = current_lease([told.message for told in history])
    state = claim_of(lease, own, now, processes)
    if state is Claim.HELD and not take_over:
        assert lease is not None
        raise RefusedError(
            f"{lease.hand.by} ramps {'+'.join(lease.services)} from {lease.hand.host} "
            f"(process {lease.hand.pid}): {lease.doing}, until {lease.until:%Y-%m-%dT%H:%M:%SZ}\n"
            "  expected: one hand on the wheel\n"
            "  mend:     wait, or failover rollback; where that process is gone for sure: "
            "failover ramp --take-over"
        )
    return state


def claim_of(lease: Lease | None, own: Hand, now: datetime, processes: Processes) -> Claim:
    """What `lease` means, its process looked up where it would be on this host."""
    is_here = lease is not None and processes.is_this_host(lease.hand.host)
    is_alive = lease is not None and is_here and is_driver(processes, lease.hand.pid)
    return claim(lease, own, now, is_alive=is_alive)


def is_driver(processes: Processes, pid: int) -> bool:
    """Whether the process is alive and a `failover`; an id may have been given to another."""
    command = processes.command(pid)
    return processes.is_alive(pid) and ("failover" in command or "ops.cli" in command)
