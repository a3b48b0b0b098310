"""Health checks of targets, as a load balancer makes them, and what follows from them."""

from __future__ import annotations

import asyncio
import functools
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from rehearsal.control_plane.targets import HealthState
from rehearsal.control_plane.topology import (
    TopologyHealthCheck,
    TopologyTarget,
    TopologyTargetGroup,
)
from rehearsal.data_plane.rendering import Address, AddressOf, checked_targets

USER_AGENT = "ELB-HealthChecker/2.0"
log = logging.getLogger(__name__)
FIRST_CHECKS_SECONDS = 0.25
"""While a target is new it is looked at this often, so that it serves soon after it has booted. A
load balancer's nodes each check by themselves, which has a like effect. A failure counts only once
an interval even then."""

TargetKey = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Passed:
    """The target answered as the matcher wants."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not; AWS's reason code and description. Source: ELBv2 API, TargetHealth.Reason."""

    reason: str
    description: str


CheckResult = Passed | Failed

NO_ANSWER = Failed("Target.FailedHealthChecks", "Health checks failed")
TIMED_OUT = Failed("Target.Timeout", "Request timed out")


def judged(status: int, matcher: str) -> CheckResult:
    """What an answer with that status is worth."""
    if is_matched(status, matcher):
        return Passed()
    return Failed(
        "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]"
    )


def is_matched(status: int, matcher: str) -> bool:
    """Whether `matcher` (`200`, `200,301`, `200-299`) holds the status."""
    for part in matcher.split(","):
        low, _, high = part.strip().partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False


@dataclass(frozen=True, slots=True)
class CheckedHealth:
    """A target's health as its checks so far make it."""

    began: float
    """Epoch seconds of the moment from which it is checked."""
    state: HealthState
    since: float
    """Epoch seconds of the last change of `state`."""
    reason: str | None = None
    description: str | None = None
    in_a_row: int = 0
    """Checks that speak against `state`, one after the other."""

    @classmethod
    def new(cls, now: float) -> CheckedHealth:
        """The health of a target that is checked from now on."""
        return cls(now, HealthState.INITIAL, now)

    def after(self, result: CheckResult, check: TopologyHealthCheck, now: float) -> CheckedHealth:
        """The health with one more result.

        One pass is enough for a new target, whatever the healthy threshold. Source: ELB user
        guide, "Health checks for your target groups".
        """
        if isinstance(result, Passed):
            needed = check.healthy_threshold if self.state is HealthState.UNHEALTHY else 1
            return self._counted(HealthState.HEALTHY, needed, None, now)
        return self._counted(HealthState.UNHEALTHY, check.unhealthy_threshold, result, now)

    def _counted(
        self, towards: HealthState, needed: int, why: Failed | None, now: float
    ) -> CheckedHealth:
        if self.state is towards:
            reason, description = (why.reason, why.description) if why else (None, None)
            return replace(self, reason=reason, description=description, in_a_row=0)
        if self.in_a_row + 1 < needed:
            return replace(self, in_a_row=self.in_a_row + 1)
        return CheckedHealth(
            self.began,
            towards,
            now,
            why.reason if why else None,
            why.description if why else None,
        )


async def checked(address: tuple[str, int], check: TopologyHealthCheck) -> CheckResult:
    """Make the check and judge its answer."""
    try:
        async with asyncio.timeout(check.timeout_seconds):
            status = await _status(address, check)
    except TimeoutError:
        return TIMED_OUT
    except (OSError, ValueError, EOFError):
        return NO_ANSWER
    return judged(status, check.matcher)


async def _status(address: tuple[str, int], check: TopologyHealthCheck) -> int:
    """The status of the answer.

    Raises:
        OSError: refused or reset.
        ValueError: the answer is not HTTP.
        EOFError: closed without an answer.
    """
    host, port = address
    tls = _unverified() if check.protocol == "HTTPS" else None
    reader, writer = await asyncio.open_connection(host, port, ssl=tls)
    try:
        lines = (
            f"GET {check.path} HTTP/1.1",
            f"Host: {host}:{port}",
            f"User-Agent: {USER_AGENT}",
            "Connection: close",
        )
        writer.write("\r\n".join([*lines, "", ""]).encode())
        first = await reader.readline()
        if not first:
            raise EOFError
        version, status = first.split()[:2]
        if not version.startswith(b"HTTP/1."):
            raise ValueError(first)
        await reader.read()
        return int(status)
    finally:
        writer.close()


@functools.cache
def _unverified() -> ssl.SSLContext:
    """TLS with a target whose certificate is not verified."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is checked, and how. Where it differs, the checks go on in the new way."""

    address: Address
    check: TopologyHealthCheck


class Checker:
    """Keeps the health of the targets that it was given last.

    Args:
        changed: Called when the health of any target changed, in the event loop.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._subjects: dict[TargetKey, _Subject] = {}
        self._tasks: dict[TargetKey, asyncio.Task[None]] = {}
        self._health: dict[TargetKey, CheckedHealth] = {}

    @property
    def health(self) -> Mapping[TargetKey, CheckedHealth]:
        """The health of every target that is checked."""
        return self._health

    def is_healthy(self, arn: str, target: TopologyTarget) -> bool:
        """Whether a target passes its checks now."""
        health = self._health.get((arn, target.target_id, target.port))
        return health is not None and health.state is HealthState.HEALTHY

    def follow(self, groups: list[TopologyTargetGroup], address_of: AddressOf) -> None:
        """Check the targets of `groups`, and no others. A new target starts at the beginning."""
        wanted = {
            (group.arn, target.target_id, target.port): _subject(group, target, address_of)
            for group in groups
            for target in checked_targets(group)
        }
        for key in set(self._tasks) - set(wanted):
            self._tasks.pop(key).cancel()
            del self._health[key]
        self._subjects = wanted
        for key in set(wanted) - set(self._tasks):
            self._health[key] = CheckedHealth.new(time.time())
            self._tasks[key] = asyncio.create_task(self._check_for_ever(key))
            self._tasks[key].add_done_callback(_log_failure)

    async def close(self) -> None:
        """End all checks."""
        self.follow([], lambda _group, _target_id, _port: ("", 0))

    async def _check_for_ever(self, key: TargetKey) -> None:
        counted_at = time.monotonic()
        while True:
            subject = self._subjects[key]
            began = time.monotonic()
            result = await checked(subject.address, subject.check)
            before = self._health[key]
            is_new = before.state is HealthState.INITIAL
            is_due = time.monotonic() - counted_at >= subject.check.interval_seconds
            if isinstance(result, Passed) or not is_new or is_due:
                counted_at = time.monotonic()
                self._note(key, before.after(result, subject.check, time.time()))
            still_new = self._health[key].state is HealthState.INITIAL
            pause = FIRST_CHECKS_SECONDS if still_new else subject.check.interval_seconds
            await asyncio.sleep(max(0.0, began + pause - time.monotonic()))

    def _note(self, key: TargetKey, health: CheckedHealth) -> None:
        before, self._health[key] = self._health[key], health
        if (before.state, before.reason) != (health.state, health.reason):
            self._changed()


def _subject(group: TopologyTargetGroup, target: TopologyTarget, address_of: AddressOf) -> _Subject:
    check = group.health_check
    return _Subject(address_of(group, target.target_id, check.port or target.port), check)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("the checks of a target ended", exc_info=task.exception())
