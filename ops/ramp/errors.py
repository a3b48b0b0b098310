"""The errors of a ramp: those that end a command, each with its exit code, and how a step can end.

RampError
├── RefusedRampError a guard or a gate refused, or the ramp may not start (1)
├── BadInputError    the options or the config make no ramp (2)
└── NotSureError     it changed nothing more and asks a person (3)
    ├── AwsError     AWS cannot be read: credentials, throttling, network
    │   └── TransientAwsError  it throttles or is out of reach, and may answer a moment later
    ├── BackendError  the engine's backend cannot be read
    ├── DeadSlotError  a rollback would put requests onto a slot without a healthy target
    └── EngineError  the engine failed in an update that changes no weights

A step of the driver can end other than well; the driver decides what follows:

Exception
├── GateFailedError      the ramp goes back
├── StopAskedError       the ramp stays where it is
├── WeightsChangedError  the same, and a person is asked
└── LeaseTakenError      the ramp does not begin
"""

from __future__ import annotations

from ops.errors import CommandError
from rollout.step import AskPerson


class RampError(CommandError):
    """Base of every error that ends a command; its text is for a person."""


class RefusedRampError(RampError):
    """A guard or a gate refused; nothing is left half done."""

    exit_code = 1


class BadInputError(RampError):
    """The options or the config make no ramp; nothing was begun."""

    exit_code = 2


class NotSureError(RampError):
    """Only a person can decide; nothing more was changed."""


class AwsError(NotSureError):
    """AWS cannot be read."""


class TransientAwsError(AwsError):
    """AWS throttles or is out of reach: worth asking again."""


class BackendError(NotSureError):
    """The engine's backend cannot be read; nothing was changed."""


class DeadSlotError(NotSureError):
    """A rollback would put requests onto a slot without a healthy target; nothing was changed."""


class EngineError(NotSureError):
    """The engine exited with an error; the text holds its own words."""


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
