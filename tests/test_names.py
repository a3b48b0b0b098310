"""Names in the product: the field's terms, and one meaning each."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OUTSIDE = ("tests/", "bench/", "scripts/")
OWN_WORDS = {
    "contest": "slot comparison",
    "findings": "problems",
    "mend": "fix",
    "newcomer": "new service",
    "odds": "alternative",
    "patience": "retry",
    "recalled": "recovered ramp",
    "sight": "retrying reader",
    "sought": "service query",
    "standing": "blame",
    "surprise": "out-of-band change",
    "suspicion": "sequential test",
    "theatre": "scenario stack",
    "told": "history entry, or what it is that tells",
    "unheard": "ignored flags",
    "whereabouts": "listener hint",
    "wheel": "lease",
}
"""Words that only this project had for a thing, and the field's."""
ONE_PROTOCOL_AND_ONE_IMPLEMENTATION: dict[str, frozenset[str]] = {}
"""Names that stand twice because of that; the modules that may have them."""


@functools.cache
def product() -> dict[str, ast.Module]:
    """Every module of the product, by its path."""
    listed = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    paths = [path for path in listed.stdout.splitlines() if not path.startswith(OUTSIDE)]
    return {path: ast.parse((ROOT / path).read_text()) for path in paths}


def classes(module: ast.Module) -> Iterator[str]:
    """The names of the public classes of a module."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


def words_of(name: str) -> set[str]:
    """`NoSuchThing` and `no_such_thing` are both three words."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def shared(modules: dict[str, ast.Module]) -> dict[str, list[str]]:
    """The class names that more than one module has."""
    found: dict[str, list[str]] = defaultdict(list)
    for path, module in modules.items():
        for name in classes(module):
            found[name].append(path)
    return {
        name: paths
        for name, paths in found.items()
        if len(paths) > 1 and not set(paths) <= ONE_PROTOCOL_AND_ONE_IMPLEMENTATION.get(name, set())
    }


def of_our_own(modules: dict[str, ast.Module]) -> list[str]:
    """Modules and classes whose name has a word of our own in it."""
    own = set(OWN_WORDS)
    found = [path for path in modules if words_of(Path(path).stem) & own]
    return found + [
        f"{path}: {name}"
        for path, module in modules.items()
        for name in classes(module)
        if words_of(name) & own
    ]


def test_a_class_name_means_one_thing() -> None:
    assert shared(product()) == {}


def test_modules_and_classes_have_the_fields_terms() -> None:
    assert of_our_own(product()) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("rollout/suspicion.py", ""),
        ("rollout/lease.py", "class Wheel: ..."),
        ("live/discovery.py", "class ServiceWhereabouts: ..."),
    ],
)
def test_a_word_of_our_own_is_seen(path: str, text: str) -> None:
    assert len(of_our_own({path: ast.parse(text)})) == 1


def test_a_name_that_stands_twice_is_seen() -> None:
    twice = {"a.py": ast.parse("class Plan: ..."), "b.py": ast.parse("class Plan: ...")}

    assert shared(twice) == {"Plan": ["a.py", "b.py"]}
