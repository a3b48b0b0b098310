"""One rehearsed load balancer for all tests; each makes its own rules for its own host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.rehearsal.data_plane.world import Rehearsed


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    rehearsed = Rehearsed(tmp_path_factory.mktemp("data-plane"))
    with closing(rehearsed):
        assert rehearsed.listener_arn
        yield rehearsed
