"""`python -m rehearsal.provider --endpoint URL [--port 0]`: serve until stdin ends.

Prints `{"port": N}` on stdout when engines can attach (`PULUMI_DEBUG_PROVIDERS=aws:N`).
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from rehearsal.provider.aws import MAX_CONNECTIONS
from rehearsal.provider.engines import Engines
from rehearsal.provider.families import FUNCTIONS, RESOURCE_TYPES
from rehearsal.provider.service import AwsProvider, Refusals

MAX_MESSAGE_BYTES = 400 * 1024 * 1024
"""As much as the engine sends. Source: pulumi/sdk/go/common/util/rpcutil, GrpcChannelOptions."""


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.provider", description=__doc__)
    parser.add_argument("--endpoint", default=os.environ.get("AWS_ENDPOINT_URL"))
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args(arguments)
    if not options.endpoint:
        parser.error("--endpoint or AWS_ENDPOINT_URL is needed: the address of the local AWS")
    return options


def start(endpoint: str, port: int = 0) -> tuple[grpc.Server, int]:
    """A running server on the loopback interface, and its port."""
    server = grpc.server(
        ThreadPoolExecutor(max_workers=MAX_CONNECTIONS),
        interceptors=[Refusals()],
        options=[("grpc.max_receive_message_length", MAX_MESSAGE_BYTES), ("grpc.so_reuseport", 0)],
    )
    provider = AwsProvider(
        RESOURCE_TYPES, FUNCTIONS, Engines(endpoint), version=version("pulumi-aws")
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound


def _wait_for_end() -> None:
    """Return when stdin, the lifeline to the one who started this, ends, or on a signal."""
    ended = threading.Event()

    def end(*_signal: object) -> None:
        ended.set()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, end)

    def follow_stdin() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        ended.set()

    threading.Thread(target=follow_stdin, daemon=True).start()
    ended.wait()


def main() -> None:
    """Serve until the lifeline ends."""
    options = _parse(sys.argv[1:])
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    server, port = start(options.endpoint, options.port)
    print(json.dumps({"port": port}), flush=True)
    _wait_for_end()
    server.stop(grace=None)
    os._exit(0)  # a call in progress may hold its thread for minutes


if __name__ == "__main__":
    main()
