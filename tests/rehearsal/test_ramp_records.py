"""What is left of the ramps of a rehearsal that has ended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ops.journal.journal import FileJournal, Ramps, journals
from ops.ramp.stack.known import KnownStack
from rehearsal.workspace import STACK, Workspace, ended_ramps, put_away
from rollout.ramp_event import RampStart
from rollout.stack_identity import StackIdentity
from tests.ops.report.sample import IDENTITY, entries


def recorded(workspace: Workspace, ramp: str, owner: StackIdentity | None) -> Path:
    """A ramp as a driver leaves it, with its report."""
    folder = workspace.root / ".failover" / "ramps" / STACK / ramp
    first, *others = entries()
    assert isinstance(first.event, RampStart)
    for entry in [replace(first, event=replace(first.event, stack=owner)), *others]:
        FileJournal(folder).append(entry)
    (folder / "report.html").write_text(ramp)
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def own(workspace: Workspace) -> StackIdentity:
    return StackIdentity(workspace.backend_url, STACK, IDENTITY.rules)


def test_reports_are_kept_where_no_driver_finds_a_ramp_to_resume(
    workspace: Workspace, own: StackIdentity
) -> None:
    workspace.create()
    folder = recorded(workspace, "r1", own).parent
    KnownStack(workspace.backend_url, {}, {}).write(folder)
    (folder / "engine").mkdir()
    (folder / "engine" / "up-1-1.log").write_text("")

    moved = workspace.remove()

    assert not folder.exists()
    assert list(Ramps(folder, own).own()) == []
    assert moved == [ended_ramps(workspace.root) / "r1"] == journals(ended_ramps(workspace.root))
    assert (moved[0] / "report.html").read_text() == "r1"


def test_a_ramp_of_a_former_version_goes_with_the_rehearsal(workspace: Workspace) -> None:
    recorded(workspace, "r1", None)

    assert [folder.name for folder in workspace.remove()] == ["r1"]


def test_the_ramps_of_another_clones_rehearsal_and_of_other_stacks_stay(
    workspace: Workspace, own: StackIdentity
) -> None:
    other = recorded(workspace, "r1", replace(own, backend="file:///elsewhere/.rehearsal/backend"))
    KnownStack("file:///elsewhere/.rehearsal/backend", {}, {}).write(other.parent)
    prod = other.parent.with_name("prod") / "r2"
    FileJournal(prod).append(entries()[0])

    assert workspace.remove() == []
    assert journals(other.parent) == [other]
    assert (other.parent / "stack.json").exists()
    assert journals(prod.parent) == [prod]


def test_no_report_replaces_one_that_is_kept(workspace: Workspace, own: StackIdentity) -> None:
    names: list[str] = []
    for _ in range(3):
        recorded(workspace, "r", own)
        names += [path.name for path in put_away(workspace.root, STACK, workspace.backend_url)]

    assert names == ["r", "r-2", "r-3"]


@pytest.mark.parametrize("text", ["", "not json\n", "{}\n"])
def test_a_journal_that_cannot_be_read_goes_with_the_rehearsal(
    workspace: Workspace, text: str
) -> None:
    folder = workspace.root / ".failover" / "ramps" / STACK / "r"
    folder.mkdir(parents=True)
    (folder / "journal.jsonl").write_text(text)

    assert [path.name for path in workspace.remove()] == ["r"]
