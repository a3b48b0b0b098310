"""Which tool saw which fault: the same faults, a server of its own for each tool, a few seconds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from bench.probe.fault import FAULTS, Fault
from bench.probe.peer import SHELL_LOOP, missing
from bench.probe.process import PROBE, Ran, ran, server
from tests.probe.certificates import make_certificates

SECONDS = 6
RATE = 200
_STATUS = re.compile(r"\[(\d{3})\]\s+(\d+) responses")


def measure(folder: Path) -> None:
    """Print the table; the prober must see every row."""
    for name in ("good", "wrong"):
        (folder / name).mkdir(exist_ok=True)
    good = make_certificates(folder / "good", "127.0.0.1")
    make_certificates(folder / "wrong", "another.example.com")
    tools = {"probe": _probe, "curl loop": _curl, "hey": _hey, "wrk": _wrk}
    tools = {name: tool for name, tool in tools.items() if name.split()[0] not in missing()}
    print(
        f"\nFaults: what each saw in {SECONDS} s ({RATE}/s; the loop as people run it, each second)"
    )
    print(f"{'':<36}" + "".join(f"{name:<26}" for name in tools))
    unseen: list[str] = []
    for name, fault in FAULTS.items():
        cells: dict[str, str] = {}
        for tool, see in tools.items():
            with server("bench.probe.fault_process", name, str(folder)) as port:
                scheme = "https" if fault.is_tls else "http"
                cells[tool] = see(fault, f"{scheme}://{fault.host}:{port}/", folder, good.ca)
        print(f"{fault.label:<36}" + "".join(f"{cell:<26}" for cell in cells.values()), flush=True)
        if not cells["probe"].startswith("yes"):
            unseen.append(fault.label)
    print("the prober saw every one" if not unseen else f"NOT SEEN by the prober: {unseen}")


See = Callable[[Fault, str, Path, Path], str]


def _probe(fault: Fault, url: str, folder: Path, ca: Path) -> str:
    command = (*PROBE, url, "--rate", str(RATE), "--duration", f"{SECONDS}s", "--json", "--quiet")
    found = ran((*command, *(("--ca", str(ca)) if fault.is_tls else ())), folder)
    document = json.loads(found.output)
    if fault.expected == "latency":
        p90, longest = document["latency_ms"]["p90"], document["latency_ms"]["max"]
        return f"yes, p90 {p90:,.0f} ms" if p90 > 1000 and longest > 1900 else f"no, p90 {p90} ms"
    named = document["failures"]["by_error"]
    if fault.expected not in named:
        return f"no: {named}"
    listed = document["windows"]["listed"]
    if fault.expected == "unexpected_status" and len(listed) == 1:
        return f"yes, {named[fault.expected]} in {listed[0]['length_ms']:.0f} ms"
    return f"yes, {named[fault.expected]}"


def _curl(fault: Fault, url: str, folder: Path, ca: Path) -> str:
    options = {"CURL_OPTIONS": f"--cacert {ca}" if fault.is_tls else ""}
    command = ("bash", "-c", SHELL_LOOP, "loop", url, "1")
    found = ran(command, folder, seconds=SECONDS, environment=options)
    statuses = set(re.findall(r"HTTP/1\.1 (\d{3})", (folder / "testlog.log").read_text()))
    if statuses - {"200"}:
        return f"yes, {', '.join(sorted(statuses - {'200'}))}"
    errors = set(re.findall(r"curl: \((\d+)\)", found.errors))
    return "on screen, not in the log" if errors else "no"


def _hey(fault: Fault, url: str, folder: Path, _: Path) -> str:
    command = ("hey", "-z", f"{SECONDS}s", "-c", "10", "-q", str(RATE // 10), url)
    return _hey_saw(fault, ran(command, folder))


def _hey_saw(fault: Fault, found: Ran) -> str:
    text = found.output
    if fault.expected == "latency":
        p90 = re.search(r"90%+ in ([\d.]+) secs", text)
        slowest = re.search(r"Slowest:\s+([\d.]+)", text)
        if slowest and float(slowest[1]) > 1.9:
            shown = f"{float(p90[1]) * 1000:,.0f} ms" if p90 else "none"
            return f"max only, p90 {shown}"
        return "no"
    odd = [f"{n} with {status}" for status, n in _STATUS.findall(text) if status != "200"]
    errors = re.findall(r"\[(\d+)\]\s+\S*(?:Get|Head)", text.partition("Error distribution")[2])
    if errors:
        odd.append(f"{sum(map(int, errors))} errors")
    if not odd and found.code:
        odd.append("gave up")
    return f"yes, {', '.join(odd)}" if odd else "no"


def _wrk(fault: Fault, url: str, folder: Path, _: Path) -> str:
    found = ran(("wrk", "-t", "1", "-c", "10", "-d", f"{SECONDS}s", "--latency", url), folder)
    text = found.output + found.errors
    if fault.expected == "latency":
        timeouts = re.search(r"timeout ([1-9]\d*)", text)
        p90 = re.search(r"90%\s+([\d.]+\w+)", text)
        if timeouts is None:
            return "no"
        return f"{timeouts[1]} timeouts, p90 {p90[1] if p90 else '-'}"
    odd: list[str] = []
    if match := re.search(r"Non-2xx or 3xx responses: (\d+)", text):
        odd.append(f"{int(match[1]):,} non-2xx")
    if match := re.search(r"Socket errors: (.*)", text):
        counts = re.findall(r"(\w+) (\d+)", match[1])
        odd += [f"{int(n):,} {kind}" for kind, n in counts if int(n)]
    if found.code:
        odd.append("gave up at once")
    return f"yes, {', '.join(odd)}" if odd else "no"
