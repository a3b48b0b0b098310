from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from rollout.split import Split
from settings.declaration.key import Key, KeyGroup
from settings.reference import reference
from settings.settings import TOP
from tests.configs import ROOT

PAGE = ROOT / "docs" / "reference" / "config.md"


def keys(group: KeyGroup[Any]) -> Iterator[Key[Any]]:
    for member in group.members:
        if isinstance(member, KeyGroup):
            yield from keys(member)
        else:
            yield member


def as_written(value: Any) -> Any:
    """A value as it stands in the stack file."""
    if isinstance(value, Split):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: as_written(each) for name, each in value.items()}
    return [as_written(each) for each in value] if isinstance(value, tuple) else value


def test_the_reference_of_the_config_is_what_the_program_reads() -> None:
    assert PAGE.read_text() == reference()


@pytest.mark.parametrize("key", list(keys(TOP)), ids=lambda key: key.name)
def test_the_example_of_a_key_is_a_right_value(key: Key[Any]) -> None:
    assert key.kind.read(as_written(key.example)) == key.example


@pytest.mark.parametrize(
    # An empty list is as good as none.
    "key",
    [key for key in keys(TOP) if key.default not in (None, ())],
    ids=lambda key: key.name,
)
def test_the_default_of_a_key_is_a_right_value(key: Key[Any]) -> None:
    assert key.kind.read(as_written(key.default)) == key.default
