"""Serves the local AWS API on a loopback port: `python -m rehearsal.control_plane`.

Prints one line of JSON, `{"port": N}`, when it answers; logs to stderr; ends at once when its
standard input does, so that it never outlives the process that started it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Generator
from typing import Any

import click
from botocore.loaders import JSONFileLoader

METRIC_LAG_SECONDS = 5.0
SHORTEST_METRIC_LAG_SECONDS = 2.0
"""What the data plane needs to report the last requests of a minute."""


@contextlib.contextmanager
def imported_quickly() -> Generator[None]:
    """Import moto in half of the CPU time.

    While moto is imported, it has botocore parse the same large documents several times, and later
    again; here each is parsed once. The garbage collector, which finds nothing to free among what
    is imported, runs neither meanwhile nor over it later.
    """
    parse, parsed = JSONFileLoader.load_file, dict[str, Any]()

    def parse_once(self: JSONFileLoader, file_path: str) -> Any:
        if file_path not in parsed:
            parsed[file_path] = parse(self, file_path)
        return parsed[file_path]

    JSONFileLoader.load_file = parse_once
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def _end_at_once(*_signal: object) -> None:
    os._exit(0)


@click.command()
@click.option("--port", default=0, show_default=True, help="Loopback port; 0 takes a free one.")
@click.option(
    "--boot-seconds",
    default=2.0,
    show_default=True,
    help="From an instance's launch to its first passed health check.",
)
@click.option(
    "--longest-drain-seconds",
    type=float,
    default=None,
    help="Cut deregistration delays to this; without it they take the target group's own.",
)
@click.option(
    "--health",
    type=click.Choice(["clock", "reported"]),
    default="clock",
    show_default=True,
    help="Targets pass their checks by the clock, or as a data plane reports.",
)
@click.option(
    "--metric-lag-seconds",
    type=click.FloatRange(min=SHORTEST_METRIC_LAG_SECONDS),
    default=METRIC_LAG_SECONDS,
    show_default=True,
    help="From the end of a minute to its data points of the load balancers.",
)
@click.option(
    "--account-id",
    default=None,
    metavar="ID",
    help="The account that this is; default: 123456789012.",
)
def main(
    port: int,
    boot_seconds: float,
    longest_drain_seconds: float | None,
    health: str,
    metric_lag_seconds: float,
    account_id: str | None,
) -> None:
    """Serve the local AWS API until standard input ends."""
    if account_id is not None:
        os.environ["MOTO_ACCOUNT_ID"] = account_id  # moto reads it at every request
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a queue is what the lock makes
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end_at_once)

    with imported_quickly():
        from rehearsal.control_plane.plane import ControlPlane
        from rehearsal.control_plane.server import Application, Server
        from rehearsal.control_plane.targets import ClockHealth, ReportedHealth
        from rehearsal.control_plane.world import SystemWorldClock, World

    source = ReportedHealth() if health == "reported" else ClockHealth(boot_seconds)
    world = World(
        SystemWorldClock(), source, longest_drain_seconds, metric_lag_seconds=metric_lag_seconds
    )
    plane = ControlPlane(world)
    server = Server(Application(plane), port)
    for work in (server.run, plane.run_ticks):
        threading.Thread(target=work, daemon=True).start()
    sys.stdout.write(json.dumps({"port": server.port}) + "\n")
    sys.stdout.flush()
    sys.stdout = sys.stderr  # the one line is out; moto prints now and then
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
