"""docs/rehearsal.md promises nothing that no test holds."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "docs" / "rehearsal.md").read_text().splitlines()
_HEAD = "| claim | the test that proves it |"


def claims() -> list[tuple[str, list[str]]]:
    """Each claim with the tests that it names."""
    found: list[tuple[str, list[str]]] = []
    is_inside = False
    for line in LINES:
        is_inside = line == _HEAD or (is_inside and line.startswith("|"))
        if is_inside and line != _HEAD and not line.startswith("|--"):
            claim, tests = line.strip("| ").rsplit(" | ", 1)
            found.append((claim, re.findall(r"`([^`]+)`", tests)))
    return found


@cache
def functions_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("claim", "tests"), claims(), ids=lambda value: str(value)[:40])
def test_each_claim_names_tests_that_are_there(claim: str, tests: list[str]) -> None:
    assert tests, claim
    for test in tests:
        file, _, function = test.partition("::")
        path = ROOT / file
        assert path.exists(), f"{claim}: there is no {file}"
        assert file.startswith("tests/")
        if function:
            assert function in functions_of(path), f"{claim}: {file} has no {function}"


def test_the_tables_are_found() -> None:
    assert sum(line == _HEAD for line in LINES) == 4
    assert len(claims()) > 35
