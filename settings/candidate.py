"""The slot that a ramp raises, where the config says so."""

from __future__ import annotations

from dataclasses import dataclass

from rollout.split import Slot
from settings.declaration.key import Key
from settings.declaration.kind import Json, RefusedValueError, ValueProblem


@dataclass(frozen=True, slots=True)
class SlotName:
    """The kind of a slot's name."""

    name: str = "slot"
    expected: str = "01 or 02"

    def read(self, value: Json) -> Slot:
        """The slot."""
        if not isinstance(value, str) or value not in list(Slot):
            raise RefusedValueError(ValueProblem(value, self.expected, instead=_meant(value)))
        return Slot(value)


CANDIDATE = Key(
    "candidate",
    SlotName(),
    "The slot that a ramp raises. Without it that is the slot that was released last.",
    Slot.SECOND,
)


def _meant(value: Json) -> str | None:
    """The slot behind `2`, which is what YAML makes of `02` without quotes."""
    text = f"0{value}" if isinstance(value, int) else f"0{value}"[-2:]
    return text if text in list(Slot) else None
