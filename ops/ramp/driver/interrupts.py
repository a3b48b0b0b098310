"""How a step of the driver can end other than well; the driver decides what follows.

Exception
├── GateFailedError     the ramp goes back
├── StopAskedError      the ramp stays where it is
├── SomebodyElseError   the same, and a person is asked
└── SecondHandError     the ramp does not begin
"""

from __future__ import annotations

from rollout.step import AskPerson


class GateFailedError(Exception):
    """A gate said fail, or could not tell until its deadline: the ramp goes back."""


class StopAskedError(Exception):
    """A person asked to stop."""


class SomebodyElseError(Exception):
    """The live weights are not the ones that this ramp left."""

    def __init__(self, ask: AskPerson) -> None:
        self.ask = ask
        super().__init__(str(ask))


class SecondHandError(Exception):
    """Somebody else took the wheel in the moment before we did."""


WAYS_OUT = (GateFailedError, StopAskedError, SomebodyElseError)
"""What a wait may end with."""
