"""Changing weights: the config, the `up`, the read-back, and the file's way back."""

from __future__ import annotations

from collections.abc import Mapping

from ops.journal.journal import JournalError
from ops.ramp.driver.git import StackFileCommits
from ops.ramp.driver.ports import UpdateResult
from ops.ramp.driver.run import Run
from ops.ramp.driver.stack_config import Changes, StackConfig
from ops.ramp.driver.update import UpdateRunner
from ops.ramp.errors import (
    WAIT_ENDINGS,
    AwsError,
    GateFailedError,
    NotSureError,
    RefusedRampError,
    StopAskedError,
)
from rollout.history_message import Activity, GroupRollback, StageShift
from rollout.plan import RampPlan, Stage
from rollout.ramp_event import RollbackEnd, SplitReadBack, StageStart
from rollout.split import Split


class WeightShifts:
    """The steps of a run that move weights."""

    def __init__(self, run: Run, updates: UpdateRunner) -> None:
        self._run = run
        self._updates = updates
        self._config = StackConfig(run)
        self._commits = StackFileCommits(run.record, run.ports)

    def shift(self, stage: Stage) -> None:
        """Give the group the split of `stage`, and read it back.

        Raises:
            RefusedRampError: the guards refused; no weight moved, the stack file has the old value.
            NotSureError: the `up` failed otherwise, the same; or AWS cannot be read.
            JournalError: it could not be kept meanwhile; the same, unless the weights have moved.
            GateFailedError: a gate failed meanwhile, or the `up` failed with the weights moved.
            WeightsChangedError: it failed, and someone else changed the weights; the same.
            StopAskedError: a person ended it; where weights have moved, the file stays, too.
        """
        run, plan = self._run, self._run.record.progress.plan
        shift = StageShift.to(stage, plan.candidate)
        run.record.write(StageStart.at(stage))
        before = plan.stage(self._run.record.progress.verified).split
        changes = self._config.weights(plan, stage.split)
        back = {
            # What a killed driver was going to set is no old value.
            path: str(before) if old == str(stage.split) else old
            for path, old in self._config.file().values(changes).items()
        }
        self._config.set(changes)
        try:
            ended = self._up(shift)
        except (*WAIT_ENDINGS, NotSureError, JournalError):
            self._put_back_unless_moved(stage.split, back)
            raise
        if ended.error:
            self._refused(stage, before, back, ended)
        self._verify(plan, stage.split)
        splits = dict.fromkeys(plan.services, stage.split)
        run.record.write(SplitReadBack(stage=stage.number, splits=splits))
        run.gates.begin(stage)
        self._commits.commit(f"{plan.group}: {shift}")

    def roll_back(self, to: Split) -> None:
        """Give the group `to`, with the floors that it had there, in one `up`, and read it back.

        Raises:
            NotSureError: the `up` failed, or the live weights are not `to` after it.
        """
        run, progress = self._run, self._run.record.progress
        plan = progress.plan
        started = run.ports.clock.monotonic()
        changes = {**self._config.weights(plan, to), **self._config.candidate(plan)}
        changes |= self._config.lacking_floors(
            {
                s: {plan.stable: progress.floors.get(s, progress.counts[s])[plan.stable]}
                for s in plan.services
            }
        )
        self._config.set(changes)
        ended = self._up(GroupRollback(to))
        if ended.error:
            raise NotSureError(
                f"the rollback to {to} failed; the weights are {self._live_words()}:\n{ended.error}"
                f"\n  fix:      {run.ports.next.rollback}; where the backend cannot be reached: "
                f"{run.ports.next.break_glass}"
            )
        self._verify(plan, to)
        seconds = run.ports.clock.monotonic() - started
        run.record.write(RollbackEnd(to=to, seconds=round(seconds, 3)))
        self._commits.commit(f"{plan.group}: rollback to {to}")

    def _up(self, activity: Activity) -> UpdateResult:
        return self._updates.up(self._run.message(activity))

    def _refused(self, stage: Stage, before: Split, back: Changes, ended: UpdateResult) -> None:
        """Raise the error that a failed `up` of a stage amounts to."""
        try:
            live = self._run.live_splits()
        except AwsError as error:
            self._config.put_back(back)
            raise NotSureError(
                f"stage {stage.number}/{stage.of} failed, and AWS did not return the weights:\n"
                f"{ended.error}\n{error}"
            ) from error
        if not set(live.values()) <= {before, stage.split}:
            self._config.put_back(back)
            self._run.refuse_unexpected(live)
        if set(live.values()) == {before}:
            self._config.put_back(back)
            self._run.refuse_stopped()
            if ended.is_refused:
                raise RefusedRampError(ended.error)
            raise NotSureError(
                f"the `up` of stage {stage.number}/{stage.of} failed, no weight moved, and "
                f"{self._run.ports.engine.stack_file.name} has {before} again:\n{ended.error}"
            )
        if self._run.ports.stop.asked > 1:
            raise StopAskedError(
                f"{self._run.ports.stop.by} in the `up` of stage {stage.number}/{stage.of}, "
                f"which left {_found(live)}; before it"
            )
        raise GateFailedError(
            f"the `up` of stage {stage.number}/{stage.of} failed with the weights at "
            f"{_found(live)}: {ended.error}"
        )

    def _put_back_unless_moved(self, wanted: Split, back: Changes) -> None:
        """After an `up` that was ended, or did not begin: the old value, where nothing moved."""
        try:
            moved = wanted in self._run.live_splits().values()
        except NotSureError:
            moved = False
        if not moved:
            self._config.put_back(back)

    def _verify(self, plan: RampPlan, split: Split) -> None:
        """Read every rule back.

        Raises:
            NotSureError: one is not at `split`.
        """
        live = self._run.live_splits()
        if set(live.values()) != {split}:
            raise NotSureError(
                f"the `up` succeeded, but the live weights differ: {_found(live)}",
                expected=f"{plan.group} at {split}",
                fixes=[f"find out who else changes them, then {self._run.ports.next.go_on}"],
            )

    def _live_words(self) -> str:
        try:
            return _found(self._run.live_splits())
        except NotSureError as error:
            return f"not known ({error})"


def _found(live: Mapping[str, Split]) -> str:
    return ", ".join(f"{service} at {split}" for service, split in sorted(live.items()))
