"""The journal on a real disk."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.journal.journal import FileJournal, JournalError, journals
from rollout.entry import Entry
from rollout.ramp_event import EngineLine


def entry(line: str) -> Entry:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return Entry(at, "r", EngineLine(line=line))


def test_entries_are_there_for_the_next_process(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "r")
    journal.append(entry("one"))
    journal.append(entry("two"))

    again = FileJournal(tmp_path / "r")

    assert list(again.entries()) == [entry("one"), entry("two")]


@pytest.mark.parametrize("cut", [1, 10, 40])
def test_a_line_that_a_kill_cut_off_is_left_out_and_the_next_one_is_whole(
    tmp_path: Path, cut: int
) -> None:
    journal = FileJournal(tmp_path)
    journal.append(entry("one"))
    journal.append(entry("two"))
    size = journal.path.stat().st_size
    os.truncate(journal.path, size - cut)

    again = FileJournal(tmp_path)
    again.append(entry("three"))

    assert list(FileJournal(tmp_path).entries()) == [entry("one"), entry("three")]


def test_one_who_only_reads_cuts_nothing_off_that_another_process_is_writing(
    tmp_path: Path,
) -> None:
    writer = FileJournal(tmp_path)
    writer.append(entry("one"))
    line = f"{entry('two').line()}\n"
    with writer.path.open("a") as file:
        file.write(line[:20])
        file.flush()

        reader = FileJournal(tmp_path)
        file.write(line[20:])

    assert list(reader.entries()) == [entry("one")]
    assert list(FileJournal(tmp_path).entries()) == [entry("one"), entry("two")]


def test_a_journal_that_is_no_file_is_told_with_what_fixes_it(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").mkdir()

    with pytest.raises(JournalError, match=r"Is a directory\n.*\n.*move its folder away"):
        FileJournal(tmp_path)


def test_a_line_that_somebody_edited_is_named_with_what_fixes_it(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    journal.append(entry("one"))
    journal.path.write_text(journal.path.read_text() + "edited\n")

    with pytest.raises(JournalError, match=r"line 2: .*'edited'"):
        FileJournal(tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_told_with_the_file_and_the_entry_that_is_not_kept(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    journal.path.symlink_to("/dev/full")

    with pytest.raises(JournalError, match="No space left on device; the entry `up-said`"):
        journal.append(entry("one"))


def test_what_could_not_be_written_has_happened_all_the_same(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    journal.path.mkdir()

    with pytest.raises(JournalError):
        journal.append(entry("one"))

    assert list(journal.entries()) == [entry("one")]


def test_the_newest_ramp_comes_first(tmp_path: Path) -> None:
    for name in ("20261121T090000Z-1", "20261121T100000Z-1", "20261120T100000Z-9"):
        FileJournal(tmp_path / name).append(entry(name))
    (tmp_path / "engine").mkdir()

    assert [path.name for path in journals(tmp_path)] == [
        "20261121T100000Z-1",
        "20261121T090000Z-1",
        "20261120T100000Z-9",
    ]
