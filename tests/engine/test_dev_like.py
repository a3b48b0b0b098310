"""The dev-like stack on the rehearsal: the same program, its own network, nothing protected."""

from __future__ import annotations

import pytest

from tests.engine.inventory import inventory
from tests.engine.kill import killed_mid_update
from tests.engine.rehearsed import Rehearsed, rehearsed

pytestmark = pytest.mark.engine


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
@pytest.mark.parametrize("event", ["resourcePreEvent", "resOutputsEvent"])
def test_an_engine_killed_in_the_first_up_leaves_a_stack_that_the_next_up_completes(
    tmp_path_factory: pytest.TempPathFactory, event: str
) -> None:
    with rehearsed(tmp_path_factory.mktemp("killed"), "dev") as dev:
        before = inventory(dev)

        assert killed_mid_update(dev, event) == []

        completed = dev.pulumi("up", "--yes", "--skip-preview")
        assert completed.returncode == 0, completed.stdout
        assert_nothing_to_change(dev)
        dev.engine.run("destroy", "--yes", "--skip-preview")
        assert inventory(dev) == before


def assert_nothing_to_change(stack: Rehearsed) -> None:
    preview = stack.pulumi("preview", "--expect-no-changes")
    refresh = stack.pulumi("refresh", "--yes", "--expect-no-changes")
    assert preview.returncode == 0, preview.stdout
    assert refresh.returncode == 0, refresh.stdout
