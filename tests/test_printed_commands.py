"""A command that a message prints is a `Command`: complete, quoted, and run by a test of its own.

A literal is neither: nobody sees whose requests it moves, and a value that holds a blank breaks it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.configs import ROOT

FOLDERS = ("components", "fleets", "live", "ops", "probe", "pulumi_cli", "rollout", "settings")

_NAMED = r"`(?:aws|pulumi|failover)(?: [a-z][a-z-]*){0,2}`"
"""A command by its name, as in "`pulumi up` ended with 255": nothing to run."""
_UNSEEN = r"<!--.*?-->"
"""A comment of Markdown, by which a pull request's one is found again: nobody is shown it."""
_COMMAND = re.compile(
    r"(?<![\w/.-])(?:"
    r"aws [a-z0-9-]+ [a-z]+-[a-z-]+"
    r"|pulumi (?:cancel|config|destroy|import|login|preview|refresh|stack|state|up)\b"
    r"|failover (?:adopt|approve|comment|deploy-check|drift|even|inspect|plan|probe|ramp|rehearse"
    r"|report|rollback|status)\b"
    r")"
)


def literals(tree: ast.AST) -> Iterator[str]:
    """Every text of a module but docstrings and words of a `Command`; `{}` is what is filled in."""
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    words = [call.args for call in calls if getattr(call.func, "id", "") == "Shell"]
    skipped |= {id(word) for of_call in words for word in of_call}
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    inner = {id(part) for node in joined for part in node.values}
    for node in ast.walk(tree):
        if id(node) in skipped or id(node) in inner:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def printed_as_literals(source: str) -> list[str]:
    """The texts of a module that hold a command."""
    texts = (re.sub(f"{_NAMED}|{_UNSEEN}", "", text) for text in literals(ast.parse(source)))
    return [text for text in texts if _COMMAND.search(text)]


MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
)


@pytest.mark.parametrize("module", MODULES)
def test_no_command_is_a_literal(module: str) -> None:
    assert printed_as_literals((ROOT / module).read_text()) == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ('error("run: pulumi config set weights 75/25")', 1),
        ('error(f"aws elbv2 modify-rule --rule-arn {arn}")', 1),
        ('error("first, "\n"pulumi up, then")', 1),
        ('error("the last `pulumi up` left it at 1")', 0),
        ('error("run `pulumi up --refresh`")', 1),
        ('"<!-- failover plan of prod -->"', 0),
        ('"""Say what pulumi up does."""', 0),
        ('def f():\n    """As pulumi up does."""\n', 0),
        ('Command.of("pulumi", "up")', 0),
        ('Command.of("eval", Shell("$(failover rehearse env)"))', 0),
        ('x: int\n"""Set by pulumi config set x."""', 0),
    ],
)
def test_a_command_in_a_text_is_seen(source: str, count: int) -> None:
    assert len(printed_as_literals(source)) == count
