"""Names, messages and pages: the field's terms, one meaning each, and plain technical English."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

import pytest

from tests.words import (
    OUR_WORDS,
    PHRASES,
    ROOT,
    found,
    own_names,
    pages,
    phrases_in,
    product,
    prose_of,
    ramp_keys,
    terms,
    texts_in,
    uses,
)

GLOSSARY = "docs/glossary.md"
ONE_PROTOCOL_AND_ONE_IMPLEMENTATION: dict[str, frozenset[str]] = {}
"""Names that stand twice because of that; the modules that may have them."""


def classes(module: ast.Module) -> Iterator[str]:
    """The names of the public classes of a module."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


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


def test_a_class_name_means_one_thing() -> None:
    assert shared(product()) == {}


def test_nothing_has_a_word_or_phrase_of_our_own() -> None:
    assert dict(found()) == {}, "write it with the words on the right of OWN_WORDS and PHRASES"


@pytest.mark.parametrize("page", pages())
def test_a_page_has_no_phrase_of_our_own(page: str) -> None:
    assert {PHRASES[p]: p for p in phrases_in(prose_of(page))} == {}


def test_the_glossary_has_every_word_of_ours_that_a_page_uses() -> None:
    text = " ".join(prose_of(page) for page in pages() if page != GLOSSARY)

    used = {word for word in OUR_WORDS if uses(text, word)} | ramp_keys()

    assert used - terms() == set()


def test_every_word_of_the_glossary_is_used() -> None:
    read = [(ROOT / page).read_text() for page in pages() if page != GLOSSARY]
    read += [text for module in product().values() for text in texts_in(module)]

    assert {term for term in terms() if not any(uses(text, term) for text in read)} == set()
    assert len(terms()) > 60


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("rollout/suspicion.py", "", "suspicion"),
        ("rollout/lease.py", "class Wheel: ...", "Wheel"),
        ("live/discovery.py", "class ServiceWhereabouts: ...", "ServiceWhereabouts"),
        ("rollout/entry.py", "class Kind:\n    UP_SAID = 1", "UP_SAID"),
        ("rollout/plan.py", "def f(hand: int): ...", "hand"),
        ("rollout/plan.py", "def is_by_hand(): ...", None),
    ],
)
def test_a_word_of_our_own_is_seen(path: str, text: str, name: str | None) -> None:
    names = [found_name for _, _, found_name in own_names({path: ast.parse(text)})]

    assert names == ([] if name is None else [name])


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("changed past the stack", 1),
        ("a ramp that did not end is\n        gone on with", 1),
        ("75-25 is no split", 1),
        ("there is no split", 0),
        ("the config has it no more", 1),
        ("Nobody knows, says who told it", 3),
        ("`failover ramp --anew`", 0),
    ],
)
def test_a_phrase_of_our_own_is_seen(text: str, count: int) -> None:
    assert sum(phrases_in(text).values()) == count


def test_a_name_that_stands_twice_is_seen() -> None:
    twice = {"a.py": ast.parse("class Plan: ..."), "b.py": ast.parse("class Plan: ...")}

    assert shared(twice) == {"Plan": ["a.py", "b.py"]}
