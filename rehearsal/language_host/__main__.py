"""`pulumi-language-python [flags] ENGINE_ADDRESS`: serve the engine until it is done with us."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent import futures
from types import FrameType

import grpc
from pulumi.runtime.proto import language_pb2_grpc

from rehearsal.language_host.runtime import Children, LanguageRuntime, when_orphaned

UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def main() -> None:
    """Print the port, serve, and leave at once on SIGINT or SIGTERM.

    The engine interrupts its plugins when it is done and waits five seconds for those that do not
    leave; a killed engine sends nothing, so a vanished parent ends the host too.
    """
    positional = [arg for arg in sys.argv[1:] if not arg.startswith("-")]
    children = Children()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16), options=UNLIMITED)
    runtime = LanguageRuntime(positional[0] if positional else "", children)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(runtime, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()

    done = threading.Event()

    def leave(_number: int, _frame: FrameType | None) -> None:
        done.set()

    signal.signal(signal.SIGINT, leave)
    signal.signal(signal.SIGTERM, leave)
    when_orphaned(done.set)
    print(port, flush=True)
    done.wait()
    children.kill()
    sys.stdout.flush()
    sys.stderr.flush()
    # No interpreter shutdown: gRPC's worker threads would hold it for as long as a call is open.
    os._exit(0)


if __name__ == "__main__":
    main()
