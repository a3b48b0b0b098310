"""How long an adoption waits for the prober's answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from ops.adopt.probing import MAX_WAITS, Probe, ProberProcess
from ops.errors import UnsureError
from ops.traffic.plan import ConnectionRoute

SILENCE_SECONDS = 30.0
_T = TypeVar("_T")


class Answers(threading.Condition):
    """A clock of its own, on which a good answer comes after each of the pauses."""

    def __init__(self, folder: Path, pauses_s: Sequence[float]) -> None:
        super().__init__()
        self.at_s = 0.0
        self._pauses_s = list(pauses_s)
        probe = Probe(("https://a.example/",), 1, ConnectionRoute(), folder)
        self.prober = ProberProcess(probe, {}, self, lambda: self.at_s)

    def wait_for(self, predicate: Callable[[], _T], timeout: float | None = None) -> _T:
        """Pass the time up to the next answer, or all that there is."""
        assert timeout is not None
        if not self._pauses_s or self._pauses_s[0] > timeout:
            self.at_s += timeout
        else:
            self.at_s += self._pauses_s.pop(0)
            self.prober.good += 1
        return predicate()


def test_answers_that_come_slowly_are_waited_for(tmp_path: Path) -> None:
    answers = Answers(tmp_path, [SILENCE_SECONDS / 2] * 9)

    answers.prober.wait_until_good(9, SILENCE_SECONDS)

    assert answers.at_s == 9 * SILENCE_SECONDS / 2


def test_a_prober_without_an_answer_is_given_up_with_what_it_had(tmp_path: Path) -> None:
    answers = Answers(tmp_path, [1.0, 1.0])

    with pytest.raises(UnsureError, match="the prober had 2 of 1,000 good answers in 32 s"):
        answers.prober.wait_until_good(1000, SILENCE_SECONDS)


def test_a_trickle_of_answers_is_not_waited_for_without_end(tmp_path: Path) -> None:
    answers = Answers(tmp_path, [SILENCE_SECONDS - 1] * MAX_WAITS * 4)

    with pytest.raises(UnsureError, match="of 1,000 good answers"):
        answers.prober.wait_until_good(1000, SILENCE_SECONDS)

    assert answers.at_s == MAX_WAITS * SILENCE_SECONDS


def test_no_value_of_a_header_is_in_the_list_of_processes(tmp_path: Path) -> None:
    url = "https://a.example/"
    headers = {url: {"Cookie": "id=s3cret", "X-A": "b"}}
    probe = Probe((url,), 1, ConnectionRoute(), tmp_path, headers=headers)

    assert "s3cret" not in " ".join(probe.arguments())
    assert f"{url} Cookie: FAILOVER_PROBE_HEADER_1" in probe.arguments()
    assert probe.environ == {
        "FAILOVER_PROBE_HEADER_1": "id=s3cret",
        "FAILOVER_PROBE_HEADER_2": "b",
    }
