"""The floors of a ramp, below which no slot may fall, and the lease, acquired with the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops.journal.journal import JournalError
from ops.ramp.driver.git import StackFileCommits
from ops.ramp.driver.run import Run
from ops.ramp.driver.stack_config import (
    Changes,
    StackConfig,
    held_floors,
    owned_floors,
    released_floors,
)
from ops.ramp.driver.update import UpdateRunner
from ops.ramp.errors import (
    WAIT_ENDINGS,
    EngineError,
    GateFailedError,
    LeaseTakenError,
    NotSureError,
)
from ops.ramp.plan.fleets import fleets_in
from rollout.capacity import floors_at
from rollout.fleet import Fleet
from rollout.history_message import (
    HistoryMessage,
    LeaseRelease,
    NewRamp,
    StageCapacity,
    StageShift,
)
from rollout.observation import LiveService
from rollout.plan import RampPlan, Stage
from rollout.progress import holders
from rollout.ramp_event import CapacityChange
from rollout.split import Slot
from rollout.weights_key import floor_changes


class Floors:
    """The steps of a run that change capacity; no weight moves by them."""

    def __init__(self, run: Run, updates: UpdateRunner) -> None:
        self._run = run
        self._updates = updates
        self._config = StackConfig(run)
        self._commits = StackFileCommits(run.record, run.ports)

    def bring(self, stage: Stage) -> None:
        """Set the floors that `stage` takes, and wait until the candidate has them healthy.

        Groups that the stack only names keep their min, unless the config has it raised, and are
        waited for all the same.
        The `up` of the first stage also acquires the lease, so it runs even where nothing changes.

        Raises:
            EngineError: the `up` failed; the floors are what they were.
            LeaseTakenError: another driver acquired the lease first.
            AwsError: AWS refuses a floor, or does not answer.
        """
        run, progress = self._run, self._run.record.progress
        plan = progress.plan
        shift = StageShift.to(stage, plan.candidate)
        floors = self._floors_for(stage)
        file = self._config.file()
        owned = owned_floors(file, floors)
        candidate = self._config.candidate(plan)
        # The file alone is no proof: a driver may have been killed between it and the `up`.
        is_set = owned_floors(file, progress.floors) == file.floors(owned) == owned
        takes_lease = progress.capacity == 0
        if takes_lease or not is_set or candidate:
            activity = NewRamp.of(plan) if stage.number <= 1 else StageCapacity(shift)
            changes = {**floor_changes(owned, owned), **candidate}
            back = {**floor_changes(file.floors(owned), owned), **file.values(candidate)}
            self._apply(changes, back, run.message(activity))
            if takes_lease:
                self._refuse_second(back)
        run.set_floors(held_floors(file, floors))
        why = f"{shift} takes this many; each slot keeps what it had, or has grown to"
        run.record.write(CapacityChange(stage=stage.number, floors=floors, why=why))
        self._wait_for(plan, {s: each[plan.candidate] for s, each in floors.items()})

    def follow(self, stage: Stage) -> bool:
        """Bring the capacity for `stage` once more, where the service has grown since; whether so.

        Raises:
            As `bring`.
        """
        if self._floors_for(stage) == self._run.record.progress.floors:
            return False
        self.bring(stage)
        return True

    def _floors_for(self, stage: Stage) -> dict[str, dict[Slot, int]]:
        """What `stage` takes, as the service is now."""
        progress = self._run.record.progress
        plan, live = progress.plan, self._run.reader.services()
        found = fleets_in({service: live[service] for service in plan.services})
        return floors_at(
            plan, stage.number, progress.counts, progress.fleets, progress.floors, found
        )

    def free(self) -> None:
        """Remove the floors, and release the lease.

        Raises:
            EngineError: the `up` failed; the floors of the config are what they were.
            AwsError: AWS refuses, or does not answer.
        """
        run, progress = self._run, self._run.record.progress
        plan = progress.plan
        split = plan.stage(progress.verified).split
        release = LeaseRelease(split, went_back=progress.back is not None)
        message = HistoryMessage(plan.services, release, run.holder, until=None).format()
        file = self._config.file()
        run.set_floors(released_floors(file, plan.services))
        had, candidate = file.floors(plan.services), self._config.candidate_before()
        self._apply(
            {**floor_changes({}, had), **candidate},
            {**floor_changes(had, had), **file.values(candidate)},
            message,
        )
        # Before it counts as done: after a kill in between it is done again, the commit too.
        self._commits.commit(f"{plan.group}: {release}, without floors")
        run.record.write(
            CapacityChange(stage=progress.capacity, floors={}, why="the ramp needs no more")
        )

    def _apply(self, changes: Mapping[str, str | None], back: Changes, message: str) -> None:
        """Set `changes` and run an `up`; where it fails, the file gets `back`.

        No weight may move by it, so the file gets the live ones first: a stage that was killed
        before its `up` has left there what it was going to set.
        """
        self._config.set({**self._config.weights_as_live(), **changes})
        try:
            ended = self._updates.up(message)
        except (*WAIT_ENDINGS, NotSureError, JournalError):
            self._config.put_back(back)
            raise
        if ended.error:
            self._config.put_back(back)
            self._run.refuse_stopped()
            raise EngineError(
                f"the `up` of the floors failed, and no weight was changed:\n{ended.error}",
                fixes=[f"fix the reported error, then {self._run.ports.next.ramp}"],
            )

    def _refuse_second(self, back: Changes) -> None:
        """Compare the history with what it was before this driver acquired the lease.

        Where the other one is on another host, the stack file is ours alone and gets `back`.

        Raises:
            LeaseTakenError: another holder took it in between, and before us.
        """
        run = self._run
        own = holders(run.ports.journal.entries())
        for past in reversed(run.ports.engine.history()):
            message = HistoryMessage.parse(past.message)
            is_known = past.message in run.ports.known_messages
            if message is None or message.is_release or is_known:
                continue
            if message.holder in own:
                return
            if message.holder.host != run.holder.host:
                self._config.put_back(back)
            raise LeaseTakenError(
                f"{message.holder.by} on {message.holder.host} acquired the lease first: "
                f"{message.activity}"
            )

    def _wait_for(self, plan: RampPlan, needed: Mapping[str, int]) -> None:
        """Wait until the candidate of each service has so many healthy targets, all of one build.

        Raises:
            GateFailedError: not within the guard's wait.
        """
        run, clock = self._run, self._run.ports.clock
        deadline = clock.monotonic() + run.limits.guard_wait
        while True:
            live = run.reader.services()
            lacking = [
                words
                for service in plan.services
                for words in self._missing(service, plan.candidate, live[service], needed[service])
            ]
            if not lacking:
                return
            words = ", ".join(lacking)
            left = deadline - clock.monotonic()
            if left <= 0:
                raise GateFailedError(f"capacity: {words} after {run.limits.guard_wait:.0f} s")
            run.tick(f"capacity: {words}", left)

    def _missing(
        self, service: str, candidate: Slot, live: LiveService, needed: int
    ) -> Iterator[str]:
        slot, name = live.slots[candidate], f"{service}-{candidate}"
        healthy, fleet = len(slot.healthy), slot.fleet
        if healthy < needed:
            file = self._config.file()
            is_held = candidate in file.owned_slots(service) | file.held_slots(service)
            by_hand = "" if is_held or fleet is None else _by_hand(fleet, needed)
            yield f"{name} has {healthy} of {needed} healthy{by_hand}"
        outdated = len(fleet.outdated) if fleet is not None and fleet.kind.has_templates else 0
        if outdated:
            yield f"{name} has {outdated} instances on an old build"


def _by_hand(fleet: Fleet, needed: int) -> str:
    """How to get more members of a fleet that the stack does not size."""
    if fleet.desired >= needed:
        return ""
    grown = fleet.kind.grown(fleet, needed)
    return f" ({fleet.kind.wants(fleet)}, and the stack does not size it: {grown})"
