"""Faults of AWS that a test asks for: throttling, outages, expired credentials, silence."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from rehearsal.control_plane.api_requests import ApiError, RecordedCall
from rehearsal.control_plane.world import WorldClock
from rollout.json_value import is_list, is_map

SERVICE_NAMES = {"elbv2": "elasticloadbalancing", "cloudwatch": "monitoring"}
"""boto3's name of a service, where a signature has another."""

SILENT_SECONDS = 600.0
"""The longest that a silent request is held; no client waits that long."""

_OPTIONS = frozenset({"operations", "answer", "seconds", "calls", "accessKeys"})

Answers = Callable[[RecordedCall], ApiError]


def _throttling(call: RecordedCall) -> ApiError:
    """Source: each service's API reference, "Common errors"; EC2's "Request throttling"."""
    if call.service == "ec2":
        return ApiError(
            "RequestLimitExceeded", "Request limit exceeded.", "503 Service Unavailable"
        )
    if call.service == "s3":
        return ApiError("SlowDown", "Please reduce your request rate.", "503 Slow Down")
    return ApiError("Throttling", "Rate exceeded")


def _request_limit(call: RecordedCall) -> ApiError:
    del call
    return ApiError("RequestLimitExceeded", "Request limit exceeded.", "503 Service Unavailable")


def expired_token(call: RecordedCall) -> ApiError:
    """What a request with credentials that have expired is answered."""
    if call.service == "ec2":
        return ApiError("RequestExpired", "Request has expired.")
    return ApiError(
        "ExpiredToken", "The security token included in the request is expired", "403 Forbidden"
    )


def _access_denied(call: RecordedCall) -> ApiError:
    if call.service == "ec2":
        return ApiError(
            "UnauthorizedOperation",
            "You are not authorized to perform this operation.",
            "403 Forbidden",
        )
    return ApiError(
        "AccessDenied",
        f"User: arn:aws:iam::123456789012:user/rehearsal is not authorized to perform: "
        f"{call.service}:{call.operation}",
        "403 Forbidden",
    )


def _unavailable(call: RecordedCall) -> ApiError:
    name = "Unavailable" if call.service == "ec2" else "ServiceUnavailable"
    return ApiError(
        name, "The service is unavailable. Please try again.", "503 Service Unavailable"
    )


def _internal_error(call: RecordedCall) -> ApiError:
    name = "InternalError" if call.service == "ec2" else "InternalFailure"
    return ApiError(name, "An internal error has occurred", "500 Internal Server Error")


SILENT = "silent"
"""The answer that never comes: the connection stays open until the fault ends, then closes."""

ANSWERS: dict[str, Answers] = {
    "Throttling": _throttling,
    "RequestLimitExceeded": _request_limit,
    "ExpiredToken": expired_token,
    "AccessDenied": _access_denied,
    "ServiceUnavailable": _unavailable,
    "InternalFailure": _internal_error,
}


class FaultRequestError(ValueError):
    """A list of faults that cannot be injected; the text names the entry and the reason."""


@dataclass(slots=True, eq=False)
class InjectedFault:
    """One fault: what it meets, what it answers, and for how long."""

    operations: tuple[str, ...]
    """Patterns: `ModifyRule`, `elbv2:Describe*`, `*`."""
    answer: str
    """A key of `ANSWERS`, or `SILENT`."""
    until: float
    """Epoch seconds; infinite where no end was asked for."""
    calls_left: float
    """How many more requests it meets."""
    access_keys: tuple[str, ...]
    """Patterns of access key ids."""
    met: int = 0
    """How many requests it has met."""

    def meets(self, call: RecordedCall, now: float) -> bool:
        """Whether it is what `call` runs into at `now`."""
        is_on = now < self.until and self.calls_left > 0
        return is_on and self._names(call) and _matches(call.access_key_id, self.access_keys)

    def _names(self, call: RecordedCall) -> bool:
        names = (call.operation, f"{call.service}:{call.operation}")
        return any(_matches(name, self.operations) for name in names)

    @property
    def as_json(self) -> dict[str, Any]:
        """The fault as it was asked for, with how often it was met."""
        return {
            "operations": list(self.operations),
            "answer": self.answer,
            "until": None if math.isinf(self.until) else self.until,
            "callsLeft": None if math.isinf(self.calls_left) else self.calls_left,
            "accessKeys": list(self.access_keys),
            "met": self.met,
        }


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


@dataclass(slots=True)
class InjectedFaults:
    """The faults in force. The first that meets a request decides."""

    clock: WorldClock
    _faults: list[InjectedFault] = field(default_factory=list[InjectedFault])
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def replace(self, entries: Any) -> None:
        """Put these faults in the place of all others; an empty list lifts all.

        Raises:
            FaultRequestError: an entry is not one; nothing is changed.
        """
        if not is_list(entries):
            raise FaultRequestError("expected a list of faults")
        now = self.clock.now()
        faults = [_parsed(number, entry, now) for number, entry in enumerate(entries)]
        with self._changed:
            self._faults = faults
            self._changed.notify_all()

    def met_by(self, call: RecordedCall) -> InjectedFault | None:
        """The fault that a request runs into, which is counted."""
        now = self.clock.now()
        with self._changed:
            for fault in self._faults:
                if fault.meets(call, now):
                    fault.met += 1
                    fault.calls_left -= 1
                    return fault
        return None

    def wait_out(self, fault: InjectedFault) -> None:
        """Return when a fault is over or lifted: silence lasts that long."""
        seconds = min(SILENT_SECONDS, max(0.0, fault.until - self.clock.now()))
        with self._changed:
            self._changed.wait_for(lambda: fault not in self._faults, seconds)

    @property
    def as_json(self) -> list[dict[str, Any]]:
        """Every fault, those that are over included."""
        with self._changed:
            return [fault.as_json for fault in self._faults]


def _parsed(number: int, document: object, now: float) -> InjectedFault:
    where = f"[{number}]"
    if not is_map(document):
        raise FaultRequestError(f"{where}: expected an object")
    unknown = sorted(set(document) - _OPTIONS)
    if unknown:
        raise FaultRequestError(f"{where}.{unknown[0]}: not one of {', '.join(sorted(_OPTIONS))}")
    answer = document.get("answer")
    if answer not in (*ANSWERS, SILENT):
        raise FaultRequestError(
            f"{where}.answer: {answer!r} is not one of {', '.join((*ANSWERS, SILENT))}"
        )
    return InjectedFault(
        operations=tuple(_with_signing_name(p) for p in _texts(where, document, "operations")),
        answer=answer,
        until=now + _number(where, document, "seconds"),
        calls_left=_number(where, document, "calls"),
        access_keys=_texts(where, document, "accessKeys"),
    )


def _texts(where: str, document: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A list of patterns; `*` where there is none."""
    given = document.get(key, ["*"])
    if not is_list(given) or not all(isinstance(each, str) for each in given):
        raise FaultRequestError(f"{where}.{key}: expected a list of texts")
    return tuple(given)


def _number(where: str, document: Mapping[str, Any], key: str) -> float:
    """A positive number; infinite where there is none."""
    given: Any = document.get(key, math.inf)
    if isinstance(given, bool) or not isinstance(given, int | float) or not given > 0:
        raise FaultRequestError(f"{where}.{key}: expected a number above 0")
    return float(given)


def _with_signing_name(pattern: str) -> str:
    service, colon, operation = pattern.partition(":")
    return f"{SERVICE_NAMES.get(service, service)}{colon}{operation}" if colon else pattern
