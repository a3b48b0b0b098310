"""Where a rollback by hand leads: the ramp to take back, or that there is nothing to undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ops.journal.ramps import Ramps
from ops.ramp.errors import BadInputError
from ops.ramp.finding import Found, Newest, newest, unfinished
from rollout.lease import Freed
from rollout.plan import Plan
from rollout.progress import hands
from rollout.recall import Told
from rollout.split import Slot, Split
from rollout.way_back import Ended, ended_here, plan_back

_ANOTHER = (
    "  next:     failover ramp to go up again; any other split by hand: "
    "pulumi config set weights A/B && pulumi up"
)


@dataclass(frozen=True, slots=True)
class NothingToUndo:
    """The newest ramp has gone back by itself, and nobody has moved a weight since."""

    freed: Freed
    why: str | None
    """Why it went back; None where its journal is not here."""

    def __str__(self) -> str:
        because = f"\n  because:  {self.why}" if self.why else ""
        return (
            f"nothing to go back to, and nothing was changed: the ramp of "
            f"{'+'.join(self.freed.services)} by {self.freed.hand} has {self.freed.doing} "
            f"already{because}\n{_ANOTHER}"
        )


def way_back(
    ramps: Ramps,
    ramp_id: str,
    history: Sequence[Told],
    live: Mapping[str, Split],
    candidate: Callable[[], Slot | None],
) -> Found | Plan | NothingToUndo:
    """The ramp to take back; the plan of one that is known by the history alone, or of a shift.

    Args:
        ramps: The ramps of the stack that are recorded on this machine.
        ramp_id: The id that a ramp gets that has no journal here.
        history: The stack's updates, the newest first.
        live: The split of every service now.
        candidate: Asks which slot was raised by hand.

    Raises:
        BadInputError: there is no other split to go to.
    """
    unread: list[str] = []  # said by the command already
    found = unfinished(ramps, history, ramp_id, unread)
    if found is not None:
        return found
    ended = ended_here(live, history)
    own = None if ended is None else _own(ended, ramps, unread)
    if ended is not None and ended.freed.went_back:
        return NothingToUndo(ended.freed, own.progress.back if own else None)
    if own is not None:
        return Found(own.folder, own.progress, None)
    told = ended.plan if ended is not None else None
    plan = told or plan_back(live, history, candidate())
    if plan is None:
        where = ", ".join(f"{service} at {split}" for service, split in sorted(live.items()))
        raise BadInputError(
            f"the stack's history has no split to go back to from here: {where}\n"
            f"  expected: a ramp, or a shift by hand, of services that stand together\n{_ANOTHER}"
        )
    return plan


def _own(ended: Ended, ramps: Ramps, unread: list[str]) -> Newest | None:
    """The newest ramp of this machine, where it is the one that ended so."""
    found = newest(ramps, unread)
    if found is None or ended.freed.hand not in hands(found.entries):
        return None
    return found
