"""What every gate is to the driver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rollout.split import Slot, Split
from rollout.target_health import RampCounts
from rollout.verdict import Verdict


@dataclass(frozen=True, slots=True)
class StageMark:
    """That a stage's split was read back from the live rules."""

    services: Sequence[str]
    candidate: Slot
    stable: Slot
    splits: Mapping[str, Split]
    """Per service."""
    verified_at: datetime
    """In UTC. No evidence from before it counts for the stage."""
    number: int
    """From 1 to `of`; 0 before the first stage, with the candidate at the weight it starts from."""
    of: int
    """How many stages the ramp has."""
    counted: Mapping[str, RampCounts]
    """Per service, what the ramp has counted of its instances."""
    is_released: bool = False
    """Whether the floors are gone: from then on scaling policies may cut the stable slot."""

    def weight_of_candidate(self, service: str) -> int:
        """The candidate's share of the service's new requests, 0 to 100."""
        return self.splits[service].weight_of(self.candidate)


class Gate(Protocol):
    """One question, asked again and again while a ramp goes on.

    The driver calls these from one thread, in this order: `begin` once before the first stage
    (number 0), after each verified stage, and for the last stage again when the floors are gone,
    with the same `verified_at`; `judge` in between, about every second; and `close` at the end,
    whatever happened. A gate that has to wait for an answer waits in the background.
    """

    @property
    def name(self) -> str:
        """As the config spells it, such as `targets`."""
        ...

    def begin(self, stage: StageMark) -> None:
        """A stage was verified: judge it from now on."""
        ...

    def judge(self) -> Verdict:
        """The answer as of now, in well under a second; never raises for what AWS answers."""
        ...

    def close(self) -> None:
        """End what runs in the background; idempotent."""
        ...
