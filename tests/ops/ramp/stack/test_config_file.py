"""What the driver reads in a stack file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.ramp.errors import BadInputError
from ops.ramp.stack.config_file import StackFile
from rollout.split import Slot

TEXT = """\
config:
  aws:region: us-east-1
  failover:weights: 75/25
  failover:services:
    portal:
      weights: 50/50
    web:
      slots:
        "01":
          autoScalingGroup:
            existing: blue
  failover:capacity:
    portal:
      min: 2
      floors:
        "01": 3
        "02": 5
"""


@pytest.fixture
def file(tmp_path: Path) -> StackFile:
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text(TEXT)
    return StackFile.read(path)


def test_a_services_own_weights_are_told_from_the_common_ones(file: StackFile) -> None:
    assert file.weights() == {"portal": "50/50", "web": "75/25"}
    assert file.services_with_weights() == {"portal"}


def test_floors_are_read_by_service_and_slot(file: StackFile) -> None:
    assert file.floors(["portal", "web"]) == {"portal": {Slot.FIRST: 3, Slot.SECOND: 5}}


def test_a_group_that_is_only_named_is_not_the_stacks_own(file: StackFile) -> None:
    assert file.owned_slots("portal") == set(Slot)
    assert file.owned_slots("web") == {Slot.SECOND}


def test_a_named_group_is_held_where_its_floor_is_to_be_written() -> None:
    named = {"existing": "web-blue", "floor": "write"}
    made = {"name": "web-green", "floor": "write"}
    slots = {"01": {"autoScalingGroup": named}, "02": {"autoScalingGroup": made}}

    file = StackFile({"services": {"web": {"slots": slots}, "portal": {}}})

    assert file.held_slots("web") == {Slot.FIRST}
    assert file.held_slots("portal") == set()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("weights", "75/25"),
        ('services["portal"].weights', "50/50"),
        ('services["web"].weights', None),
        ('capacity["portal"].floors["02"]', "5"),
        ('capacity["web"].floors["02"]', None),
    ],
)
def test_a_value_is_found_by_the_path_that_sets_it(
    file: StackFile, path: str, value: str | None
) -> None:
    assert file.value(path) == value


@pytest.mark.parametrize("text", ["", "config: 1", "a: [", "config:"])
def test_what_is_no_stack_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text(text)

    with pytest.raises(BadInputError, match=r"Pulumi\.prod\.yaml"):
        StackFile.read(path)
