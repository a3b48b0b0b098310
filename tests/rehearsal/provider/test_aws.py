"""How the provider's own calls meet an AWS that throttles, as the official one's do."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.provider.aws import (
    LONGEST_BACKOFF_SECONDS,
    THROTTLED_ATTEMPTS,
    throttling_backoff,
)


def refused(code: str) -> tuple[Any, dict[str, Any]]:
    return None, {"Error": {"Code": code, "Message": "m"}}


@pytest.mark.parametrize("code", ["Throttling", "RequestLimitExceeded"])
def test_a_throttled_call_is_made_again_25_times(code: str) -> None:
    pauses = [throttling_backoff(refused(code), n) for n in range(1, THROTTLED_ATTEMPTS + 2)]

    assert pauses[-1] is None
    assert all(p is not None and 0 <= p <= LONGEST_BACKOFF_SECONDS for p in pauses[:-1])


@pytest.mark.parametrize("answer", [refused("PriorityInUse"), (None, {}), None])
def test_no_other_answer_is_retried_for_it(answer: tuple[Any, dict[str, Any]] | None) -> None:
    assert throttling_backoff(answer, 1) is None
