"""What the engine of a ramp asks of the CLI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi.automation import ConfigValue

from ops.engine.command import LOW_PRIORITY, URGENT
from ops.engine.engine import StackEngine


def test_all_values_of_a_change_are_written_in_one_go() -> None:
    asked: list[object] = []

    def set_all(config: Mapping[str, ConfigValue], *, path: bool) -> None:
        asked.append(({name: value.value for name, value in config.items()}, path))

    def remove_all(keys: Sequence[str], *, path: bool) -> None:
        asked.append((keys, path))

    stack: Any = SimpleNamespace(set_all_config=set_all, remove_all_config=remove_all)
    command: Any = SimpleNamespace()
    changes = {"weights": "90/10", "candidate": None, 'capacity["web"].floors["01"]': "3"}

    StackEngine(stack, command, None).set_config(changes)

    values = {"weights": "90/10", 'capacity["web"].floors["01"]': "3"}
    assert asked == [(values, True), (["candidate"], True)]


def test_nothing_is_asked_of_the_cli_for_what_does_not_change() -> None:
    stack: Any = SimpleNamespace()
    command: Any = SimpleNamespace()

    StackEngine(stack, command, None).set_config({})


@pytest.mark.parametrize(("is_way_back", "niceness"), [(False, LOW_PRIORITY), (True, URGENT)])
def test_the_engine_gives_way_to_the_prober_but_for_a_way_back(
    is_way_back: bool, niceness: int
) -> None:
    command: Any = SimpleNamespace(log=Path("up.log"))
    done = SimpleNamespace(summary=SimpleNamespace(resource_changes={}))
    stack: Any = SimpleNamespace(name="prod", up=lambda **_: done)

    StackEngine(stack, command, None).start_up("a step", is_way_back=is_way_back)

    assert command.priority == niceness
