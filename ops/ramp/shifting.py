"""Changing weights and floors: the config, the `up`, the read-back, and the way back of a file."""

from __future__ import annotations

from collections.abc import Mapping

from ops.ramp.effects import EndedUpdate
from ops.ramp.errors import AwsError, EngineError, NotSureError, RefusedError
from ops.ramp.run import GateFailedError, Run
from ops.ramp.stack_file import StackFile
from ops.ramp.updating import Updating
from rollout.capacity import Fleet, floors_at
from rollout.entry import Json, Kind
from rollout.lease import doing_stage, doing_start, last_message_of, message_of
from rollout.plan import Plan, Stage
from rollout.split import Slot, Split
from rollout.weights_key import floor_changes, weight_changes

Changes = Mapping[str, str | None]


class Shifting:
    """The steps of a run that change something."""

    def __init__(self, run: Run, updating: Updating) -> None:
        self._run = run
        self._updating = updating

    def bring_capacity(self, stage: Stage) -> None:
        """Set the floors that `stage` takes, and wait until the candidate has them healthy.

        The `up` of the first stage also takes the wheel, so it runs even where nothing changes.

        Raises:
            EngineError: the `up` failed; the floors are what they were.
            SecondHandError: somebody else took the wheel first.
        """
        run, progress = self._run, self._run.progress
        plan = progress.plan
        live = run.effects.aws.services()
        fleets = {
            service: Fleet(
                progress.counts[service],
                {slot: live[service].slots[slot].largest for slot in Slot},
            )
            for service in plan.services
        }
        floors = floors_at(plan, stage.number, fleets)
        file = self._file()
        has_changed = file.floors(plan.services) != floors
        takes_the_wheel = not progress.has_floors
        if has_changed or takes_the_wheel:
            doing = (
                doing_start(plan)
                if stage.number <= 1
                else f"capacity for {doing_stage(plan, stage)}"
            )
            changes = floor_changes(floors, plan.services)
            back = floor_changes(file.floors(plan.services), plan.services)
            self._apply(changes, back, message_of(plan, doing, run.hand, run.until()))
        if takes_the_wheel:
            run.refuse_second()
        run.write(
            Kind.CAPACITY,
            stage=stage.number,
            floors={s: {str(k): n for k, n in each.items()} for s, each in floors.items()},
            why=f"{doing_stage(plan, stage)} takes this many; each slot keeps what it had",
        )
        self._wait_for(plan, {s: each[plan.candidate] for s, each in floors.items()})

    def shift(self, stage: Stage) -> None:
        """Give the group the split of `stage`, and read it back.

        Raises:
            RefusedError: the guards refused; no weight moved, and the stack file has the old value.
            NotSureError: the `up` failed otherwise, the same; or AWS cannot be read.
            GateFailedError: a gate said fail meanwhile.
        """
        run, plan = self._run, self._run.progress.plan
        run.write(Kind.STAGE_STARTED, stage=stage.number, of=stage.of, split=str(stage.split))
        before = plan.stage(self._run.progress.verified).split
        changes = self._weights(plan, stage.split)
        back = self._file().values(changes)
        self._set(changes)
        try:
            ended = self._up(doing_stage(plan, stage))
        except (GateFailedError, NotSureError):
            self._put_back_unless_moved(before, back)
            raise
        if ended.error:
            self._refused(stage, before, back, ended)
        self._verify(plan, stage.split)
        run.write(Kind.VERIFIED, stage=stage.number, splits=_texts(plan, stage.split))
        run.begin(stage)
        self._commit(f"{plan.group}: {doing_stage(plan, stage)}")

    def roll_back(self, to: Split) -> None:
        """Give the group `to`, with the floors that it had there, in one `up`, and read it back.

        Raises:
            NotSureError: the `up` failed, or the live weights are not `to` after it.
        """
        run, progress = self._run, self._run.progress
        plan = progress.plan
        started = run.effects.clock.monotonic()
        changes: dict[str, str | None] = {**self._weights(plan, to)}
        if not progress.has_floors:
            floors = {s: {plan.stable: progress.counts[s][plan.stable]} for s in plan.services}
            changes |= floor_changes(floors, plan.services)
        self._set(changes)
        message = message_of(plan, f"rollback to {to}", run.hand, run.until())
        ended = self._updating.up(message)
        if ended.error:
            raise NotSureError(
                f"the rollback to {to} failed; the weights are {self._live_words()}:\n{ended.error}"
                f"\n  mend:     failover rollback; where the backend cannot be reached: "
                "failover rollback --break-glass"
            )
        self._verify(plan, to)
        seconds = run.effects.clock.monotonic() - started
        run.write(Kind.ROLLBACK_FINISHED, to=str(to), seconds=round(seconds, 3))
        self._commit(f"{plan.group}: rollback to {to}")

    def free(self) -> None:
        """Remove the floors, and let go of the wheel.

        Raises:
            EngineError: the `up` failed; the floors are what they were.
        """
        run, progress = self._run, self._run.progress
        plan = progress.plan
        split = plan.stage(progress.verified).split
        word = "rolled back to" if progress.back is not None else "released at"
        message = last_message_of(plan, f"{word} {split}", run.hand)
        had = self._file().floors(plan.services)
        self._apply(floor_changes({}, had), floor_changes(had, had), message)
        run.write(Kind.CAPACITY, stage=progress.capacity, floors={}, why="the ramp needs no more")

    def _apply(self, changes: Mapping[str, str | None], back: Changes, message: str) -> None:
        """Set `changes` and run an `up`; where it fails, the file gets `back`.

        No weight may move by it, so the file gets the live ones first: a stage that was killed
        before its `up` has left there what it was going to set.
        """
        self._set({**self._as_live(), **changes})
        ended = self._updating.up(message)
        if ended.error:
            self._set(back)
            self._run.refuse_stopped()
            raise EngineError(
                f"the `up` of the floors failed, and no weight was changed:\n{ended.error}\n"
                "  mend:     what it says, then failover ramp"
            )

    def _up(self, doing: str) -> EndedUpdate:
        run = self._run
        return self._updating.up(message_of(run.progress.plan, doing, run.hand, run.until()))

    def _refused(self, stage: Stage, before: Split, back: Changes, ended: EndedUpdate) -> None:
        """Say what a failed `up` of a stage comes to."""
        try:
            live = self._run.live_splits()
        except AwsError as error:
            self._set(back)
            raise NotSureError(
                f"stage {stage.number}/{stage.of} failed, and AWS does not tell the weights:\n"
                f"{ended.error}\n{error}"
            ) from error
        if set(live.values()) == {before}:
            self._set(back)
            self._run.refuse_stopped()
            if ended.is_refused:
                raise RefusedError(ended.error)
            raise NotSureError(
                f"the `up` of stage {stage.number}/{stage.of} failed, no weight moved, and "
                f"{self._run.effects.engine.stack_file.name} has {before} again:\n{ended.error}"
            )
        self._run.write(Kind.UP_SAID, line=f"some rules moved: {_found(live)}")
        raise GateFailedError(f"stage {stage.number}/{stage.of} moved a part of the group only")

    def _put_back_unless_moved(self, before: Split, back: Changes) -> None:
        """After an `up` that was ended: the old value, where no weight has moved."""
        try:
            moved = set(self._run.live_splits().values()) != {before}
        except NotSureError:
            moved = False
        if not moved:
            self._set(back)

    def _verify(self, plan: Plan, split: Split) -> None:
        """Read every rule back.

        Raises:
            NotSureError: one is not at `split`.
        """
        live = self._run.live_splits()
        if set(live.values()) != {split}:
            raise NotSureError(
                f"the `up` ended well, but the live rules say otherwise: {_found(live)}\n"
                f"  expected: {plan.group} at {split}\n"
                "  mend:     see who else changes them, then failover ramp or failover rollback"
            )

    def _wait_for(self, plan: Plan, needed: Mapping[str, int]) -> None:
        """Wait until the candidate of each service has so many healthy targets.

        Raises:
            GateFailedError: not within the guard's wait.
        """
        run, clock = self._run, self._run.effects.clock
        deadline = clock.monotonic() + run.limits.guard_wait
        while True:
            live = run.effects.aws.services()
            short = {
                service: live[service].slots[plan.candidate].healthy
                for service in plan.services
                if live[service].slots[plan.candidate].healthy < needed[service]
            }
            if not short:
                return
            words = ", ".join(
                f"{service}-{plan.candidate} has {healthy} of {needed[service]} healthy"
                for service, healthy in short.items()
            )
            left = deadline - clock.monotonic()
            if left <= 0:
                raise GateFailedError(f"capacity: {words} after {run.limits.guard_wait:.0f} s")
            run.tick(f"capacity: {words}", left)

    def _weights(self, plan: Plan, split: Split) -> dict[str, str]:
        file = self._file()
        return weight_changes(plan.services, file.services(), file.services_with_weights(), split)

    def _set(self, changes: Changes) -> None:
        if not changes:
            return
        old = self._file().values(changes)
        self._run.write(
            Kind.CONFIG_CHANGED, changes={path: [old[path], new] for path, new in changes.items()}
        )
        self._run.effects.engine.set_config(changes)

    def _as_live(self) -> dict[str, str | None]:
        """What the file has to say of the weights to leave them alone, as far as it does not."""
        progress = self._run.progress
        live = set(self._run.live_splits().values())
        split = live.pop() if len(live) == 1 else progress.plan.stage(progress.verified).split
        file = self._file()
        changes = self._weights(progress.plan, split)
        return {path: value for path, value in changes.items() if file.value(path) != value}

    def _file(self) -> StackFile:
        return StackFile.read(self._run.effects.engine.stack_file)

    def _commit(self, message: str) -> None:
        """Make the commit of a stage, or say which one to make."""
        run = self._run
        commit = ""
        if run.effects.git is not None:
            commit = run.effects.git.commit(run.effects.engine.stack_file, message)
            if run.effects.pushes:
                run.effects.git.push()
        run.write(Kind.COMMIT, message=message, commit=commit, pushed=run.effects.pushes)

    def _live_words(self) -> str:
        try:
            return _found(self._run.live_splits())
        except NotSureError as error:
            return f"not known ({error})"


def _texts(plan: Plan, split: Split) -> dict[str, Json]:
    return {service: str(split) for service in plan.services}


def _found(live: Mapping[str, Split]) -> str:
    return ", ".join(f"{service} at {split}" for service, split in sorted(live.items()))
