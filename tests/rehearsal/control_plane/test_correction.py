"""Corrections are put in force together, by name, and taken back without a trace."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.control_plane.correction import (
    Add,
    ComputedProperty,
    Correction,
    Installed,
    Replace,
)
from rehearsal.control_plane.corrections import TABLE
from rehearsal.control_plane.targets import ClockHealth
from rehearsal.control_plane.world import World
from tests.rehearsal.control_plane.aws import FakeClock


class Base:
    def inherited(self) -> str:
        return "base"


class Subject(Base):
    state = "moto"

    def greet(self, name: str) -> str:
        return f"hello {name}"


def correction(*changes: Replace | Add | ComputedProperty) -> Correction:
    return Correction("a-difference", "moto", "AWS", changes)


def world() -> World:
    return World(FakeClock(), ClockHealth())


def louder(w: World, original: Any, self: Subject, name: str) -> str:
    return original(self, name) + "!"


def test_a_later_replacement_wraps_the_earlier_one() -> None:
    change = Replace(Subject, "greet", louder)

    with Installed(world(), [correction(change), correction(change)]):
        assert Subject().greet("you") == "hello you!!"


def test_everything_is_as_it_was_when_corrections_are_taken_back() -> None:
    before = dict(Subject.__dict__)
    changes = (
        Replace(Subject, "greet", louder),
        Replace(Subject, "inherited", lambda w, original, self: original(self) + "+"),
        Add(Subject, "part", lambda w, self: "goodbye"),
        ComputedProperty(Subject, "state", lambda w, self: "AWS"),
    )

    with Installed(world(), [correction(*changes)]):
        subject: Any = Subject()
        during = subject.inherited(), subject.part(), subject.state

    assert during == ("base+", "goodbye", "AWS")
    assert dict(Subject.__dict__) == before


@pytest.mark.parametrize(
    "change",
    [
        Replace(Subject, "gone", lambda w, original, self: None),
        Add(Subject, "greet", lambda w, self: None),
    ],
)
def test_a_correction_that_moto_has_outgrown_is_an_error(change: Replace | Add) -> None:
    with pytest.raises(AttributeError, match="Subject"):
        Installed(world(), [correction(change)])


def test_every_correction_has_a_name_of_its_own_and_describes_both_sides() -> None:
    names = [c.name for c in TABLE]

    assert len(set(names)) == len(names)
    assert all(c.moto.endswith(".") and c.aws.endswith(".") for c in TABLE)
