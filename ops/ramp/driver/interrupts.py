"""How a step of the driver can end other than well; the driver decides what follows.

Exception
├── GateFailedError     the ramp goes back
├── StopAskedError      the ramp stays where it is
├── WeightsChangedError   the same, and a person is asked
└── LeaseTakenError     the ramp does not begin
"""

from __future__ import annotations

from rollout.step import AskPerson


class GateFailedError(Exception):
    """A gate failed, or was inconclusive until its deadline: the ramp rolls back."""


class StopAskedError(Exception):
    """A person asked to stop."""


class WeightsChangedError(Exception):
    """The live weights are not the ones that this ramp left."""

    def __init__(self, ask: AskPerson) -> None:
        self.ask = ask
        super().__init__(str(ask))


class LeaseTakenError(Exception):
    """Another driver acquired the lease in the moment before this one."""


WAIT_ENDINGS = (GateFailedError, StopAskedError, WeightsChangedError)
"""What a wait may end with."""
