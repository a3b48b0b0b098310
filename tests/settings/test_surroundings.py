"""Account ids that YAML has read as numbers."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rollout.errors import SettingsError
from settings.settings import Settings
from settings.surroundings import meant_by
from tests.configs import Config, FakeLookups, as_handed_over, stack_config, surroundings
from tests.fixing import fixed

KEY = "aws:allowedAccountIds"


def problems(config: Config, lookups: FakeLookups | None = None) -> list[str]:
    """What is wrong with a config, each problem as text."""
    try:
        Settings.parse(as_handed_over(config), surroundings(config, lookups=lookups))
    except SettingsError as error:
        return [str(problem) for problem in error.problems]
    return []


@given(st.from_regex(r"0[0-9]{11}", fullmatch=True).filter(lambda text: text != "0" * 12))
def test_an_id_without_quotes_is_among_those_that_its_number_may_have_been(text: str) -> None:
    # As the Pulumi CLI reads it: octal where all digits are, as YAML 1.1 has it, else decimal.
    number = int(text, 8) if set(text) <= set("01234567") else int(text)

    assert text in meant_by(number)


def test_an_id_without_quotes_is_one_problem_with_the_command_that_quotes_it() -> None:
    config, lookups = stack_config("prod"), FakeLookups()
    config[KEY] = [12345678901]

    (problem,) = problems(config, lookups)

    assert problem == (
        f"{KEY}[0] is 12345678901\n"
        "  expected: an account id, which has 12 digits: quote it, since without quotes YAML reads "
        "a number, such as 012345678901\n"
        f"  fix:      pulumi config set --path '{KEY}[0]' 012345678901"
    )
    assert lookups.asked == []


@pytest.mark.parametrize("key", [KEY, "aws:forbiddenAccountIds"])
def test_a_number_that_may_have_been_two_ids_offers_neither(key: str) -> None:
    config = stack_config("prod") | {key: [1402433619]}

    (problem,) = problems(config)

    assert "such as 001402433619 or 012345670123" in problem
    assert problem.endswith("ACCOUNT_ID")


def test_an_id_of_twelve_digits_is_right_with_and_without_quotes() -> None:
    assert problems(stack_config("prod") | {KEY: ["012345678901", 123456789012]}) == []


def test_the_command_fixes_it() -> None:
    config = stack_config("prod")
    config[KEY] = yaml.safe_load("[12345678901]")
    (problem,) = problems(config)

    right = fixed(config, problem.rpartition("fix:")[2].strip())

    assert json.dumps(right[KEY]) == '["012345678901"]'
    assert problems(right) == []
