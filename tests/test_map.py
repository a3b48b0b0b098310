"""ARCHITECTURE.md and CONTRIBUTING.md name every package, and nothing that is not there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.test_arrows import ALLOWED

ROOT = Path(__file__).parents[1]
PAGES = ("ARCHITECTURE.md", "CONTRIBUTING.md")
DIVIDED = ("ops", "rehearsal")
"""Packages whose own packages are on the map as well."""
_row = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)
_arrow = re.compile(r"^\| `(\w+)` \| (nothing|`.*`) \|$", re.MULTILINE)
_quoted = re.compile(r"`([^`\s]+)`")
_fenced = re.compile(r"```.*?```", re.DOTALL)


def packages() -> set[str]:
    """Every folder that holds code of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "*.py", "*.sh"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    parts = [Path(line).parts for line in listed.stdout.splitlines()]
    tops = {each[0] for each in parts if len(each) > 1}
    return tops | {"/".join(each[:2]) for each in parts if each[0] in DIVIDED and len(each) > 2}


def paths_in(page: str) -> set[str]:
    """What a page names that looks like a path of the repository."""
    text = _fenced.sub("", (ROOT / page).read_text())
    first = {path.name for path in ROOT.iterdir()}
    return {
        name
        for name in _quoted.findall(text)
        if "<" not in name and "*" not in name and name.split("/")[0] in first
    }


def test_every_package_is_on_the_map() -> None:
    mapped = set(_row.findall((ROOT / "ARCHITECTURE.md").read_text()))

    assert packages() - mapped - {"__main__.py"} == set()


def test_the_arrows_on_the_map_are_those_that_are_held() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    start = text.index("| importer |")
    table = text[start : text.index("\n\n", start)]

    arrows = {
        importer: set() if of_ours == "nothing" else set(_quoted.findall(of_ours))
        for importer, of_ours in _arrow.findall(table)
    }

    assert arrows == ALLOWED


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_is_named_is_there(page: str) -> None:
    named = paths_in(page)

    assert len(named) > 5
    assert {name for name in named if not (ROOT / name).exists()} == set()
