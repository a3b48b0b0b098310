"""How every command shows an error, and what it exits with."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from ops.cli import SUBCOMMANDS, failover
from ops.command import command
from ops.errors import CommandError, InputError, RefusedError, UnsureError
from rollout.command import Command


def ending(error: BaseException | None = None, code: int | None = None) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command that raises or returns this."""

    @command("fragile", stopped="stopped; run it again to go on")
    @click.option("--json", "as_json", is_flag=True)
    def fragile(*, as_json: bool) -> int | None:
        """Fail."""
        del as_json
        if error is not None:
            raise error
        return code

    done = CliRunner().invoke(fragile, ["--json"])
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("kind", "code"), [(RefusedError, 1), (InputError, 2), (UnsureError, 3), (CommandError, 3)]
)
def test_an_error_is_laid_out_and_gives_the_exit_code(kind: type[CommandError], code: int) -> None:
    fixes = (Command.of("pulumi", "stack", "ls"), "or:  make one")
    error = kind("there is no stack prdo", expected="a stack of this backend", fixes=fixes)

    shown = ending(error)

    assert shown == (
        code,
        "",
        "error: there is no stack prdo\n"
        "  expected: a stack of this backend\n"
        "  fix:      pulumi stack ls\n"
        "  or:       or:  make one\n",
    )


def test_an_error_without_a_fix_is_one_line() -> None:
    assert ending(UnsureError("AWS gave no answer")) == (3, "", "error: AWS gave no answer\n")


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), click.Abort()], ids=repr)
def test_a_command_that_a_person_ends_says_its_own_words(raised: BaseException) -> None:
    assert ending(raised) == (3, "", "stopped; run it again to go on\n")


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (1, 1)])
def test_a_command_exits_with_what_it_returns(returned: int | None, code: int) -> None:
    assert ending(code=returned) == (code, "", "")


@pytest.mark.parametrize("name", sorted(set(SUBCOMMANDS) - {"probe", "rehearse"}))
def test_help_has_the_exit_codes_and_examples_that_begin_with_the_command(name: str) -> None:
    shown = CliRunner().invoke(failover, [name, "-h"])

    examples = shown.stdout.partition("Examples:")[2].partition("Options:")[0]
    assert shown.exit_code == 0
    assert "Exit codes" in shown.stdout
    assert examples.lstrip().startswith(f"failover {name}")
