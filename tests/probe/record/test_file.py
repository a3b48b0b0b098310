from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.fault import RecordError
from probe.record.file import LogFile, RecordReader, encoded
from probe.record.line import Line, line_from_dict, line_to_dict
from tests.probe.lines import end_line, lines, request, run_line

some_lines = st.lists(lines, max_size=20).map(lambda found: [run_line(), *found])


def written(path: Path, content: list[Line]) -> Path:
    path.unlink(missing_ok=True)
    log = LogFile(path)
    for line in content:
        log.append(encoded(line))
    log.close()
    return path


@given(lines)
def test_a_line_is_read_back_as_it_was_written(line: Line) -> None:
    assert line_from_dict(json.loads(encoded(line))) == line


@given(lines)
def test_a_line_is_flat_and_one_line_of_text(line: Line) -> None:
    assert encoded(line).count(b"\n") == 1
    assert all(isinstance(v, str | int | float) for v in line_to_dict(line).values())


@given(content=some_lines)
def test_a_file_is_read_back_whole(
    content: list[Line], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = written(tmp_path_factory.mktemp("record") / "r.jsonl", content)
    reader = RecordReader(path)

    assert list(reader) == content
    assert (reader.lines, reader.torn_bytes) == (len(content), 0)


@given(content=some_lines, cut=st.integers(1, 10_000))
def test_a_file_cut_anywhere_loses_only_the_torn_line(
    content: list[Line], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = written(tmp_path_factory.mktemp("record") / "r.jsonl", content)
    whole = path.read_bytes()
    kept = whole[: max(len(whole) - cut, 0)]
    path.write_bytes(kept)
    reader = RecordReader(path)

    found = list(reader)

    assert found == content[: kept.count(b"\n")]
    assert reader.torn_bytes == len(kept) - (kept.rfind(b"\n") + 1)


def test_a_field_of_a_later_version_is_left_out() -> None:
    plain = line_to_dict(request(1.0)) | {"shoe_size": 43}

    assert line_from_dict(plain) == request(1.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"kind":"request"}\n', "not a record line"),
        ("not json\n", "not a record line"),
        ("[]\n", "not a record line"),
        ('{"kind":"end","ended_s":1,"reason":"x"}\n', "begins with its run line"),
    ],
)
def test_a_file_that_is_no_record_is_named_with_its_line(
    text: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(text)

    with pytest.raises(RecordError, match=words) as caught:
        list(RecordReader(path))

    assert "line 1" in str(caught.value)


def test_a_record_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "later.jsonl"
    path.write_bytes(encoded(run_line()).replace(b"record/1", b"record/2"))

    with pytest.raises(RecordError, match="this version reads"):
        list(RecordReader(path))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot read"):
        list(RecordReader(tmp_path / "none.jsonl"))


def test_an_existing_file_is_never_written_over(tmp_path: Path) -> None:
    path = written(tmp_path / "r.jsonl", [run_line()])

    with pytest.raises(RecordError, match="cannot create"):
        LogFile(path)


FULL_DISK = """
import resource, sys
from pathlib import Path
from probe.record.file import LogFile
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
log = LogFile(Path(sys.argv[1]))
for _ in range(50):
    log.append(b"x" * 99 + b"\\n")
    log.flush()
log.close()
print(log.error)
"""


def test_a_disk_that_is_full_ends_the_record_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"

    found = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, check=True
    )

    assert "cannot write" in found.stdout
    assert path.stat().st_size == 1000


def test_lines_reach_the_file_with_the_flush(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "r.jsonl")
    log.append(encoded(end_line(1.0)))
    before = log.path.stat().st_size

    log.flush()

    assert (before, log.path.read_bytes()) == (0, encoded(end_line(1.0)))
    log.close()
