"""What most tests of the driver begin from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ops.ramp.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """At 100/0; files of their own decide otherwise."""
    return World(tmp_path)
