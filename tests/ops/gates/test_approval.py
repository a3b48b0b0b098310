from __future__ import annotations

from pathlib import Path

import pytest

from ops.gates.approval import ApprovalAnswer, ApprovalGate, answer_file, read_answer, write_answer
from rollout.verdict import Outcome
from tests.ops.gates.marks import NOON, stage


def test_without_an_answer_it_waits_and_says_what_to_type(tmp_path: Path) -> None:
    gate = ApprovalGate(tmp_path)
    gate.begin(stage(10, number=1))

    verdict = gate.judge()

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == "stage 2 of 5 waits for a yes: failover approve"


@pytest.mark.parametrize(("is_yes", "outcome"), [(True, Outcome.PASS), (False, Outcome.FAIL)])
def test_a_persons_word_is_the_verdict(is_yes: bool, outcome: Outcome, tmp_path: Path) -> None:
    gate = ApprovalGate(tmp_path)
    gate.begin(stage(10, number=1))

    write_answer(tmp_path, ApprovalAnswer(1, is_yes, "a person", NOON))

    verdict = gate.judge()
    assert verdict.outcome is outcome
    did = "approved" if is_yes else "refused"
    assert verdict.reason == f"a person {did} stage 2 at {NOON:%H:%M:%S} UTC"


def test_a_yes_to_one_stage_is_none_to_the_next(tmp_path: Path) -> None:
    gate = ApprovalGate(tmp_path)
    write_answer(tmp_path, ApprovalAnswer(1, True, "a person", NOON))

    gate.begin(stage(25, number=2))

    assert gate.judge().outcome is Outcome.INCONCLUSIVE


def test_the_last_stage_needs_no_yes(tmp_path: Path) -> None:
    gate = ApprovalGate(tmp_path)
    gate.begin(stage(100, number=5))

    assert gate.judge().outcome is Outcome.PASS


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[1]", "yes"),
        '{"approved": "no", "by": "a person", "at": "2026-11-21T12:00:00+00:00"}',
    ],
)
def test_a_file_that_holds_no_answer_is_no_yes(text: str, tmp_path: Path) -> None:
    path = answer_file(tmp_path, 1)
    path.parent.mkdir()
    path.write_text(text)
    gate = ApprovalGate(tmp_path)
    gate.begin(stage(10, number=1))

    verdict = gate.judge()

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "cannot be read" in verdict.reason


def test_an_answer_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    answer = ApprovalAnswer(3, False, "a person", NOON)

    write_answer(tmp_path, answer)

    assert read_answer(tmp_path, 3) == answer
