"""Which ramps a project has recorded, and which one a report is made of."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ops.cli import failover
from ops.journal.journal import FileJournal
from rollout.ramp_event import RampStart
from tests.ops.report.sample import entries


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: failover\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def record(
    project: Path, folder: str, *, count: int | None = None, is_former: bool = False
) -> None:
    """A ramp in the folder; so many entries of it, and without its stack where it is former."""
    first, *others = entries()
    event = first.event
    assert isinstance(event, RampStart)
    if is_former:
        event = replace(event, stack=None)
    for entry in [replace(first, event=event), *others][:count]:
        FileJournal(project / ".failover" / folder).append(entry)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(failover, ["report", *arguments])


def test_without_a_folder_the_newest_ramp_of_any_stack_is_taken(project: Path) -> None:
    record(project, "ramps/prod/20261120T000000Z-1")
    record(project, "ramps/dev/20261122T000000Z-1")
    record(project, "rehearsed/20261121T000000Z-1")

    result = run()

    assert result.exit_code == 0
    assert str(project / ".failover/ramps/dev/20261122T000000Z-1/report.html") in result.stderr
    assert (project / ".failover/ramps/dev/20261122T000000Z-1/summary.md").exists()


def test_it_is_found_from_a_folder_below_the_project(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(project, "ramps/prod/20261120T000000Z-1")
    (project / "docs").mkdir()
    monkeypatch.chdir(project / "docs")

    assert run().exit_code == 0


def test_the_list_has_every_ramp_the_newest_first(project: Path) -> None:
    record(project, "ramps/dev/20261120T000000Z-1", is_former=True)
    record(project, "ramps/prod/20261122T000000Z-1", count=4)
    record(project, "rehearsed/20261121T000000Z-1", is_former=True)
    (project / ".failover/ramps/prod/20261119T000000Z-1").mkdir()
    (project / ".failover/ramps/prod/20261119T000000Z-1/journal.jsonl").write_text("{}\n")

    document = json.loads(run("--list", "--json").stdout)

    assert [(row["stack"], row["outcome"]) for row in document] == [
        ("prod", "unfinished"),
        ("rehearsal", "rolled back"),
        ("dev", "rolled back"),
        ("prod", "cannot be read"),
    ]
    assert document[0]["direction"] == "02 up: 100/0 -> 50/50"
    assert document[0]["started"] == "2026-11-21T09:00:00.000Z"
    assert document[0]["services"] == ["portal", "web"]
    lines = run("--list").stdout.splitlines()
    assert lines[0].split() == ["stack", "began", "direction", "outcome", "folder"]
    assert [line.split()[-1] for line in lines[1:]] == [row["folder"] for row in document]


def test_of_a_stack_only_its_own_ramps_are_listed_and_taken(project: Path) -> None:
    record(project, "ramps/prod/20261120T000000Z-1")
    record(project, "ramps/dev/20261122T000000Z-1", is_former=True)

    assert len(json.loads(run("--list", "--json", "--stack", "acme/prod").stdout)) == 1
    assert "ramps/prod/" in run("--stack", "prod").stderr


@pytest.mark.parametrize("arguments", [[], ["--stack", "prod"]])
def test_where_there_is_no_ramp_that_is_said(project: Path, arguments: list[str]) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert f"is recorded in {project / '.failover'}" in result.stderr
    assert run("--list", *arguments).stdout == "no ramp is recorded here\n"


@pytest.mark.parametrize("arguments", [["--list", "folder"], ["--json"]])
def test_options_that_make_no_report_are_refused(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2
