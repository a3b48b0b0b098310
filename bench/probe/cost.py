"""CPU seconds for 10,000 requests: the prober beside its peers, against the same server."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bench.probe.peer import SHELL_LOOP, missing, report_missing
from bench.probe.process import PROBE, Ran, ran, server

REQUESTS = 10_000
LOOP_SECONDS = 10.0


def measure(folder: Path) -> None:
    """Print a line for each way to send requests."""
    print("\nCost: CPU seconds of the client for 10,000 requests, memory at its peak")
    report_missing()
    with server("bench.probe.bare_server") as port:
        url = f"http://127.0.0.1:{port}/"
        for connections in ("kept", "fresh"):
            arguments = ("--rate", "1000", "--duration", "10s", "--connections", connections)
            log = ("--log", str(folder / f"cost-{connections}"))
            found = ran((*PROBE, url, *arguments, *log, "--json", "--quiet"), folder)
            sent = json.loads(found.output)["requests"]["sent"]
            _print(f"failover probe, {connections}, 1,000/s, recorded", found, sent)
        if "hey" not in missing():
            for label, flag in (("kept", ()), ("fresh", ("-disable-keepalive",))):
                command = ("hey", "-n", str(REQUESTS), "-c", "10", "-q", "100", *flag, url)
                _print(f"hey, {label}, 10 workers of 100/s", ran(command, folder), REQUESTS)
        if "wrk" not in missing():
            found = ran(("wrk", "-t", "1", "-c", "10", "-d", "5s", url), folder)
            match = re.search(r"(\d+) requests in", found.output)
            _print("wrk, kept, as fast as it can", found, int(match[1]) if match else 0)
        if "curl" not in missing():
            found = ran(("bash", "-c", SHELL_LOOP, "loop", url, "0"), folder, seconds=LOOP_SECONDS)
            sent = (folder / "testlog.log").read_text().count("HTTP/1.1 200")
            _print("shell loop with curl, without its sleep", found, sent)


def _print(label: str, found: Ran, requests: int) -> None:
    cpu_s = f"{found.cpu_s / requests * REQUESTS:.2f}" if requests else "-"
    print(f"{label:<46}{cpu_s:>8} s{found.peak_mb:>8.0f} MB   ({requests:,} requests)", flush=True)
