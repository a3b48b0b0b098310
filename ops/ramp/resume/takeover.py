"""A ramp that was left unfinished, and what of it is still in the stack file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ops.ramp.driver.run import Run
from ops.ramp.driver.stack_config import StackConfig
from ops.ramp.stack.config_file import StackFile
from rollout.progress import Progress
from rollout.ramp_event import ConfigChange
from rollout.recovery import HistoryEntry, RecoveredRamp
from rollout.split import Slot
from rollout.weights_key import CANDIDATE, floor_changes


@dataclass(frozen=True, slots=True)
class Takeover:
    """What a new ramp takes over from the unfinished ramp that it replaces."""

    services: tuple[str, ...]
    """Those that it had floors for."""
    candidate: str
    """The slot that it raised."""
    set_candidate: bool
    """Whether it may have set the config's `candidate` to that."""
    candidate_was: str | None
    """What `candidate` was before that; None where the config had none."""

    @classmethod
    def of(cls, progress: Progress | None, recovered: RecoveredRamp | None) -> Takeover | None:
        """By its journal, else by the history; None where there is neither."""
        if progress is not None:
            plan, was = progress.plan, progress.candidate_was
            return cls(plan.services, plan.candidate.value, progress.has_candidate, was)
        if recovered is not None:
            plan, was = recovered.plan, recovered.candidate_was
            return cls(plan.services, plan.candidate.value, set_candidate=True, candidate_was=was)
        return None

    @classmethod
    def left_in(cls, file: StackFile, history: Sequence[HistoryEntry]) -> Takeover | None:
        """What a ramp left in the stack file that was killed before its first `up` had ended.

        If its journal is lost as well, only the file shows it: by floors, which only ramps set, and
        by a `candidate` that no update ever ran with.

        Args:
            file: The current stack file.
            history: The stack's updates, the newest first.
        """
        floors, candidate = file.floors(file.services()), file.value(CANDIDATE)
        if not floors or candidate is None or not history:
            return None
        had, was = history[0].floors, history[0].candidate or None
        if floors == had or candidate == was:
            return None
        return cls(tuple(sorted(floors)), candidate, set_candidate=True, candidate_was=was)

    def persons(self, candidate: Slot | None) -> Slot | None:
        """A person's `candidate`: that of before the ramp, if the config now has the ramp's."""
        if not self.set_candidate or candidate is None or candidate.value != self.candidate:
            return candidate
        return Slot(self.candidate_was) if self.candidate_was else None

    def transfer_to(self, run: Run) -> None:
        """Let the new ramp put back at its end what this one changed.

        Floors of services that the new ramp does not move go at once, by its first `up`.
        """
        config = StackConfig(run)
        now = config.file().value(CANDIDATE)
        if self.set_candidate and now == self.candidate:
            run.record.write(ConfigChange(changes={CANDIDATE: (self.candidate_was, now)}))
        left = set(self.services) - set(run.record.progress.plan.services)
        config.set(floor_changes({}, config.file().floors(left)))
