"""A ramp that was left unfinished, and what of it is still in the stack file."""

from __future__ import annotations

from dataclasses import dataclass

from ops.ramp.run import Run
from ops.ramp.stack_config import StackConfig
from rollout.entry import Kind
from rollout.plan import Plan
from rollout.progress import Progress
from rollout.recall import Recalled
from rollout.split import Slot
from rollout.weights_key import CANDIDATE, floor_changes


@dataclass(frozen=True, slots=True)
class Abandoned:
    """What a new ramp takes over of one that it is started in place of, by `--anew`."""

    plan: Plan
    set_candidate: bool
    """Whether it may have set the config's `candidate`."""
    candidate_was: str | None
    """What `candidate` was before that; None where the config had none."""

    @classmethod
    def of(cls, progress: Progress | None, recalled: Recalled | None) -> Abandoned | None:
        """By its journal, else by the history; None where there is neither."""
        if progress is not None:
            return cls(progress.plan, progress.has_candidate, progress.candidate_was)
        if recalled is not None:
            return cls(recalled.plan, set_candidate=True, candidate_was=recalled.candidate_was)
        return None

    def persons(self, candidate: Slot | None) -> Slot | None:
        """The config's `candidate` as a person has left it, where it now says `candidate`."""
        is_ours = self.set_candidate and candidate is self.plan.candidate
        if not is_ours:
            return candidate
        return Slot(self.candidate_was) if self.candidate_was else None

    def hand_over(self, run: Run) -> None:
        """Let the new ramp put back at its end what this one changed.

        Floors of services that the new ramp does not move go at once, by its first `up`.
        """
        config = StackConfig(run)
        now = config.file().value(CANDIDATE)
        if self.set_candidate and now == self.plan.candidate.value:
            run.write(Kind.CONFIG_CHANGED, changes={CANDIDATE: [self.candidate_was, now]})
        left = set(self.plan.services) - set(run.progress.plan.services)
        config.set(floor_changes({}, config.file().floors(left)))
