"""Carries the traffic of a local AWS: `python -m rehearsal.data_plane --endpoint URL --folder DIR`.

Prints one line of JSON when it is ready, with the loopback ports of the first load balancer's
listeners 80 and 443; logs to stderr; ends at once when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from pathlib import Path

import click

from rehearsal.data_plane.envoy import EnvoyError
from rehearsal.data_plane.plane import DataPlane, DataPlaneSettings

log = logging.getLogger(__name__)


@click.command()
@click.option("--endpoint", required=True, metavar="URL", help="The control plane.")
@click.option(
    "--folder", required=True, type=click.Path(path_type=Path), help="For the proxy's files."
)
@click.option(
    "--boot-seconds",
    default=2.0,
    show_default=True,
    help="From an instance's launch to the start of its application.",
)
@click.option(
    "--propagation-seconds",
    default=0.0,
    show_default=True,
    help="How much later than the control plane the proxy changes.",
)
def main(endpoint: str, folder: Path, boot_seconds: float, propagation_seconds: float) -> None:
    """Carry traffic until standard input ends."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    folder.mkdir(parents=True, exist_ok=True)
    settings = DataPlaneSettings(endpoint, folder.resolve(), boot_seconds, propagation_seconds)
    # The admin socket's path is relative: a Unix socket's path must be short.
    os.chdir(settings.folder)
    asyncio.run(_serve(settings))


async def _serve(settings: DataPlaneSettings) -> None:
    """Carry traffic until asked to end, and end the process."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    plane = DataPlane(settings)
    try:
        await plane.start()
        ports = {"httpPort": plane.addresses.http_port, "httpsPort": plane.addresses.https_port}
        print(json.dumps({"port": ports["httpsPort"], **ports}), flush=True)
        running = asyncio.create_task(plane.run())
        asked = asyncio.create_task(ended.wait())
        await asyncio.wait([running, asked], return_when=asyncio.FIRST_COMPLETED)
        if running.done() and (error := running.exception()) is not None:
            log.error("the data plane cannot go on", exc_info=error)
    except (OSError, EnvoyError):
        log.exception("the data plane does not start")
    finally:
        await plane.close()
        logging.shutdown()
        # A thread may still wait for the control plane's answer, and a return would wait for it.
        os._exit(0 if ended.is_set() else 1)


if __name__ == "__main__":
    main()
