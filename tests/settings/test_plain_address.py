from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.probe import plain_host, plain_path

patterns = st.tuples(st.sampled_from("/*?"), st.text("/ab*?", max_size=8)).map("".join)


@given(patterns)
def test_a_plain_path_is_one_that_its_pattern_takes(pattern: str) -> None:
    path = plain_path([pattern])

    wanted = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    assert path.startswith("/")
    assert re.fullmatch(wanted, path)


@pytest.mark.parametrize(
    ("paths", "path"),
    [
        ([], "/"),
        (["/*"], "/"),
        (["/portal/*", "/other"], "/portal/"),
        (["/v?/orders"], "/vx/orders"),
        (["/a*z"], "/az"),
        (["*.php"], "/.php"),
    ],
)
def test_a_path_keeps_all_of_its_pattern_that_is_no_wildcard(paths: list[str], path: str) -> None:
    assert plain_path(paths) == path


def test_a_host_with_a_wildcard_is_passed_over() -> None:
    assert plain_host(["*.example.com", "www.example.com"]) == "www.example.com"
    assert plain_host(["*.example.com"]) is None
