"""The command as a user types it."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import resource
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from probe.cli import probe
from probe.fault import Phase
from probe.record.file import RecordReader
from probe.record.line import RequestLine
from probe.summary.document import summary_schema, unix_seconds
from tests.probe import faults
from tests.probe.commands import COMMAND, ROOT, on_request, run, served, started
from tests.probe.fault_server import closed_port

BRIEF = ["--rate", "100", "--duration", "300ms"]


def one_record(folder: Path) -> Path:
    (record,) = folder.glob("*.jsonl")
    return record


def test_nothing_failed_exits_0_with_a_document_that_the_schema_accepts() -> None:
    with served(faults.good) as server:
        found = run(server.url(), *BRIEF, "--json")

    document = json.loads(found.stdout)
    jsonschema.validate(document, summary_schema())
    assert (found.returncode, document["verdict"], document["exit_code"]) == (0, "pass", 0)
    assert document["requests"]["planned"] == 30
    assert document["requests"]["failed"] == 0
    assert set(document["slots"]) == {"01"}


@pytest.mark.parametrize(("allowed", "code"), [(0, 1), (1, 1), (1000, 0)])
def test_failures_exit_1_unless_so_many_are_allowed(allowed: int, code: int) -> None:
    with served(faults.every(2, faults.bad_gateway)) as server:
        found = run(server.url(), *BRIEF, "--allow-failures", str(allowed), "--quiet")

    assert found.returncode == code
    assert re.search(r"by status +502: (\d+)  \(4xx 0, 5xx \1\)", found.stdout)
    assert found.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "URL not set"),
        (["ftp://a/"], "http:// or https://"),
        (["http://a/", "--rate", "quick"], "--rate is 'quick'"),
        (["http://a/", "--rate", "1001"], "--max-rate 1001"),
        (["http://a/", "--no-such-option"], "No such option"),
        (["http://a/", "--method", "POST"], "'POST' is not one of"),
        (["http://a/", "--max-in-flight", "0"], "not in the range"),
        (["http://a/", "--json", "--events"], "choose one"),
        (["http://a/", "--log", "/proc/none"], "nothing was sent"),
        (["report", "/no/such/file.jsonl"], "No such file"),
        (["report"], "Missing argument"),
    ],
)
def test_bad_input_exits_2_and_says_what_fixes_it(arguments: list[str], words: str) -> None:
    found = run(*arguments)

    assert found.returncode == 2
    assert words in found.stderr
    assert found.stdout == ""
    assert "Traceback" not in found.stderr


def test_nothing_measured_exits_1_where_the_target_refuses() -> None:
    found = run(f"http://127.0.0.1:{closed_port()}/", *BRIEF, "--quiet")

    assert found.returncode == 1
    assert "connect_refused" in found.stdout


def test_progress_goes_to_standard_error_and_the_summary_to_standard_output() -> None:
    with served(faults.good) as server:
        found = run(server.url(), "--rate", "100", "--duration", "1s", "--interval", "300ms")

    assert found.stdout.startswith("PASS: 0 of ")
    progress = found.stderr.splitlines()
    assert len(progress) >= 2
    assert all("0 failed" in line and "01:" in line for line in progress)


def test_on_a_terminal_the_run_is_drawn_in_place_and_the_summary_is_left() -> None:
    terminal, slave = pty.openpty()
    with served(faults.good) as server:
        process = subprocess.Popen(
            [*COMMAND, server.url(), "--rate", "50", "--duration", "2s"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"},
        )
        os.close(slave)
        stdout, _ = process.communicate(timeout=60)
    drawn = b""
    with contextlib.suppress(OSError):  # the other end is closed
        while piece := os.read(terminal, 65536):
            drawn += piece
    os.close(terminal)

    assert stdout.startswith(b"PASS: 0 of ")
    assert b"no failure" in drawn
    assert b"slot 01" in drawn
    assert b"\x1b[2K" in drawn


def test_ctrl_c_ends_with_the_summary_and_the_verdict() -> None:
    processes: list[subprocess.Popen[str]] = []
    launched = threading.Event()

    def interrupt() -> None:
        launched.wait()
        processes[0].send_signal(signal.SIGINT)

    with served(on_request(faults.good, 20, interrupt)) as server:
        processes.append(started(server.url(), "--rate", "100", "--json", "--quiet"))
        launched.set()
        stdout, stderr = processes[0].communicate(timeout=120)

    document = json.loads(stdout)
    assert (processes[0].returncode, document["ended_by"]) == (0, "SIGINT")
    assert document["requests"]["failed"] == 0
    assert document["requests"]["ok"] > 10
    assert "Traceback" not in stderr


def test_a_second_ctrl_c_ends_at_once() -> None:
    processes: list[subprocess.Popen[str]] = []
    launched = threading.Event()

    def interrupt() -> None:
        launched.wait()
        processes[0].send_signal(signal.SIGINT)

    with served(on_request(faults.silent, 20, interrupt)) as server:
        arguments = [server.url(), "--rate", "100", "--timeout", "10m", "--json", "--quiet"]
        processes.append(started(*arguments))
        launched.set()
        assert processes[0].stderr is not None
        said = processes[0].stderr.readline()
        processes[0].send_signal(signal.SIGINT)
        stdout, _ = processes[0].communicate(timeout=120)

    document = json.loads(stdout)
    assert "once more ends at once" in said
    assert document["excluded"]["run_ended"] > 0
    assert document["requests"]["planned"] == document["requests"]["excluded"]
    assert processes[0].returncode == 3


def test_a_prober_that_was_stopped_reports_its_own_stall_and_no_failure(tmp_path: Path) -> None:
    processes: list[subprocess.Popen[str]] = []
    launched = threading.Event()

    def stop() -> None:
        launched.wait()
        processes[0].send_signal(signal.SIGSTOP)
        threading.Timer(1.5, processes[0].send_signal, [signal.SIGCONT]).start()

    with served(on_request(faults.good, 30, stop)) as server:
        arguments = ["--rate", "100", "--duration", "3s", "--log", str(tmp_path), "--json"]
        processes.append(started(server.url(), *arguments, "--quiet"))
        launched.set()
        stdout, _ = processes[0].communicate(timeout=60)

    document = json.loads(stdout)
    assert processes[0].returncode == 0
    assert document["requests"]["failed"] == 0
    assert document["requests"]["planned"] == 300
    assert document["excluded"]["prober_late"] >= 50
    assert max(stall["lost_ms"] for stall in document["stalls"]["listed"]) >= 1400
    assert {stall["cause"] for stall in document["stalls"]["listed"]} == {"paused"}
    marked = [
        line
        for line in RecordReader(one_record(tmp_path))
        if isinstance(line, RequestLine) and line.stall_ms > 0
    ]
    assert marked


def test_a_prober_that_was_killed_leaves_a_record_that_can_be_read(tmp_path: Path) -> None:
    processes: list[subprocess.Popen[str]] = []
    launched = threading.Event()

    def kill() -> None:
        launched.wait()
        processes[0].kill()

    with served(on_request(faults.good, 250, kill)) as server:
        processes.append(started(server.url(), "--rate", "100", "--log", str(tmp_path)))
        launched.set()
        processes[0].communicate(timeout=60)

    record = one_record(tmp_path)
    whole = list(RecordReader(record))
    report = run("report", str(record))
    assert len(whole) > 100  # of 250 requests in 2.5 s, all but the last second's
    assert report.returncode == 0
    assert "the record has no end: the prober was killed" in report.stdout
    assert record.with_suffix(".html").exists()


def test_a_full_disk_ends_the_record_and_not_the_probing(tmp_path: Path) -> None:
    def limit_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    with served(faults.good) as server:
        arguments = ["--rate", "200", "--duration", "2s", "--log", str(tmp_path), "--json"]
        found = run(server.url(), *arguments, "--quiet", preexec_fn=limit_files)

    document = json.loads(found.stdout)
    assert found.returncode == 3
    assert "File too large; probing goes on without a record" in found.stderr
    assert document["record"]["error"].endswith("File too large")
    assert (document["verdict"], document["requests"]["planned"]) == ("inconclusive", 400)
    assert one_record(tmp_path).stat().st_size == 20_000


def test_events_tell_a_program_what_happens_as_it_happens(tmp_path: Path) -> None:
    with served(faults.every(20, faults.bad_gateway)) as server:
        arguments = ["--rate", "100", "--duration", "1s", "--interval", "250ms", "--events"]
        found = run(server.url(), *arguments)

    events: list[dict[str, Any]] = [json.loads(line) for line in found.stdout.splitlines()]
    names = [event["event"] for event in events]
    assert (names[0], names[-1]) == ("started", "summary")
    assert names.count("failure") >= 1
    assert {event["schema"] for event in events} == {"failover.probe.event/1"}
    intervals = [event for event in events if event["event"] == "interval"]
    assert len(intervals) >= 3
    assert sum(event["requests"] for event in intervals) <= 100
    assert all(set(event["slots"]) <= {"01", "02"} for event in intervals)
    jsonschema.validate(events[-1]["summary"], summary_schema())
    assert found.returncode == 1


def test_lines_on_standard_input_are_marks_and_its_end_is_the_end(tmp_path: Path) -> None:
    arrived = threading.Event()
    with served(on_request(faults.good, 20, arrived.set)) as server:
        arguments = ["--rate", "100", "--marks", "--log", str(tmp_path), "--json", "--quiet"]
        process = started(server.url(), *arguments, stdin=subprocess.PIPE)
        arrived.wait()
        stdout, _ = process.communicate("weights 75/25\n", timeout=120)

    document = json.loads(stdout)
    assert [mark["text"] for mark in document["marks"]] == ["weights 75/25"]
    assert document["ended_by"] == "end of standard input"
    assert process.returncode == 0


def test_the_report_says_the_same_numbers_as_the_run(tmp_path: Path) -> None:
    with served(faults.every(7, faults.bad_gateway)) as server:
        arguments = ["--rate", "200", "--duration", "1s", "--log", str(tmp_path), "--json"]
        ran = json.loads(run(server.url(), *arguments, "--quiet").stdout)
    page = tmp_path / "page.html"

    found = run("report", str(one_record(tmp_path)), "--json", "--html", str(page))

    reported = json.loads(found.stdout)
    assert found.returncode == 0
    assert unequal({**ran, "record": None}, {**reported, "record": None}) == []
    assert page.exists()
    assert str(page) in found.stderr


def unequal(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two documents differ by more than the microsecond that a record rounds to."""
    if isinstance(one, dict):
        return [
            d for key in one | other for d in unequal(one.get(key), other.get(key), f"{path}.{key}")
        ]
    if isinstance(one, list):
        pairs = zip(one, other, strict=True)
        return [d for n, (a, b) in enumerate(pairs) for d in unequal(a, b, f"{path}[{n}]")]
    if isinstance(one, float):
        return [] if one == pytest.approx(other, rel=0.03, abs=0.002) else [path]
    if path.endswith("_at"):
        return [] if abs(unix_seconds(one) - unix_seconds(other)) < 1e-5 else [path]
    return [] if one == other else [path]


def test_the_curl_log_is_one_to_search_for_502_and_ends_with_four_lines(tmp_path: Path) -> None:
    (tmp_path / "testlog.log").write_text("of an earlier run\n")
    with served(faults.every(10, faults.bad_gateway)) as server:
        url = server.url()
        run(url, *BRIEF, "--log", str(tmp_path), "--log-format", "curl", "--quiet")

    log = (tmp_path / "testlog.log").read_text()
    assert log.count("HTTP/1.1 502") >= 1
    assert log.count("HTTP/1.1 200") > log.count("HTTP/1.1 502")
    assert re.search(rf"\nSTART: .+\nEND: .+\nURL: {re.escape(url)}\nINT: 0.01\n$", log)
    assert len(list(tmp_path.iterdir())) == 2


def test_no_secret_header_is_in_any_file_or_output(tmp_path: Path) -> None:
    async def echo_cookie(visit: faults.Visit) -> None:
        visit.answer(200, b"s3cret", "Set-Cookie: s3cret", "X-Mine: s3cret")

    with served(echo_cookie) as server:
        for log_format in ("jsonl", "curl"):
            found = run(
                server.url(), *BRIEF, "--log", str(tmp_path), "--log-format", log_format,
                "--header", "Authorization: Bearer s3cret", "--header", "X-Failover-Slot: s3cret",
                "--secret-header", "X-Mine", "--header", "X-Mine: s3cret", "--events",
            )  # fmt: skip
            assert found.returncode == 0
            assert "s3cret" not in found.stdout + found.stderr

    assert len(list(tmp_path.iterdir())) == 2
    assert all("s3cret" not in path.read_text() for path in tmp_path.iterdir())


def test_help_shows_both_forms_and_examples_whose_options_exist() -> None:
    found = run("--help")

    assert found.returncode == 0
    assert "failover probe [OPTIONS] URL..." in found.stdout
    assert "failover probe report [OPTIONS] FILE" in found.stdout
    known = {name for option in probe.commands["run"].params for name in option.opts}
    examples = found.stdout.partition("Examples:")[2].partition("Options:")[0]
    used = {word for word in shlex.split(examples) if word.startswith("--")}
    assert len(used) >= 8
    assert used <= known


def test_the_report_has_help_of_its_own() -> None:
    found = run("report", "--help")

    assert found.returncode == 0
    assert "failover probe report probe.jsonl --html cutover.html --json" in found.stdout


def test_the_prober_needs_neither_pulumi_nor_aws() -> None:
    code = (
        "import sys, probe.cli, probe.view.report, probe.view.terminal; "
        "print([m for m in sys.modules if m.partition('.')[0] in ('pulumi', 'boto3', 'botocore')])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stdout == "[]\n"


def test_failed_requests_of_a_record_are_those_of_the_summary(tmp_path: Path) -> None:
    with served(faults.every(5, faults.half_an_answer)) as server:
        run(server.url(), *BRIEF, "--log", str(tmp_path), "--quiet")

    failed = [
        line
        for line in RecordReader(one_record(tmp_path))
        if isinstance(line, RequestLine) and line.phase is Phase.BODY
    ]
    assert {(line.error, line.detail) for line in failed} == {
        ("body_cut", "the server closed the connection after 500 of 1000 bytes of the body")
    }
