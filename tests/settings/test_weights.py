"""What a refused split is told to be instead: what its value says, and nothing of our own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.split import Split
from settings.declaration.kind import RefusedValueError
from settings.weights import Weights, meant_split
from tests.configs import stack_config
from tests.settings.test_problems import problems

CLEAR = [
    "75-25",
    "75:25",
    "75 / 25",
    "75/ 25",
    "75 25",
    "75,25",
    "75|25",
    "75\\25",
    "75 \N{EN DASH} 25",
    "75%/25%",
    "75 % / 25 %",
    "75/25%",
    '"75/25"',
    "'75-25'",
    "0.75/0.25",
    "75.0/25.0",
    ["75", "25"],
    [75, 25],
    [0.75, 0.25],
    {"01": 75, "02": 25},
    {"02": "25", "01": "75"},
]
UNCLEAR = [
    "",
    "75",
    75,
    50,
    "75%",
    "75/",
    "/25",
    "75/24",
    "75/30",
    "80/30",
    "0/0",
    "1/0",
    "25/75/0",
    "75/25/0",
    "75.25",
    "75.5/24.5",
    "0.755/0.245",
    "0.75%/0.25%",
    "0.75/0.2",
    "-75/25",
    "75/-25",
    "75--25",
    "110/-10",
    "200/-100",
    "abc",
    "75/25 web",
    "75/twenty-five",
    True,
    None,
    [75],
    [75, 25, 0],
    [[75], [25]],
    [True, 99],
    {"01": 75},
    {"1": 75, "2": 25},
    {"web": 75, "portal": 25},
    {"01": {"weight": 75}, "02": 25},
]
WHOLE = st.integers(0, 100)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
)


def offered(value: Any) -> str | None:
    """The split that the refusal of `value` offers."""
    with pytest.raises(RefusedValueError) as refused:
        Weights().read(value)
    (problem,) = refused.value.problems
    assert problem.instead is None or isinstance(problem.instead, str)
    return problem.instead


@pytest.mark.parametrize("value", CLEAR, ids=repr)
def test_a_split_written_in_another_way_is_offered_as_it_was_meant(value: Any) -> None:
    assert offered(value) == "75/25"


def said_of(value: str) -> str:
    (problem,) = problems(stack_config("prod") | {"failover:weights": value})
    return str(problem)


def test_a_split_with_another_sign_between_is_told_once_how_it_is_written() -> None:
    assert said_of("75-25") == (
        "failover:weights is 75-25\n"
        "  expected: two whole numbers from 0 to 100 that sum to 100, slot 01 first, with a slash "
        "between them, such as 75/25\n"
        "  fix:      pulumi config set weights 75/25"
    )


def test_a_split_with_another_sum_is_told_its_sum() -> None:
    assert "such as 75/25; the weights sum to 105, not to 100" in said_of("75/30")


@pytest.mark.parametrize("value", UNCLEAR, ids=repr)
def test_no_split_is_offered_where_the_value_does_not_tell_one(value: Any) -> None:
    assert offered(value) is None


@given(first=WHOLE, form=st.sampled_from(["{}-{}", "{} : {}", "{}%/{}%", "'{}/{}'", "{}.0/{}.0"]))
def test_every_split_is_known_again_in_every_form(first: int, form: str) -> None:
    split = Split(first, 100 - first)

    assert meant_split(form.format(split.slot_01, split.slot_02)) == split


@given(first=st.integers(0, 10**6), second=st.integers(0, 10**6))
def test_what_is_offered_has_the_numbers_of_the_value_and_no_others(
    first: int, second: int
) -> None:
    meant = meant_split(f"{first}-{second}")

    assert (meant is None) == (first + second != 100)
    assert meant is None or (meant.slot_01, meant.slot_02) == (first, second)


@given(value=JSON)
def test_whatever_stands_there_is_refused_or_read_and_never_breaks_the_reading(value: Any) -> None:
    try:
        Weights().read(value)
    except RefusedValueError as refused:
        (problem,) = refused.problems
        assert problem.instead is None or str(Split.parse(str(problem.instead))) == problem.instead
