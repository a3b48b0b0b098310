from __future__ import annotations

from types import MappingProxyType

import pytest

from rollout.json_value import is_list, is_map, list_of, map_of


@pytest.mark.parametrize("value", [{}, {"a": [1]}, MappingProxyType({"a": 1})])
def test_a_map_is_itself_and_no_list(value: object) -> None:
    assert is_map(value)
    assert map_of(value) is value
    assert list_of(value) == []


@pytest.mark.parametrize("value", [[], [{"a": 1}], (), (1, 2)])
def test_a_list_is_itself_and_no_map(value: object) -> None:
    assert is_list(value)
    assert list_of(value) is value
    assert map_of(value) == {}


@pytest.mark.parametrize("value", [None, "", "a: 1", 0, True, {1, 2}])
def test_anything_else_is_an_empty_one(value: object) -> None:
    assert not is_map(value)
    assert not is_list(value)
    assert (map_of(value), list_of(value)) == ({}, [])
