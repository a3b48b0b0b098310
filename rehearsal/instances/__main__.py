"""One instance: `python -S -m rehearsal.instances IDENTITY PORT CERTIFICATE`.

Binds the loopback port that its starter holds, prints a line when it serves, and ends at once when
its standard input does. Standard library only, so that twenty of them start and fit on a laptop.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from pathlib import Path

from rehearsal.instances.behaviour import Behaviour, Identity, behaviour_of
from rehearsal.instances.listener import serve_for_ever
from rehearsal.instances.server import InstanceServer

_BACKLOG = 1024
_CRASHED = 70


def main() -> None:
    """Serve until standard input ends."""
    identity = Identity(**json.loads(sys.argv[1]))
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", int(sys.argv[2])))
    listener.listen(_BACKLOG)
    listener.setblocking(False)
    asyncio.run(_serve(identity, behaviour_of(identity.build), listener, Path(sys.argv[3])))


async def _serve(
    identity: Identity, behaviour: Behaviour, listener: socket.socket, certificate: Path
) -> None:
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), lambda: os._exit(0))
    if behaviour.crash_after_seconds is not None:
        loop.call_later(behaviour.crash_after_seconds, os._exit, _CRASHED)
    site = InstanceServer(identity, behaviour)
    sys.stdout.write("serving\n")
    sys.stdout.flush()
    await serve_for_ever(listener, certificate, site.serve)


if __name__ == "__main__":
    main()
