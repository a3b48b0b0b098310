"""A web server on loopback that answers as two slots would, behind a rule of weights."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from rollout.split import Slot

TOKEN = "0123456789abcdef"
HEADERS = {slot: f"x-failover-slot: {slot}-{TOKEN}" for slot in Slot}


@dataclass
class SlotServer:
    """What the slots do; change it while it runs."""

    weight_of_02: int = 50
    failing: set[Slot] = field(default_factory=set[Slot])
    bodies: dict[str, str] = field(default_factory=lambda: {"/": "<h1>hello</h1>"})
    missing: set[tuple[Slot, str]] = field(default_factory=set[tuple[Slot, str]])
    builds: dict[Slot, str] = field(default_factory=lambda: {Slot.FIRST: "v1", Slot.SECOND: "v2"})
    says_slot: bool = True
    misrouted: bool = False
    port: int = 0
    asked: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    """The headers of each request."""
    turn: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def slot_of(self, header: str | None) -> Slot:
        """The slot of a preview header, else by the weights."""
        if header is not None and header.endswith(f"-{TOKEN}") and not self.misrouted:
            return Slot(header[:2])
        share = self.weight_of_02 / 100
        turn = next(self.turn)
        is_second = int((turn + 1) * share) > int(turn * share)
        return Slot.SECOND if is_second else Slot.FIRST


@contextlib.contextmanager
def slot_server() -> Generator[SlotServer]:
    """Run one until the block ends."""
    state = SlotServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            state.asked.append(dict(self.headers.items()))
            slot = state.slot_of(self.headers.get("x-failover-slot"))
            body = state.bodies.get(self.path)
            is_missing = body is None or (slot, self.path) in state.missing
            status = 500 if slot in state.failing else 404 if is_missing else 200
            data = (body or "nothing here").encode()
            self.send_response(status)
            if state.says_slot:
                self.send_header("X-Slot", slot.value)
                self.send_header("X-Build", state.builds[slot])
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
