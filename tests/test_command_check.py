"""What the check of printed commands sees, and that it is made of every test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rollout.command import Command, Shell
from tests.command_check import problem_of
from tests.configs import ROOT

pytestmark = pytest.mark.any_words

RULE = ("aws", "elbv2", "modify-rule", "--rule-arn", "arn", "--region", "us-east-1")


@pytest.mark.parametrize(
    "words",
    [
        ("failover", "ramp", "--to", "02", "--bake", "5m"),
        ("failover", "rollback", "--break-glass", "--stack", "prod"),
        ("failover", "probe", "https://www.example.com/"),
        ("failover", "rehearse", "up", "--like", "prod"),
        ("pulumi", "up", "--refresh", "--stack", "prod"),
        ("pulumi", "config", "--stack", "prod", "set", "--path", "failover:weights", "75/25"),
        ("pulumi", "config", "set", "--path", 'services["web"].weights', "75/25"),
        ("pulumi", "config", "set", "--path", 'failover:images.web["02"]', "ami-1"),
        ("pulumi", "config", "rm", "--path", "failover:whatever.was[0]"),
        ("pulumi", "state", "delete", "urn:pulumi:prod::failover::a::b"),
        (*RULE, "--actions", '[{"Type":"forward","TargetGroupArn":"arn"}]'),
        ("eval", Shell('"$(failover rehearse env)"')),
    ],
)
def test_a_command_that_its_program_takes_passes(words: tuple[str, ...]) -> None:
    assert problem_of(words) is None


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("failover", "ramp", "--anew-again"), "No such option '--anew-again'"),
        (("failover", "ramp", "--to", "03"), "'03' is not one of"),
        (("failover", "ramp", "--stack"), "requires an argument"),
        (("failover", "even", "--to", "02"), "No such option"),
        (("failover", "roll-back"), "No such command"),
        (("failover", "deploy-check"), "Missing option '--stack'"),
        (("failover", "rollback", "--stack", "NAME"), "the value of NAME is known"),
        (("pulumi", "up", "--refreshed"), "up has no option --refreshed"),
        (("pulumi", "up", "--stack"), "--stack takes a value"),
        (("pulumi", "config", "sets", "weights", "75/25"), "it takes"),
        (("pulumi", "stacks", "ls"), "no such command"),
        (("pulumi", "config", "set", "--path", "weights"), None),
        (("pulumi", "config", "set", "weights", "75", "25"), "it takes"),
        (("pulumi", "config", "set", "wieghts", "75/25"), "the config has no wieghts"),
        (("pulumi", "config", "set", "services.web.port", "80"), "the config has no services"),
        (("pulumi", "config", "set", "--path", "failover:services.web.prt", "80"), "no prt"),
        (("pulumi", "config", "set", "--path", "failover:services.web", "80"), "is a map"),
        (("pulumi", "config", "set", "aws:regoin", "us-east-1"), "aws has no key regoin"),
        (("pulumi", "config", "set-all", "--plaintext", "wieghts=1"), "the config has no wieghts"),
        (("aws", "elbv3", "modify-rule"), "Unknown service"),
        (("aws", "elbv2", "modify-rules"), "has no modify-rules"),
        ((*RULE, "--action", "[]"), "has no --action"),
        ((*RULE, "--actions", '[{"Kind":"forward"}]'), "--actions: "),
        (("aws", "elbv2", "modify-rule", "--region", "us-east-1"), "needs --rule-arn"),
        (("aws", "elbv2", "modify-rule", "--rule-arn", "a", "b"), "takes one value"),
        (("eval", Shell('"$(failover rehearse envs)"')), "No such command"),
        (("fialover", "ramp"), "fialover is none of"),
    ],
)
def test_a_command_that_its_program_does_not_take_is_told(
    words: tuple[str, ...], why: str | None
) -> None:
    problem = problem_of(words)

    assert problem is None if why is None else why in str(problem)


def test_a_test_in_which_a_wrong_command_is_made_fails(tmp_path: Path) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(
        "from rollout.command import Command\n"
        "def test_it():\n"
        "    assert str(Command.of('failover', 'ramp', '--wrong')) == 'failover ramp --wrong'\n"
    )

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 1
    assert "1 passed, 1 error" in done.stdout
    assert "failover ramp --wrong: No such option '--wrong'" in done.stdout


def test_the_words_of_a_command_are_checked_a_step_at_a_time() -> None:
    both = Command.of("pulumi", "up").then(Command.of("failover", "ramp", "--wrong"))

    assert [problem_of(step) is None for step in both.steps] == [True, False]
