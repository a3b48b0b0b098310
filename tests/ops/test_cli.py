"""How any command ends that does not end as it should."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from ops.cli import SUBCOMMANDS, failover


@pytest.fixture(autouse=True)
def faulty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SUBCOMMANDS, "faulty", ("tests.ops.faulty_command:faulty", "Fail."))


def ended(cause: str) -> Result:
    return CliRunner().invoke(failover, ["faulty", cause])


def test_a_fault_of_a_command_looks_like_no_verdict_and_says_what_to_type() -> None:
    result = ended("fault")

    assert result.exit_code == 70
    assert result.stdout == ""
    assert "Traceback" in result.stderr
    assert "ZeroDivisionError: nobody thought of it" in result.stderr
    assert "failover status shows the weights" in result.stderr


def test_a_command_that_a_person_ends_looks_like_no_verdict() -> None:
    result = ended("Ctrl-C")

    assert (result.exit_code, result.stdout) == (3, "")
    assert "stopped; nothing more was done" in result.stderr


def test_ctrl_c_while_a_module_is_imported_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    module = "tests.ops.interrupted_import"
    monkeypatch.setitem(SUBCOMMANDS, "interrupted", (f"{module}:none", "Be stopped."))

    result = CliRunner().invoke(failover, ["interrupted"])

    assert (result.exit_code, result.stdout) == (3, "")
    assert "stopped; nothing more was done" in result.stderr
    assert "Traceback" not in result.stderr


def test_bad_input_stays_bad_input() -> None:
    assert ended("such cause").exit_code == 2
