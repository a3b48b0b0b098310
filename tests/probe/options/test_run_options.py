from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from probe.errors import OptionsError
from probe.options.run_options import Given, checked_options
from probe.record.line import Mode

URL = "https://www.example.com/"


def problems_of(**given: Any) -> OptionsError:
    given.setdefault("urls", (URL,))
    with pytest.raises(OptionsError) as caught:
        checked_options(Given(**given), "agent/1")
    return caught.value


def test_what_is_not_given_is_the_documented_default() -> None:
    options = checked_options(Given(urls=(URL,)), "agent/1")

    assert (options.rate_per_s, options.duration_s, options.timeout_s) == (50.0, None, 5.0)
    assert options.interval_s == 5.0
    assert options.modes == (Mode.FRESH, Mode.KEPT)
    assert options.expectation.statuses == {200}
    assert not options.follows_redirects
    assert (options.long_targets, options.websocket_targets, options.log_dir) == ((), (), None)


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"urls": ()}, "URL"),
        ({"urls": ("ftp://a/",)}, "URL"),
        ({"rate": "fast"}, "--rate"),
        ({"rate": "0"}, "--rate"),
        ({"rate": "1001"}, "--rate"),
        ({"rate": "5000", "max_rate": "4000"}, "--rate"),
        ({"max_rate": "x"}, "--max-rate"),
        ({"duration": "soon"}, "--duration"),
        ({"interval": "0s"}, "--interval"),
        ({"timeout": "-1s"}, "--timeout"),
        ({"headers": ("nonsense",)}, "--header"),
        ({"headers": ("Connection: close",)}, "--header"),
        ({"expect": "ok"}, "--expect"),
        ({"body_regex": "("}, "--body-regex"),
        ({"body_regex": "x", "method": "HEAD"}, "--body-regex"),
        ({"resolve": ("a:b",)}, "--resolve"),
        ({"ca": "/no/such/file"}, "--ca"),
        ({"max_body": "1MB"}, "--max-body"),
        ({"long": "x"}, "--long"),
        ({"long_urls": (URL,)}, "--long"),
        ({"long": "30s", "long_urls": ("x",)}, "--long-url"),
        ({"websocket_urls": ("x",)}, "--websocket-url"),
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
    error = problems_of(urls=("x",), rate="x", duration="x", expect="x", resolve=("x",))

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
    options = checked_options(Given(urls=(URL,), rate="3000", max_rate="3000"), "agent/1")

    assert options.rate_per_s == 3000


def test_a_file_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("not a certificate")

    (problem,) = problems_of(ca=str(path)).problems

    assert "PEM" in problem.expected


def test_long_requests_and_websockets_go_to_each_url_unless_told_otherwise() -> None:
    both = (URL, "http://portal.example.com/")

    options = checked_options(
        Given(urls=both, long="30s", websocket_urls=("wss://www.example.com/ws",)), "agent/1"
    )
    sockets = checked_options(Given(urls=both, websocket=True), "agent/1")

    assert [target.url for target in options.long_targets] == list(both)
    assert [target.url for target in options.websocket_targets] == ["wss://www.example.com/ws"]
    assert options.websocket_targets[0].origin.is_tls
    assert [target.url for target in sockets.websocket_targets] == list(both)
