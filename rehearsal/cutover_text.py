"""A cutover in words, and as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rehearsal.cutover import CutoverStep
from rehearsal.traffic.stage import CONFIDENCE, ServiceTraffic, StageTraffic
from rehearsal.traffic.watch import RampTraffic


def step_lines(step: CutoverStep) -> list[str]:
    """What a step did, in a line, and what the traffic said, in another."""
    live = ", ".join(f"{name} {weights}" for name, weights in step.weights.items())
    verdict = step.problem or "ok"
    did = f"{step.name}: {step.changed}; live {live}; up took {step.seconds:.1f} s; {verdict}"
    return [did] if step.traffic is None else [did, _traffic_line(step.traffic)]


def _traffic_line(traffic: StageTraffic) -> str:
    parts = [
        f"{s.service} {s.share:.1%} of {s.requests:,} on slot 02 "
        f"({s.bound.low * 100:.1f} to {s.bound.high * 100:.1f})"
        for s in traffic.services
    ]
    parts.append(f"in all {traffic.requests:,} requests, {traffic.failed:,} failed")
    if (moved := traffic.moved_seconds) is not None:
        parts.append(f"followed {moved[0]:.2f} to {moved[1]:.2f} s after the up began")
    return "; ".join(parts)


def block(traffic: RampTraffic) -> Iterator[str]:
    """The closing lines: what the whole came to, and where the evidence lies."""
    document = traffic.summary.document
    latency = document["latency_ms"]
    shown = ", ".join(
        f"{name} {latency[name]:.1f} ms" for name in ("p50", "p99", "max") if latency[name]
    )
    yield f"  requests   {traffic.summary.requests:,}, {traffic.summary.failed:,} failed"
    if traffic.summary.failed:
        yield f"  failures   {_failures(document['failures'])}"
    yield f"  latency    {shown}"
    if count := document["stalls"]["count"]:
        stalled = document["stalls"]["total_ms"] / 1000
        yield f"  machine    the prober itself stalled {count} times, {stalled:.1f} s in all"
    for service, download in traffic.downloads.items():
        end = download.problem or f"whole after 0/100, {download.bytes:,} bytes"
        yield f"  download   {service}: begun on slot {download.slot} ({download.build}); {end}"
    for service, slots in traffic.sockets.items():
        seen = ", ".join(sorted(slots)) or "none"
        yield f"  WebSocket  {service}: answered by slot {seen} after 0/100"
    yield f"  record     {_from_here(traffic.summary.record)}"
    yield f"  report     {_from_here(traffic.summary.report)}"


def _failures(failures: Mapping[str, Any]) -> str:
    """`2,023 unexpected_status (2,023 with 502)`."""
    by_error = ", ".join(f"{count:,} {error}" for error, count in failures["by_error"].items())
    by_status = ", ".join(f"{n:,} with {status}" for status, n in failures["by_status"].items())
    return f"{by_error} ({by_status})" if by_status else by_error


def _from_here(path: Path) -> Path:
    """The shorter form, where the file is below the folder that the command was typed in."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def cutover_document(
    steps: Sequence[CutoverStep],
    traffic: RampTraffic | None,
    problems: Sequence[str],
    note: str,
    seconds: float,
) -> dict[str, Any]:
    """The whole as JSON can hold it. Fields may be added within a version."""
    document: dict[str, Any] = {
        "version": 1,
        "ok": not problems,
        "seconds": round(seconds, 1),
        "steps": [_step(step) for step in steps],
        "problems": list(problems),
        "note": note,
    }
    if traffic is not None:
        document["traffic"] = {
            "requests": traffic.summary.requests,
            "failed": traffic.summary.failed,
            "downloads": {
                service: {"slot": d.slot, "build": d.build, "bytes": d.bytes, "problem": d.problem}
                for service, d in traffic.downloads.items()
            },
            "webSockets": {service: sorted(slots) for service, slots in traffic.sockets.items()},
            "record": str(traffic.summary.record),
            "report": str(traffic.summary.report),
            "summary": traffic.summary.document,
        }
    return document


def _step(step: CutoverStep) -> dict[str, Any]:
    return {
        "name": step.name,
        "changed": step.changed,
        "weights": step.weights,
        "seconds": round(step.seconds, 3),
        "problem": step.problem,
        "traffic": None if step.traffic is None else _traffic(step.traffic),
    }


def _traffic(traffic: StageTraffic) -> dict[str, Any]:
    moved = traffic.moved_seconds
    return {
        "requests": traffic.requests,
        "failed": traffic.failed,
        "followedSeconds": None if moved is None else [round(each, 3) for each in moved],
        "services": {s.service: _service(s, traffic.began_s) for s in traffic.services},
    }


def _service(service: ServiceTraffic, began_s: float) -> dict[str, Any]:
    bound, moved = service.bound, service.moved
    times = None if moved is None else (moved.earliest_s - began_s, moved.latest_s - began_s)
    return {
        "configured": str(service.split),
        "requests": service.requests,
        "onSlot02": service.on_second,
        "share": round(service.share, 6),
        "bound": {"confidence": CONFIDENCE, "low": bound.low, "high": bound.high},
        "followedSeconds": None if times is None else [round(each, 3) for each in times],
    }
