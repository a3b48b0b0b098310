"""Does every request leave on time? Two loads, beside a sleeper that sends nothing."""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time
from pathlib import Path

from bench.probe.envoy import envoy
from bench.probe.process import PROBE, ran, server
from tests.probe.certificates import make_certificates

SECONDS = 10
REPEATS = 3
LIMIT_MS = 5.0
LIMIT_MB = 100.0


def measure(folder: Path) -> None:
    """Print a line for each repeat of each load."""
    print(f"\nPunctuality: p99 of the schedule error, wanted under {LIMIT_MS:g} ms")
    columns = f"{'floor':>8}{'p50':>8}{'p99':>8}{'max':>9}{'records':>16}{'MB':>7}{'CPU s':>7}"
    print(f"{'load':<44}{columns}")
    with server("bench.probe.bare_server") as port:
        url = f"http://127.0.0.1:{port}/"
        for _ in range(REPEATS):
            _one(folder, "1,000/s kept-alive, plain HTTP", 1000, url, "--connections", "kept")
        if shutil.which(str(Path(sys.executable).with_name("envoy"))) is None:
            print("300/s half fresh, TLS through Envoy: not measured, envoy is not in the venv")
            return
        certificates = make_certificates(folder, "www.example.com")
        with envoy(folder, certificates, port) as tls_port:
            at = f"www.example.com:{tls_port}"
            arguments = ("--resolve", f"{at}:127.0.0.1", "--ca", str(certificates.ca))
            for _ in range(REPEATS):
                label = "300/s half fresh, TLS P-256 through Envoy"
                _one(folder, label, 300, f"https://{at}/", *arguments)


def _one(folder: Path, label: str, rate: int, url: str, *arguments: str) -> None:
    sleeper = Sleeper(rate)
    log = folder / f"log-{time.monotonic_ns()}"
    command = (*PROBE, url, "--rate", str(rate), "--duration", f"{SECONDS}s", "--log", str(log))
    sleeper.start()
    found = ran((*command, "--json", "--quiet", *arguments), folder)
    sleeper.join()
    document = json.loads(found.output)
    late = document["schedule_error_ms"]
    (record,) = log.glob("*.jsonl")
    lines = sum(b'"kind":"request"' in line for line in record.open("rb"))
    records = f"{lines:,}/{rate * SECONDS:,}"
    verdict = "" if late["p99"] < LIMIT_MS and found.peak_mb < LIMIT_MB else "  above the limit"
    print(
        f"{label:<44}{sleeper.p99_ms:>8.2f}{late['p50']:>8.2f}{late['p99']:>8.2f}{late['max']:>9.2f}"
        f"{records:>16}{found.peak_mb:>7.0f}{found.cpu_s:>7.2f}{verdict}"
        f"{'' if document['verdict'] == 'pass' else '  ' + str(document['failures']['by_error'])}",
        flush=True,
    )


class Sleeper(threading.Thread):
    """Sleeps until each planned time and sends nothing: what this machine allows, at the time."""

    def __init__(self, rate: int) -> None:
        super().__init__(daemon=True)
        self._rate = rate
        self.p99_ms = 0.0

    def run(self) -> None:
        started_s = time.monotonic()
        late_s: list[float] = []
        for index in range(self._rate * SECONDS):
            planned_s = started_s + index / self._rate
            delay_s = planned_s - time.monotonic()
            if delay_s > 0:
                time.sleep(delay_s)
            late_s.append(time.monotonic() - planned_s)
        self.p99_ms = sorted(late_s)[int(len(late_s) * 0.99)] * 1000
