"""The control plane on a free port and a clock that the tests turn; raw boto3 talks to it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from rehearsal.control_plane.plane import ControlPlane
from rehearsal.control_plane.server import Application, Server
from rehearsal.control_plane.targets import ClockHealth
from rehearsal.control_plane.world import World
from tests.rehearsal.control_plane.aws import Aws, FakeClock


class Switch:
    """A WSGI application that hands each request to the plane of the running test."""

    application: Application | None = None

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        assert self.application is not None
        return self.application(environ, start_response)


@pytest.fixture(scope="session")
def switch() -> Switch:
    return Switch()


@pytest.fixture(scope="session")
def endpoint(switch: Switch) -> Iterator[str]:
    server = Server(switch)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server.url
    server.close()
    thread.join(timeout=5)
    assert not thread.is_alive()


@pytest.fixture(scope="session")
def clients(endpoint: str) -> Iterator[dict[str, Any]]:
    session: Any = boto3.Session("test", "test", region_name="us-east-1")
    config = Config(
        parameter_validation=False,
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
    )
    names = ["ec2", "elbv2", "autoscaling", "cloudwatch", "s3", "acm", "ssm", "sts", "iam"]
    made = {n: session.client(n, endpoint_url=endpoint, config=config) for n in names}
    yield made
    for client in made.values():
        client.close()


@pytest.fixture
def aws(switch: Switch, clients: dict[str, Any]) -> Iterator[Aws]:
    clock = FakeClock()
    world = World(clock, ClockHealth(boot_seconds=2.0, first_check_seconds=0.5))
    with ControlPlane(world) as plane:
        switch.application = Application(plane)
        yield Aws(clients, clock, plane)
    switch.application = None
