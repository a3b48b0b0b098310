from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ops.cli import failover
from ops.gates.approval import ApprovalGate, read_answer
from ops.journal.journal import FileJournal
from rollout.verdict import Outcome
from tests.ops.gates.marks import stage
from tests.ops.report.sample import RAMP, entries


def project_with(folder: Path, count: int) -> Path:
    """A project whose stack `prod` has a ramp of so many entries; the ramp's folder."""
    ramp = folder / ".failover" / "ramps" / "prod" / RAMP
    journal = FileJournal(ramp)
    for entry in entries()[:count]:
        journal.append(entry)
    return ramp


def approved(folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> Result:
    monkeypatch.chdir(folder)
    return CliRunner().invoke(failover, ["approve", "--stack", "prod", *options])


@pytest.mark.parametrize(("options", "outcome"), [((), Outcome.PASS), (("--no",), Outcome.FAIL)])
def test_a_word_reaches_the_gate_that_waits_for_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    outcome: Outcome,
) -> None:
    ramp = project_with(tmp_path, 10)
    gate = ApprovalGate(ramp)
    gate.begin(stage(10, number=1))

    result = approved(tmp_path, monkeypatch, *options)

    assert result.exit_code == 0
    assert "to stage 2/3 of portal+web: 75/25" in result.output
    assert gate.judge().outcome is outcome


def test_a_yes_before_the_first_stage_is_one_to_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ramp = project_with(tmp_path, 3)

    result = approved(tmp_path, monkeypatch)

    assert "yes to stage 1/3 of portal+web: 90/10" in result.output
    assert read_answer(ramp, 0) is not None


@pytest.mark.parametrize("count", [None, 0])
def test_no_ramp_that_waits_is_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int | None
) -> None:
    if count is None:
        project_with(tmp_path, len(entries()))

    result = approved(tmp_path, monkeypatch)

    assert result.exit_code == 2
    assert "no ramp of prod waits for a yes in this clone" in result.output
