"""One line declares a key: on the class it is the key, on an instance the value."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, field, replace
from typing import Any, ClassVar

import pytest

from rollout.problem import NOT_SET
from rollout.split import Slot
from settings.declaration.key import (
    BySlot,
    ConfigMap,
    Key,
    KeyGroup,
    KeysBeside,
    key,
    optional,
    required,
)
from settings.declaration.kind import Flag, Json, Text, WholeNumber
from settings.declaration.section import ConfigProblems, Section

WORD = Text("[a-z]+", "a word")


@dataclass(frozen=True, kw_only=True)
class Door(ConfigMap):
    """A map within another one."""

    width_cm: Key[int] = key(80, WholeNumber(60, 200), "How wide.")
    is_locked: Key[bool] = key(False, Flag(), "Whether it opens.", name="locked", example=True)


@dataclass(frozen=True, kw_only=True)
class Paint(ConfigMap):
    """Keys beside those of a house."""

    colour: Key[str | None] = optional("red", WORD, "Which colour.")


@dataclass(frozen=True, kw_only=True)
class House(ConfigMap):
    """A map of every kind of member."""

    owner: Key[str] = field(default=required("kim", WORD, "Whose."), repr=False)
    paint: KeysBeside[Paint] = KeysBeside(Paint)
    front_door: KeyGroup[Door] = KeyGroup("The way in.", Door)
    back_door: KeyGroup[Door | None] = KeyGroup("The way out.", Door, is_optional=True)
    keys_of: ClassVar[BySlot[Key[Any]]] = BySlot(lambda slot: optional("x", WORD, f"Of {slot}."))
    floors: int = 1
    """Is declared by no key."""


def read(value: Json, **known: Any) -> tuple[House, list[str]]:
    problems = ConfigProblems(frozenset())
    house = House.read(Section(value, "failover:", KeyGroup("A house.", House), problems), **known)
    return house, [f"{each.path}: {each.found}" for each in problems.found]


def test_the_config_spells_a_key_in_camel_case_or_as_it_is_named() -> None:
    members = [member.name for member in House.members()]

    assert members == ["owner", "colour", "frontDoor", "backDoor", "01", "02"]
    assert [member.name for member in Door.members()] == ["widthCm", "locked"]


def test_an_attribute_of_the_class_is_the_key_and_of_an_instance_the_value() -> None:
    door = Door(width_cm=90)

    assert isinstance(Door.width_cm, Key)
    assert (Door.width_cm.default, door.width_cm, door.is_locked) == (80, 90, False)
    assert House.keys_of[Slot.SECOND].name == "02"


def test_a_map_is_compared_shown_and_replaced_as_a_dataclass_is() -> None:
    house = House(owner="kim", paint=Paint(), back_door=None)

    assert house.front_door == Door()
    assert replace(house, owner="lee") != house
    assert "kim" not in repr(house)
    with pytest.raises(FrozenInstanceError):
        house.owner = "lee"  # pyright: ignore[reportAttributeAccessIssue]


def test_what_must_be_set_must_be_given() -> None:
    with pytest.raises(TypeError, match="owner must be given"):
        House(paint=Paint())


def test_every_member_is_read_and_what_is_known_is_taken() -> None:
    config: Json = {"owner": "kim", "colour": "blue", "frontDoor": {"widthCm": 70}}

    house, problems = read(config, floors=3)

    assert problems == []
    assert house == House(
        owner="kim", paint=Paint(colour="blue"), front_door=Door(width_cm=70), floors=3
    )


@pytest.mark.any_words  # No program has a house.
def test_every_problem_is_found_and_an_example_stands_in() -> None:
    house, problems = read({"colour": 7, "backDoor": {"widthCm": 3, "locked": True}})

    assert problems == [
        f"failover:owner: {NOT_SET}",
        "failover:colour: 7",
        "failover:backDoor.widthCm: 3",
    ]
    assert house == House(
        owner="kim", paint=Paint(colour="red"), back_door=Door(width_cm=80, is_locked=True)
    )
