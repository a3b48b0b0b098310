"""`python -m rehearsal.supervisor ROOT`: holds the rehearsal's processes together.

It is alive exactly as long as the rehearsal is: it holds the workspace's lock, starts the local
AWS, the provider and the data plane, drops the leases of killed engines, and ends when it is
asked to, when a child ends, or, with `--tethered`, when its standard input closes.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rehearsal.errors import BusyError, NoPortError, RehearsalError
from rehearsal.workspace import Workspace, drop_dead_leases

LEASE_CHECK_SECONDS = 0.5
READY_SECONDS = 120.0
STOP_SECONDS = 5.0
LAST_LINES = 12
_ERRNO = re.compile(r"\[Errno (\d+)\]")


class Part:
    """A process of the rehearsal that prints its port when it is ready.

    It ends when its standard input closes, which the kernel does for it when the supervisor dies.
    """

    def __init__(self, name: str, module: str, arguments: list[str], log: Path) -> None:
        self.name = name
        self._log = log
        with log.open("ab") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )

    def wait_until_ready(self) -> dict[str, int]:
        """What the part prints when it is ready: its `port`, and others by name.

        Raises:
            RehearsalError: it ended, or printed nothing for `READY_SECONDS`.
        """
        assert self._process.stdout is not None
        alarm = threading.Timer(READY_SECONDS, self._process.kill)
        alarm.start()
        line = self._process.stdout.readline()
        alarm.cancel()
        if not line:
            code = self._process.wait()
            raise not_ready(self.name, code, self.last_words, self._log)
        return json.loads(line)

    @property
    def last_words(self) -> str:
        """The end of its log, the newest line last."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-LAST_LINES:])

    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    def stop(self) -> None:
        """Close its lifeline, and end it the hard way if it does not leave."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def not_ready(part: str, code: int, last_words: str, log: Path) -> RehearsalError:
    """Why a part ended before it was ready, by the end of its log."""
    last = last_words.strip().rpartition("\n")[2]
    number = _ERRNO.search(last)
    if number is not None and int(number[1]) in (errno.EADDRINUSE, errno.EADDRNOTAVAIL):
        return NoPortError(
            f"no port is free on 127.0.0.1 for the {part}\n"
            "  expected: loopback, and some twenty free ports of the range that the system hands "
            "out\n"
            "  fix:      ss -ltn   # shows the ports in use; end what is not needed\n"
            "  or:       sysctl net.ipv4.ip_local_port_range   # shows the range"
        )
    return RehearsalError(
        f"the {part} ended with {code} before it was ready: {last or 'it wrote nothing'}\n"
        f"  expected: it serves until the rehearsal ends\n"
        f"  fix:      less {shlex.quote(str(log))}   # shows what it wrote"
    )


@dataclass(frozen=True, slots=True)
class Delays:
    """What takes time on AWS, and how much of it here; seconds."""

    boot_seconds: float
    metric_lag_seconds: float
    propagation_seconds: float


def main() -> int:
    """Serve until asked to stop; the first line on standard output means that all is ready."""
    parser = argparse.ArgumentParser(description="Hold a rehearsal's processes together.")
    parser.add_argument("root", type=Path)
    parser.add_argument("--boot-seconds", type=float, default=2.0)
    parser.add_argument("--metric-lag-seconds", type=float, default=5.0)
    parser.add_argument("--propagation-seconds", type=float, default=0.0)
    parser.add_argument("--account-id", help="the account that the local AWS is")
    parser.add_argument("--tethered", action="store_true", help="end when standard input closes")
    args = parser.parse_args()
    workspace = Workspace(args.root)
    try:
        with workspace.held() as is_ours:
            if not is_ours:
                raise BusyError("a rehearsal already runs in this clone")
            delays = Delays(args.boot_seconds, args.metric_lag_seconds, args.propagation_seconds)
            _serve(workspace, delays, args.account_id, tethered=args.tethered)
    except RehearsalError as error:
        document = {"error": str(error), "exitCode": error.exit_code}
        print(json.dumps(document), flush=True)
        return error.exit_code
    return 0


def _serve(workspace: Workspace, delays: Delays, account_id: str | None, *, tethered: bool) -> None:
    workspace.create()
    told_to_stop = _stop_event(tethered=tethered)
    parts: list[Part] = []
    try:
        log = workspace.logs / "control-plane.log"
        options = ["--health", "reported", "--metric-lag-seconds", str(delays.metric_lag_seconds)]
        options += ["--account-id", account_id] if account_id is not None else []
        aws = Part("local AWS", "rehearsal.control_plane", options, log)
        parts.append(aws)
        endpoint = f"http://127.0.0.1:{aws.wait_until_ready()['port']}"
        log = workspace.logs / "provider.log"
        provider = Part("provider", "rehearsal.provider", ["--endpoint", endpoint], log)
        parts.append(provider)
        options = ["--endpoint", endpoint, "--folder", str(workspace.data_plane)]
        options += ["--boot-seconds", str(delays.boot_seconds)]
        options += ["--propagation-seconds", str(delays.propagation_seconds)]
        log = workspace.logs / "data-plane.log"
        data_plane = Part("data plane", "rehearsal.data_plane", options, log)
        parts.append(data_plane)
        ports = data_plane.wait_until_ready()
        ready = {
            "pid": os.getpid(),
            "endpoint": endpoint,
            "providerPort": provider.wait_until_ready()["port"],
            "httpPort": ports["httpPort"],
            "httpsPort": ports["httpsPort"],
        }
        print(json.dumps(ready), flush=True)
        while not told_to_stop.wait(LEASE_CHECK_SECONDS):
            for lease in drop_dead_leases(workspace.backend):
                _log(f"dropped the lock of the engine {lease.pid}, which no longer runs")
            ended = [part for part in parts if part.has_ended()]
            if ended:
                names = " and the ".join(part.name for part in ended)
                words = "\n".join(part.last_words for part in ended)
                _log(f"the {names} ended; so does the rehearsal")
                workspace.write_end(f"the {names} ended:\n{words}")
                return
    finally:
        for part in reversed(parts):
            part.stop()


def _stop_event(*, tethered: bool) -> threading.Event:
    """Set by SIGTERM, SIGINT, or the end of standard input."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)

    def follow_stdin() -> None:
        sys.stdin.buffer.read()
        stop.set()

    if tethered:
        threading.Thread(target=follow_stdin, name="tether", daemon=True).start()
    return stop


def _log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
