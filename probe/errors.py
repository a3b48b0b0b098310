"""The errors of the prober.

ProbeError
├── OptionsError            options that cannot be, all of them reported together
├── RecordError             a record file that cannot be read or written
├── ConnectionEnded         the server closed in good order while an answer was due
└── ExchangeError           a request that got no whole answer, with its class
    └── MalformedResponse   the answer is not HTTP/1.1
"""

from __future__ import annotations

from probe.fault import RequestFault
from rollout.problem import Problem, listed


class ProbeError(Exception):
    """Base of every error that this package raises."""


class OptionsError(ProbeError):
    """Bad input; its text lists every problem, with what fixes it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Hold `problems`, of which there is at least one."""
        self.problems = problems
        super().__init__(problems)

    def __str__(self) -> str:
        return listed(self.problems, "the options", "nothing was sent")


class RecordError(ProbeError):
    """A record file that is missing, is of another kind, or could not be written."""


class ConnectionEnded(ProbeError):  # noqa: N818  (an end, not always an error)
    """The server closed in good order (FIN) while an answer was due."""


class ExchangeError(ProbeError):
    """A request that got no whole answer."""

    def __init__(self, fault: RequestFault, detail: str = "") -> None:
        """Hold the class of the fault, and what was seen."""
        self.fault = fault
        self.detail = detail
        super().__init__(fault, detail)


class MalformedResponse(ExchangeError):  # noqa: N818  (the noun says it; it is an error by its base)
    """What came back is not HTTP/1.1."""

    def __init__(self, detail: str) -> None:
        """Hold what was found where."""
        super().__init__(RequestFault.MALFORMED_RESPONSE, detail)
