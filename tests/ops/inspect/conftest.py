"""A local AWS for the tests of this folder, reached as a person's shell would reach it."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.ops.inspect.local import Local
from tests.rehearsal.data_plane.world import Process


@pytest.fixture(scope="package")
def local() -> Generator[Local]:
    process = Process("rehearsal.control_plane", "--health", "reported")
    made = Local(f"http://127.0.0.1:{process.said['port']}")
    yield made
    made.close()
    process.stop()


@pytest.fixture
def shell(local: Local, monkeypatch: pytest.MonkeyPatch) -> Local:
    """The local AWS, with this process's environment leading to it."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in local.environment.items():
        monkeypatch.setenv(name, value)
    return local
