from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ops.cli import failover
from ops.gates.approval import ApprovalGate, read_answer
from ops.journal.journal import FileJournal
from rollout.verdict import Outcome
from tests.ops.gates.marks import stage
from tests.ops.report.sample import IDENTITY, RAMP, entries


def project_with(folder: Path, count: int) -> Path:
    """A project whose stack `prod` has a ramp of so many entries; the ramp's folder."""
    deploy(folder, IDENTITY.rules)
    ramp = folder / ".failover" / "ramps" / "prod" / RAMP
    journal = FileJournal(ramp)
    for entry in entries()[:count]:
        journal.append(entry)
    return ramp


def deploy(folder: Path, rules: Mapping[str, str]) -> None:
    """Let `pulumi stack output` in the folder return these rules."""
    services = {service: {"ruleArn": arn} for service, arn in rules.items()}
    program = folder / "pulumi"
    program.write_text(f"#!/bin/sh\necho '{json.dumps({'services': services})}'\n")
    program.chmod(0o755)
    (folder / "Pulumi.yaml").write_text("name: failover\nruntime: python\n")


def approved(folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> Result:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("PULUMI_BACKEND_URL", IDENTITY.backend)
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
    project_with(tmp_path, len(entries()) if count is None else count)

    result = approved(tmp_path, monkeypatch)

    assert result.exit_code == 2
    assert "no ramp of prod waits for a yes in this clone" in result.output


def test_the_ramp_to_begin_instead_is_one_of_the_stack_that_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_with(tmp_path, 0)

    result = approved(tmp_path, monkeypatch)

    fix = result.output.splitlines()[-1]
    assert fix == "  fix:      failover ramp --approve-each --stack prod   # begins one"


def test_a_ramp_of_a_stack_that_was_created_anew_since_cannot_be_approved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ramp = project_with(tmp_path, 10)
    deploy(tmp_path, {service: f"{arn}-anew" for service, arn in IDENTITY.rules.items()})

    result = approved(tmp_path, monkeypatch)

    assert result.exit_code == 2
    assert "no ramp of prod waits for a yes in this clone" in result.output
    assert read_answer(ramp, 1) is None
