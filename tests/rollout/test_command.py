from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.command import Command, Shell, config_set
from tests.command_check import problem_of

pytestmark = pytest.mark.any_words
words = st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc"))), min_size=1, max_size=5)


@given(words)
def test_a_shell_reads_back_the_words_of_a_command(given_words: list[str]) -> None:
    command = Command.of(*given_words)

    assert shlex.split(str(command)) == given_words


def test_steps_are_joined_so_that_one_that_fails_ends_the_command() -> None:
    first = Command.of("pulumi", "config", "set", "weights", "75/25")
    up = Command.of("pulumi", "up", moves="web: to slot 02")

    assert str(first.then(up)) == "pulumi config set weights 75/25 && pulumi up"
    assert first.then(up).moves == "web: to slot 02"


def test_a_word_for_the_shell_stays_as_it_is() -> None:
    command = Command.of("eval", Shell('"$(failover rehearse env --unset)"'))

    assert str(command) == 'eval "$(failover rehearse env --unset)"'


def test_a_value_that_looks_like_an_option_is_a_value() -> None:
    command = config_set("failover:capacity.web.min", "-1").with_options("--stack", "prod")

    assert str(command) == (
        "pulumi config set --path 'failover:capacity.web.min' --stack prod -- -1"
    )
    assert problem_of(command.steps[0]) is None
