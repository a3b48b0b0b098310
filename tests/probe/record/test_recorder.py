from __future__ import annotations

import re
from pathlib import Path

from probe.fault import Phase, RequestFault
from probe.options.request import SECRET_NAMES
from probe.record.line import EndLine
from probe.record.recorder import FILE_NAME, REDACTED, CurlFormat, put_aside, redacted_head
from tests.probe.lines import START_S, bad_gateway, request, run_line

HEAD = b"HTTP/1.1 502 Bad Gateway\r\nDate: today\r\nSet-Cookie: s3cret"


def test_an_answer_is_its_head_and_an_empty_line_as_curl_writes_it() -> None:
    text = CurlFormat(SECRET_NAMES).encoded(bad_gateway(1.0), HEAD).decode()

    assert text == "HTTP/1.1 502 Bad Gateway\nDate: today\nSet-Cookie: [not recorded]\n\n"


def test_what_had_no_answer_is_a_line_that_grep_can_find() -> None:
    text = (
        CurlFormat(SECRET_NAMES)
        .encoded(request(1.0, error=RequestFault.CONNECT_REFUSED), b"")
        .decode()
    )

    assert text == "failover-probe: connect_refused in phase connect\n\n"


def test_an_answer_that_was_cut_is_its_head_and_the_line() -> None:
    cut = request(1.0, error=RequestFault.BODY_CUT, phase=Phase.BODY, status=200)

    text = CurlFormat(SECRET_NAMES).encoded(cut, b"HTTP/1.1 200 OK").decode()

    assert text == "HTTP/1.1 200 OK\nfailover-probe: body_cut in phase body\n\n"


def test_the_end_is_the_four_lines_of_the_old_scripts_trap() -> None:
    shape = CurlFormat(SECRET_NAMES)
    begin = shape.encoded(run_line("https://a/", "https://b/", rate_per_s=0.2), b"")

    text = shape.encoded(EndLine(START_S + 60, "SIGINT"), b"").decode()

    date = r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \S+ \d{4}"
    assert begin == b""
    assert re.fullmatch(
        rf"\nSTART: {date}\nEND: {date}\nURL: https://a/ https://b/\nINT: 5\n", text
    )


def test_the_log_of_an_earlier_run_is_put_aside_and_not_lost(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_text("old")

    put_aside(path)

    (aside,) = tmp_path.iterdir()
    assert aside.read_text() == "old"
    assert re.fullmatch(r"testlog-\d{8}T\d{6}\.\d{6}\.log", aside.name)


def test_without_an_earlier_log_there_is_nothing_to_put_aside(tmp_path: Path) -> None:
    put_aside(tmp_path / FILE_NAME)

    assert list(tmp_path.iterdir()) == []


def test_a_log_of_heads_holds_no_secret() -> None:
    head = b"HTTP/1.1 200 OK\r\nDate: today\r\nSet-Cookie: session=s3cret\r\nX-Mine: s3cret"

    text = redacted_head(head, SECRET_NAMES | {"x-mine"})

    assert text == f"HTTP/1.1 200 OK\nDate: today\nSet-Cookie: {REDACTED}\nX-Mine: {REDACTED}"
