from __future__ import annotations

from rollout.errors import RolloutError, SettingsError
from rollout.problem import NOT_SET, Problem

WRONG = Problem("failover:weights", "75/30", "weights that sum to 100", "pulumi config set ...")
ABSENT = Problem("failover:org", NOT_SET, "a name", "pulumi config set org ORG")


def test_a_problem_says_where_what_is_expected_and_what_fixes_it() -> None:
    assert str(WRONG).splitlines() == [
        "failover:weights is 75/30",
        "  expected: weights that sum to 100",
        "  fix:      pulumi config set ...",
    ]


def test_a_problem_of_an_absent_value_says_that_it_is_not_set() -> None:
    assert str(ABSENT).startswith("failover:org not set\n")


def test_an_error_lists_every_problem_by_number() -> None:
    error = SettingsError((WRONG, ABSENT))

    text = str(error)

    assert text.startswith("2 problems in the stack config; nothing was changed.\n")
    assert f"1. {WRONG}" in text
    assert f"2. {ABSENT}" in text
    assert isinstance(error, RolloutError)
