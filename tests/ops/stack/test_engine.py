"""What a ramp asks of the CLI: the policy pack, its config, the priority, the log of an update."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from ops.stack.engine import StackEngine
from pulumi_cli.process import FULL_PRIORITY, LOW_PRIORITY
from pulumi_cli.pulumi import Pulumi

NAMED = ["prod", "an-organization/failover/prod"]


@dataclass
class StartedUpdates:
    """A CLI that keeps what it was asked to start."""

    folder: Path
    stack: str = "prod"
    options: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    priorities: list[int] = field(default_factory=list[int])
    logs: list[Path] = field(default_factory=list[Path])

    def start_up(self, log: Path, *options: str, niceness: int) -> None:
        self.logs.append(log)
        self.options.append(options)
        self.priorities.append(niceness)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "policy"
    folder.mkdir()
    (folder / "PulumiPolicy.yaml").touch()
    return folder


def started(folder: Path, stack: str = "prod", *, is_way_back: bool = False) -> StartedUpdates:
    """One update of the driver."""
    pulumi = StartedUpdates(folder, stack)
    engine = StackEngine(cast(Pulumi, pulumi), folder / "engine")
    engine.start_up("a stage", is_way_back=is_way_back)
    return pulumi


@pytest.mark.parametrize("stack", NAMED)
def test_an_update_runs_the_pack_with_the_config_that_is_called_as_the_stack_is(
    stack: str, pack: Path
) -> None:
    (pack / "prod.json").write_text("{}")

    assert started(pack.parent, stack).options == [
        (
            *("--message", "a stage", "--policy-pack", str(pack)),
            *("--policy-pack-config", str(pack / "prod.json")),
        )
    ]


def test_a_stack_without_a_config_of_its_own_gets_everything_mandatory(pack: Path) -> None:
    (pack / "dev.json").write_text("{}")

    assert started(pack.parent).options == [("--message", "a stage", "--policy-pack", str(pack))]


def test_a_project_without_a_pack_runs_none(tmp_path: Path) -> None:
    assert started(tmp_path).options == [("--message", "a stage")]


def test_a_way_back_runs_no_pack(pack: Path) -> None:
    (pack / "prod.json").write_text("{}")

    assert started(pack.parent, is_way_back=True).options == [("--message", "a stage")]


@pytest.mark.parametrize(
    ("is_way_back", "niceness"), [(False, LOW_PRIORITY), (True, FULL_PRIORITY)]
)
def test_the_engine_gives_way_to_the_prober_but_for_a_way_back(
    is_way_back: bool, niceness: int, tmp_path: Path
) -> None:
    assert started(tmp_path, is_way_back=is_way_back).priorities == [niceness]


def test_the_output_of_each_update_is_kept_in_its_folder(tmp_path: Path) -> None:
    pulumi = StartedUpdates(tmp_path)
    engine = StackEngine(cast(Pulumi, pulumi), tmp_path / "engine")

    for stage in ("one", "two"):
        engine.start_up(stage)

    assert {log.parent for log in pulumi.logs} == {tmp_path / "engine"}
    assert len(set(pulumi.logs)) == 2
