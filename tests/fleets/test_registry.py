from __future__ import annotations

import pytest

from fleets.registry import DEFAULT, KINDS, kind_in, kind_of
from live.errors import UnreadableError


def test_a_kind_is_found_by_its_key_and_a_stack_of_before_has_the_default() -> None:
    assert [kind_of(kind.key) for kind in KINDS] == list(KINDS)
    assert kind_of(None) is DEFAULT


def test_a_kind_of_a_later_version_is_named_with_what_to_use() -> None:
    with pytest.raises(UnreadableError, match="the fleet kind ecs, and this version knows auto"):
        kind_of("ecs")


def test_a_slots_own_map_names_its_kind() -> None:
    assert kind_in({"registered": True}).key == "registered"
    assert kind_in({"registered": False}) is DEFAULT
    assert kind_in({}) is DEFAULT
