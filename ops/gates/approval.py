"""The gate `approval`: a person's yes before each further stage, as a file in the ramp's folder."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ops.gates.context import GateContext
from ops.gates.gate import StageMark
from rollout.command import Command
from rollout.verdict import EvidenceWindow, Outcome, Verdict
from settings.gates.approval import ApprovalLimits

NAME = ApprovalLimits.name


@dataclass(frozen=True, slots=True)
class ApprovalAnswer:
    """A person's answer for one stage."""

    stage: int
    is_yes: bool
    by: str
    at: datetime
    """In UTC."""


def answer_file(ramp_folder: Path, stage: int) -> Path:
    """Where the answer to a stage is kept: what follows stage 0 is the first stage."""
    return ramp_folder / "approvals" / f"stage-{stage}.json"


def write_answer(ramp_folder: Path, answer: ApprovalAnswer) -> Path:
    """Keep an answer, whole or not at all; a later one replaces an earlier one.

    Raises:
        OSError: it could not be written.
    """
    path = answer_file(ramp_folder, answer.stage)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    plain = {"approved": answer.is_yes, "by": answer.by, "at": answer.at.isoformat()}
    unfinished.write_text(json.dumps(plain))
    unfinished.replace(path)
    return path


def read_answer(ramp_folder: Path, stage: int) -> ApprovalAnswer | None:
    """The answer to a stage; None while there is none.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds no answer.
    """
    try:
        text = answer_file(ramp_folder, stage).read_text()
    except FileNotFoundError:
        return None
    plain = json.loads(text)
    try:
        is_yes, by, at = plain["approved"], plain["by"], datetime.fromisoformat(plain["at"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"{text[:80]!r} is not an answer") from error
    if is_yes not in (True, False):  # such as "no", which is true
        raise ValueError(f"{text[:80]!r} is neither yes nor no")
    return ApprovalAnswer(stage, bool(is_yes), str(by), at)


class ApprovalGate:
    """Inconclusive until someone has answered; no is a fail. The last stage needs no approval."""

    name = NAME

    def __init__(self, ramp_folder: Path, stack_option: Sequence[str] = ()) -> None:
        """Read nothing yet.

        Args:
            ramp_folder: Where the answers are kept.
            stack_option: What a command ends with to act on the stack of the ramp.
        """
        self._folder = ramp_folder
        self._approve = Command.of("failover", "approve", *stack_option)
        self._stage: StageMark | None = None

    def begin(self, stage: StageMark) -> None:
        """Wait for the answer to this stage."""
        self._stage = stage

    def judge(self) -> Verdict:
        """By the file."""
        stage = self._stage
        if stage is None:
            return Verdict(NAME, Outcome.INCONCLUSIVE, "no stage has begun")
        if stage.number >= stage.of:
            return Verdict(NAME, Outcome.PASS, "no stage follows")
        try:
            answer = read_answer(self._folder, stage.number)
        except (OSError, ValueError) as error:
            path = answer_file(self._folder, stage.number)
            reason = f"{path} cannot be read ({error}): run {self._approve} again"
            return Verdict(NAME, Outcome.INCONCLUSIVE, reason)
        if answer is None:
            reason = f"stage {stage.number + 1} of {stage.of} waits for a yes: {self._approve}"
            return Verdict(NAME, Outcome.INCONCLUSIVE, reason)
        outcome = Outcome.PASS if answer.is_yes else Outcome.FAIL
        did = "approved" if answer.is_yes else "refused"
        at = answer.at.astimezone(UTC)
        reason = f"{answer.by} {did} stage {stage.number + 1} at {at:%H:%M:%S} UTC"
        return Verdict(NAME, outcome, reason, {"by": answer.by}, EvidenceWindow(at, at))

    def close(self) -> None:
        """Nothing: the answers stay with the ramp."""


def opened(_limits: ApprovalLimits, context: GateContext) -> ApprovalGate:
    """The gate of a stack."""
    return ApprovalGate(context.places.ramp, context.places.stack_option)
