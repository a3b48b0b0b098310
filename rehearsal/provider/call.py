"""One request of an engine while it is being served."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from botocore.exceptions import ClientError

from rehearsal.provider.aws import AwsClients
from rehearsal.provider.errors import EngineGoneError, WaitError, is_aws_error

FIRST_POLL_SECONDS = 0.1
LONGEST_POLL_SECONDS = 1.0
POLL_GROWTH = 1.5

_R = TypeVar("_R")


@dataclass(slots=True)
class ProviderCall:
    """What an operation needs: the AWS it acts on, and whether anyone still waits for it."""

    aws: AwsClients
    engine: threading.Event = field(default_factory=threading.Event)
    """Set when the engine asked to stop."""
    timeout_seconds: float = 0.0
    """The limit that the program sets for this operation (`customTimeouts`); 0 for none."""
    ended: threading.Event = field(default_factory=threading.Event)
    """Set when the connection is lost."""

    def limit_seconds(self, usual: float) -> float:
        """How long this operation may wait: the program's limit, else the usual one."""
        return self.timeout_seconds or usual

    def wait_until(
        self, is_reached: Callable[[], bool], what: str, *, limit_seconds: float
    ) -> None:
        """Poll AWS until the condition holds.

        Raises:
            WaitError: not within the limit.
            EngineGoneError: the engine is gone or asked to stop.
        """
        deadline = time.monotonic() + limit_seconds
        pause = FIRST_POLL_SECONDS
        while not is_reached():
            if time.monotonic() >= deadline:
                raise WaitError(f"{what}: not within {limit_seconds:g} s")
            if self.ended.wait(pause) or self.engine.is_set():
                raise EngineGoneError(f"{what}: stopped while waiting")
            pause = min(pause * POLL_GROWTH, LONGEST_POLL_SECONDS)

    def retried(self, action: Callable[[], _R], *codes: str, limit_seconds: float) -> _R:
        """Do it again while AWS answers with one of these codes; the last answer counts."""
        results: list[_R] = []
        refusals: list[ClientError] = []

        def is_done() -> bool:
            try:
                results.append(action())
            except ClientError as error:
                if not is_aws_error(error, *codes):
                    raise
                refusals.append(error)
                return False
            return True

        try:
            self.wait_until(is_done, "retrying", limit_seconds=limit_seconds)
        except WaitError:
            raise refusals[-1] from None
        return results[-1]


def unless_gone(action: Callable[[], _R], *codes: str) -> _R | None:
    """The result, or None when AWS answers with one of these codes: the resource does not exist."""
    try:
        return action()
    except ClientError as error:
        if is_aws_error(error, *codes):
            return None
        raise
