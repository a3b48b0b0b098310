"""Which config of the policy pack an update of the driver gets."""

from __future__ import annotations

import queue
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ops.engine.engine import StackEngine

NAMED = ["prod", "an-organization/failover/prod"]


def options_of_an_up(
    stack_name: str, pack: Path | None, *, is_way_back: bool = False
) -> dict[str, Any]:
    """What the Automation API is asked for."""
    asked: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def up(**options: Any) -> Any:
        asked.put(options)
        return SimpleNamespace(summary=SimpleNamespace(resource_changes={}))

    stack: Any = SimpleNamespace(name=stack_name, up=up)
    command: Any = SimpleNamespace(log=Path("up.log"))
    StackEngine(stack, command, pack).start_up("a stage", is_way_back=is_way_back)
    return asked.get(timeout=60)


@pytest.mark.parametrize("stack", NAMED)
def test_an_update_runs_the_pack_with_the_config_that_is_called_as_the_stack_is(
    stack: str, tmp_path: Path
) -> None:
    (tmp_path / "prod.json").write_text("{}")

    options = options_of_an_up(stack, tmp_path)

    assert options["policy_packs"] == [str(tmp_path)]
    assert options["policy_pack_configs"] == [str(tmp_path / "prod.json")]


def test_a_stack_without_a_config_of_its_own_gets_everything_mandatory(tmp_path: Path) -> None:
    (tmp_path / "dev.json").write_text("{}")

    options = options_of_an_up("prod", tmp_path)

    assert options["policy_packs"] == [str(tmp_path)]
    assert options["policy_pack_configs"] is None


def test_a_project_without_a_pack_runs_none() -> None:
    options = options_of_an_up("prod", None)

    assert options["policy_packs"] is None
    assert options["policy_pack_configs"] is None


def test_a_way_back_runs_no_pack(tmp_path: Path) -> None:
    options = options_of_an_up("prod", tmp_path, is_way_back=True)

    assert options["policy_packs"] is None
    assert options["policy_pack_configs"] is None
