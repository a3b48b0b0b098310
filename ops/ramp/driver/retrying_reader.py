"""The live stack, asked again while AWS throttles or cannot be reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from ops.ramp.driver.ports import LiveAws, RampClock
from ops.ramp.errors import TransientAwsError
from rollout.observation import LiveService
from rollout.split import Split

BLIND_SECONDS = 60.0
"""After so long without an answer a step gives up."""
PAUSE_SECONDS = 1.0

T = TypeVar("T")


class RetryingReader:
    """Reads AWS with retries, and knows since when it has not answered."""

    def __init__(
        self,
        aws: LiveAws,
        clock: RampClock,
        say_waits: Callable[[str, float | None], None],
        is_given_up: Callable[[], bool],
    ) -> None:
        """Be ready.

        Args:
            aws: The live stack.
            clock: Of the pauses.
            say_waits: Reports what is waited for, and for how many seconds yet.
            is_given_up: Whether a person has asked to wait no longer.
        """
        self._aws = aws
        self._clock = clock
        self._say_waits = say_waits
        self._is_given_up = is_given_up
        self._seen_at = clock.monotonic()

    def splits(self) -> Mapping[str, Split]:
        """The split of every service's rule, as soon as AWS answers.

        Raises:
            NotSureError: AWS refuses or does not answer in time; or a rule's weights are invalid.
        """
        return self.asked(self._aws.splits)

    def services(self) -> Mapping[str, LiveService]:
        """Rules, targets and groups of every service, as soon as AWS answers.

        Raises:
            NotSureError: the same.
        """
        return self.asked(self._aws.services)

    def glance(self, limit_seconds: float) -> Mapping[str, Split] | None:
        """The splits, or None where AWS does not answer for now: nothing is waited for.

        Raises:
            NotSureError: AWS refuses, or has not answered for `limit_seconds`.
        """
        now = self._clock.monotonic()
        try:
            splits = self._aws.splits()
        except TransientAwsError:
            if now - self._seen_at >= limit_seconds:
                raise
            return None
        self._seen_at = now
        return splits

    def asked(self, ask: Callable[[], T]) -> T:
        """What `ask` returns, as soon as AWS answers.

        Raises:
            NotSureError: the same.
        """
        deadline = self._clock.monotonic() + BLIND_SECONDS
        while True:
            try:
                answer = ask()
            except TransientAwsError as error:
                left = deadline - self._clock.monotonic()
                if left <= 0 or self._is_given_up():
                    raise
                self._say_waits(f"an answer: {error}", left)
                self._clock.wait(PAUSE_SECONDS)
            else:
                self._seen_at = self._clock.monotonic()
                return answer
