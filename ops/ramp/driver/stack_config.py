"""The stack file of a run, and every change of it, written to the journal before it is made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from ops.journal.journal import JournalError
from ops.ramp.driver.run import Run
from ops.ramp.stack.config_file import StackFile
from rollout.plan import RampPlan
from rollout.ramp_event import ConfigChange
from rollout.split import Slot, Split
from rollout.weights_key import CANDIDATE, floor_changes, weight_changes

Changes = Mapping[str, str | None]
"""A value by its config path; None removes the key."""


class StackConfig:
    """Reads and changes the stack file."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def set(self, changes: Changes) -> None:
        """Write it down, then write it into the file; nothing where there is no change."""
        if not changes:
            return
        old = self.file().values(changes)
        self._run.record.write(
            ConfigChange(changes={path: (old[path], new) for path, new in changes.items()})
        )
        self._run.ports.engine.set_config(changes)

    def put_back(self, changes: Changes) -> None:
        """The same, for values of before; an entry that is not kept holds the file not up."""
        try:
            self.set(changes)
        except JournalError:  # among the run's lost entries now
            self._run.ports.engine.set_config(changes)

    def weights(self, plan: RampPlan, split: Split) -> dict[str, str]:
        """What gives the group of `plan` this split."""
        file = self.file()
        return weight_changes(plan.services, file.services(), file.services_with_weights(), split)

    def lacking_floors(self, floors: Mapping[str, Mapping[Slot, int]]) -> Changes:
        """What sets these floors where the file has none, as far as the groups are the stack's.

        It has none after the hold, where an `up` that was to remove them was ended, and in a clone
        that the ramp was not begun from.
        """
        file = self.file()
        owned = owned_floors(file, floors)
        return {p: v for p, v in floor_changes(owned, owned).items() if file.value(p) is None}

    def candidate(self, plan: RampPlan) -> dict[str, str | None]:
        """What has the guards raise the slot that the ramp raises, as far as the file does not.

        Where the config names none, the program takes the slot that was released last, or else the
        one that was raised last. A ramp may raise the other, and its way back would then count as a
        way up.
        """
        wanted = plan.candidate.value
        return {} if self.file().value(CANDIDATE) == wanted else {CANDIDATE: wanted}

    def candidate_before(self) -> dict[str, str | None]:
        """What puts the `candidate` of before the ramp back."""
        progress = self._run.record.progress
        return {CANDIDATE: progress.candidate_was} if progress.has_candidate else {}

    def weights_as_live(self) -> dict[str, str | None]:
        """The changes after which the file has the live weights."""
        progress = self._run.record.progress
        live = set(self._run.live_splits().values())
        split = live.pop() if len(live) == 1 else progress.plan.stage(progress.verified).split
        file = self.file()
        changes = self.weights(progress.plan, split)
        return {path: value for path, value in changes.items() if file.value(path) != value}

    def file(self) -> StackFile:
        """The current stack file."""
        return StackFile.read(self._run.ports.engine.stack_file)


def owned_floors(
    file: StackFile, floors: Mapping[str, Mapping[Slot, int]]
) -> dict[str, dict[Slot, int]]:
    """Those of `floors` that the config sets: of the groups that the stack makes."""
    return _of_slots(floors, file.owned_slots)


def held_floors(
    file: StackFile, floors: Mapping[str, Mapping[Slot, int]]
) -> dict[str, dict[Slot, int]]:
    """Those of `floors` that the driver sets in AWS: the rest is waited for."""
    return _of_slots(floors, file.held_slots)


def released_floors(file: StackFile, services: Iterable[str]) -> dict[str, dict[Slot, None]]:
    """What gives back the floors that the driver may have set in AWS."""
    held = {service: dict.fromkeys(file.held_slots(service)) for service in services}
    return {service: each for service, each in held.items() if each}


def _of_slots(
    floors: Mapping[str, Mapping[Slot, int]], slots_of: Callable[[str], Collection[Slot]]
) -> dict[str, dict[Slot, int]]:
    found = {
        service: {slot: n for slot, n in each.items() if slot in slots_of(service)}
        for service, each in floors.items()
    }
    return {service: each for service, each in found.items() if each}
