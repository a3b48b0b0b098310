from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from probe.cli import probe
from probe.fault import OptionsError, RequestFault
from probe.options.option import options_of
from probe.options.run_options import RunOptions, checked_options
from probe.options.target import ProbeTarget
from probe.record.line import Mode

URL = "https://www.example.com/"


def checked(*urls: str, **typed: Any) -> RunOptions:
    return checked_options(urls or (URL,), typed, "agent/1")


def problems_of(urls: tuple[str, ...] = (URL,), **typed: Any) -> OptionsError:
    with pytest.raises(OptionsError) as caught:
        checked_options(urls, typed, "agent/1")
    return caught.value


def test_what_is_not_given_is_the_documented_default() -> None:
    options = checked()

    assert (options.rate_per_s, options.duration_s, options.timeout_s) == (50.0, None, 5.0)
    assert options.interval_s == 5.0
    assert options.modes == (Mode.FRESH, Mode.KEPT)
    assert options.expected_status.statuses == {200}
    assert not options.follows_redirects
    assert (options.held_targets, options.held_websockets, options.log_dir) == ((), (), None)


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"urls": ()}, "URL"),
        ({"urls": ("ftp://a/",)}, "URL"),
        ({"rate_per_s": "fast"}, "--rate"),
        ({"rate_per_s": "0"}, "--rate"),
        ({"rate_per_s": "1001"}, "--rate"),
        ({"rate_per_s": "5000", "max_rate_per_s": "4000"}, "--rate"),
        ({"max_rate_per_s": "x"}, "--max-rate"),
        ({"duration_s": "soon"}, "--duration"),
        ({"interval_s": "0s"}, "--interval"),
        ({"timeout_s": "-1s"}, "--timeout"),
        ({"headers": ("nonsense",)}, "--header"),
        ({"headers": ("Connection: close",)}, "--header"),
        ({"target_headers": (URL,)}, "--header-to"),
        ({"target_headers": (f"{URL}other X-A: b",)}, "--header-to"),
        ({"variable_headers": (URL,)}, "--header-from"),
        ({"variable_headers": (f"{URL} Cookie: FAILOVER_NO_SUCH_VARIABLE",)}, "--header-from"),
        ({"variable_headers": (f"{URL}other X-A: PATH",)}, "--header-from"),
        ({"expected_status": "ok"}, "--expect"),
        ({"expected_body": "("}, "--body-regex"),
        ({"expected_body": "x", "method": "HEAD"}, "--body-regex"),
        ({"overrides": ("a:b",)}, "--resolve"),
        ({"ca_file": "/no/such/file"}, "--ca"),
        ({"max_body_bytes": "1MB"}, "--max-body"),
        ({"long_s": "x"}, "--long"),
        ({"long_targets": (URL,)}, "--long"),
        ({"long_s": "30s", "long_targets": ("x",)}, "--long-url"),
        ({"websocket_targets": ("x",)}, "--websocket-url"),
        ({"log_format": "curl"}, "--log"),
    ],
)
def test_each_bad_value_is_named_with_what_is_expected_and_what_fixes_it(
    given: dict[str, Any], option: str
) -> None:
    (problem,) = problems_of(**given).problems

    assert problem.path == option
    assert problem.expected
    assert problem.fix


def test_all_problems_are_reported_together() -> None:
    error = problems_of(
        urls=("x",), rate_per_s="x", duration_s="x", expected_status="x", overrides=("x",)
    )

    assert [problem.path for problem in error.problems] == [
        "URL",
        "--rate",
        "--duration",
        "--expect",
        "--resolve",
    ]
    assert "5 problems in the options; nothing was sent." in str(error)


def test_no_secret_is_in_the_words_of_a_problem() -> None:
    error = problems_of(
        urls=("https://user:s3cret@a/",),
        headers=("Authorization Bearer s3cret", "Connection: s3cret"),
    )

    assert len(error.problems) == 3
    assert "s3cret" not in str(error)


def test_a_rate_above_the_maximum_is_taken_when_asked_for() -> None:
    options = checked(rate_per_s="3000", max_rate_per_s="3000")

    assert options.rate_per_s == 3000


def test_a_file_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("not a certificate")

    (problem,) = problems_of(ca_file=str(path)).problems

    assert "PEM" in problem.expected


def test_long_requests_and_websockets_go_to_each_url_unless_told_otherwise() -> None:
    both = (URL, "http://portal.example.com/")

    options = checked(*both, long_s="30s", websocket_targets=("wss://www.example.com/ws",))
    sockets = checked(*both, holds_websockets=True)

    assert [target.url for target in options.held_targets] == list(both)
    assert [target.url for target in options.held_websockets] == ["wss://www.example.com/ws"]
    assert options.held_websockets[0].origin.is_tls
    assert [target.url for target in sockets.held_websockets] == list(both)


def test_an_option_that_is_not_typed_is_the_default_of_a_run_made_in_code() -> None:
    in_code = RunOptions((ProbeTarget.parse(URL),), user_agent="agent/1")
    typed = probe.commands["run"].make_context("run", [URL]).params

    assert checked() == in_code
    assert checked(**{name: typed[name] for name in options_of(RunOptions)}) == in_code


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (200, b"status: ok", None),
        (200, b"maintenance", RequestFault.UNEXPECTED_BODY),
        (503, b"status: ok", RequestFault.UNEXPECTED_STATUS),
        (503, b"maintenance", RequestFault.UNEXPECTED_STATUS),
    ],
)
def test_an_answer_needs_the_status_first_and_the_pattern_then(
    status: int, body: bytes, fault: RequestFault | None
) -> None:
    found = checked(expected_body="status: ok").fault_of(status, body)

    assert (found[0] if found else None) is fault


@pytest.mark.parametrize(
    ("rate", "timeout", "most"), [("1", "1s", 1000), ("800", "4s", 4000), ("1000", "60s", 6000)]
)
def test_as_many_may_be_open_as_a_silent_target_keeps_waiting(
    rate: str, timeout: str, most: int
) -> None:
    assert checked(rate_per_s=rate, timeout_s=timeout).most_in_flight == most
    assert checked(rate_per_s=rate, timeout_s=timeout, max_in_flight=7).most_in_flight == 7


def test_a_rate_that_cannot_be_read_is_not_compared_with_the_most_that_it_may_be() -> None:
    error = problems_of(rate_per_s="2000", max_rate_per_s="many")

    assert [problem.path for problem in error.problems] == ["--max-rate"]


def test_a_header_for_one_url_goes_to_no_other() -> None:
    first, second = f"{URL}#web", f"{URL}#portal"

    options = checked(
        first, second, headers=("X-All: 1",), target_headers=(f"{first} X-A: b", f"{first} X-B: c")
    )

    sent = [
        [f"{each.name}: {each.value}" for each in options.headers_to(target)]
        for target in options.targets
    ]
    assert sent == [["X-All: 1", "X-A: b", "X-B: c"], ["X-All: 1"]]
    assert {target.path for target in options.targets} == {"/"}


def test_a_problem_with_a_header_for_one_url_does_not_show_its_value() -> None:
    (problem,) = problems_of(target_headers=(f"{URL} Connection: s3cret",)).problems

    assert "s3cret" not in str(problem)


def test_a_header_from_the_environment_is_sent_and_is_a_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SESSION", "id=s3cret")

    options = checked(URL, variable_headers=(f"{URL} X-Session: SESSION",))

    (header,) = options.headers_to(options.targets[0])
    assert (header.name, header.value) == ("X-Session", "id=s3cret")
    assert header.is_secret(options.secret_names)


def test_a_problem_with_a_header_from_the_environment_does_not_show_its_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SESSION", "s3cret\x07")

    (problem,) = problems_of(variable_headers=(f"{URL} X-Session: SESSION",)).problems

    assert "s3cret" not in str(problem)
