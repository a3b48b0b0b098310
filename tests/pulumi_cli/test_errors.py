"""Which words of the CLI say that this shell cannot use the engine."""

from __future__ import annotations

import pytest

from pulumi_cli.errors import access_fault


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("error: PULUMI_ACCESS_TOKEN must be set for login during", "is not logged in"),
        ("error: invalid access token", "is not logged in"),
        ("error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or", "has no passphrase"),
        ("error: getting stack configuration: incorrect passphrase", "is not the one of"),
    ],
)
def test_each_is_one_message_with_its_command_and_is_bad_input(words: str, what: str) -> None:
    fault = access_fault(words)

    assert fault is not None
    assert what in str(fault)
    assert [line.split(":")[0].strip() for line in str(fault).splitlines()[1:]] == [
        "expected",
        "fix",
    ]
    assert fault.exit_code == 2


@pytest.mark.parametrize("words", ["", "error: unable to open bucket", "no stack named 'prod'"])
def test_other_words_are_another_fault(words: str) -> None:
    assert access_fault(words) is None
