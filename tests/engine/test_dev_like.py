"""The dev-like stack on the rehearsal: the same program, its own network, nothing protected."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from rehearsal.lifecycle import ROOT
from tests.engine.inventory import inventory
from tests.engine.kill import killed_mid_update
from tests.engine.rehearsed import Rehearsed, rehearsed

pytestmark = pytest.mark.engine


@pytest.mark.long
def test_dev_is_built_shifted_checked_and_destroyed_at_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with rehearsed(tmp_path_factory.mktemp("dev"), "dev") as dev:
        before = inventory(dev)
        dev.engine.set_config("weights", "100/0")
        dev.engine.run("up", "--yes", "--skip-preview")
        dev.engine.set_config("weights", "90/10")
        dev.engine.run("up", "--yes", "--skip-preview")

        assert [service.weights for service in dev.observer().read()] == ["90/10", "90/10"]
        assert_nothing_to_change(dev)

        destroyed = dev.pulumi("destroy", "--yes", "--skip-preview")
        assert destroyed.returncode == 0, destroyed.stdout
        assert inventory(dev) == before


@pytest.mark.long
@pytest.mark.parametrize("made", ["aws:s3/bucket:", "aws:lb/targetGroup:"])
def test_an_engine_killed_in_the_first_up_leaves_a_stack_that_the_command_of_status_repairs(
    tmp_path_factory: pytest.TempPathFactory, made: str
) -> None:
    with rehearsed(tmp_path_factory.mktemp("killed"), "dev") as dev:
        assert killed_mid_update(dev, "resourcePreEvent", made) == []

        commands = [
            line.partition("fix: ")[2]
            for note in status(dev)["notes"]
            for line in note.splitlines()
            if "fix: " in line
        ]
        for command in commands:
            subprocess.run(command, cwd=dev.root, env=dev.env, shell=True, check=True)

        assert len(commands) == 1
        assert not any("pending" in note for note in status(dev)["notes"])
        completed = dev.pulumi("up", "--yes", "--skip-preview")
        assert completed.returncode == 0, completed.stdout
        assert_nothing_to_change(dev)


def status(stack: Rehearsed) -> dict[str, Any]:
    """What `failover status` says."""
    said = subprocess.run(
        [sys.executable, "-m", "ops.cli", "status", "--json"],
        cwd=stack.root,
        env={**stack.env, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return json.loads(said.stdout)


def assert_nothing_to_change(stack: Rehearsed) -> None:
    preview = stack.pulumi("preview", "--expect-no-changes")
    refresh = stack.pulumi("refresh", "--yes", "--expect-no-changes")
    assert preview.returncode == 0, preview.stdout
    assert refresh.returncode == 0, refresh.stdout
