"""`failover ramp` as a process of its own on a rehearsal, as a person runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from rehearsal.account import images_of
from rehearsal.lifecycle import ROOT
from rollout.split import Slot, Split
from tests.engine.rehearsed import Rehearsed

Process: TypeAlias = "subprocess.Popen[str]"

PROMPT = {
    "stages": "[50,100]",
    "bakeSeconds": "1",
    "holdSeconds": "1",
    "watchSeconds": "1",
    "guard": '{"healthyPolls":1,"pollSeconds":1,"waitSeconds":60}',
}
"""A ramp that takes no longer than its updates."""


def command(*arguments: str) -> list[str]:
    """`failover ARGUMENTS`, from this checkout."""
    return [sys.executable, "-m", "ops.cli", *arguments]


def environment(stack: Rehearsed) -> dict[str, str]:
    """What the command needs to act on the rehearsal."""
    return {**stack.env, "PYTHONPATH": str(ROOT)}


def failover(stack: Rehearsed, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end; standard error is part of the output."""
    return subprocess.run(
        command(*arguments),
        cwd=stack.root,
        env=environment(stack) | env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def begun(stack: Rehearsed, *arguments: str, merges_errors: bool = True) -> Process:
    """Start the command; its output is to be read."""
    return subprocess.Popen(
        command(*arguments),
        cwd=stack.root,
        env=environment(stack) | {"PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merges_errors else subprocess.DEVNULL,
        text=True,
    )


SHORTEST_DRAINING_SECONDS = 10
"""What the policy pack lets a target group have, at the least."""


def configure(stack: Rehearsed, ramp: Mapping[str, str]) -> None:
    """Set `ramp` in the stack file, and a draining time that the policy pack lets pass."""
    values = {
        f"services.{service}.deregistrationDelaySeconds": str(SHORTEST_DRAINING_SECONDS)
        for service in ("portal", "web")
    }
    for key, value in ramp.items():
        if value.startswith("{"):
            values |= {f"ramp.{key}.{name}": str(each) for name, each in json.loads(value).items()}
        elif value.startswith("["):
            listed = enumerate(json.loads(value))
            values |= {f"ramp.{key}[{place}]": str(each) for place, each in listed}
        else:
            values[f"ramp.{key}"] = value
    stack.engine.write_config(values)


def release(stack: Rehearsed, build: str, slot: Slot) -> None:
    """Put a build onto an idle slot of every service."""
    image = images_of(stack.running.endpoint, stack.running.region)[build]
    services = stack.engine.outputs()["services"]
    stack.engine.write_config({f'images.{service}["{slot}"]': image for service in services})
    stack.engine.run("up", "--yes", "--skip-preview")


def live(stack: Rehearsed) -> set[Split]:
    """The splits of all services as AWS has them; one when they stand together."""
    return {Split.parse(service.weights) for service in stack.observer().read()}


def in_state(stack: Rehearsed) -> set[Split]:
    """The splits of all services as the engine's state has them."""
    services: Mapping[str, Any] = stack.engine.outputs()["services"]
    return {Split.parse(service["weights"]) for service in services.values()}


def in_config(stack: Rehearsed) -> Split:
    """The common split in the stack file."""
    return Split.parse(stack.engine.run("config", "get", "weights").strip())


def journal(stack: Rehearsed) -> list[dict[str, Any]]:
    """Every entry of the newest ramp."""
    (newest,) = sorted((stack.root / ".failover").glob("ramps/*/*/journal.jsonl"))[-1:]
    return [json.loads(line) for line in newest.read_text().splitlines()]


def locks(stack: Rehearsed) -> list[Path]:
    """The locks that lie in the backend."""
    return [path for path in stack.workspace.backend.rglob("locks/**/*") if path.is_file()]


def at_work(stack: Rehearsed) -> set[str]:
    """Drivers, probers, engines and programs at work in the stack's folder; the rehearsal is not.

    The engine's own words are `pulumi --non-interactive up`.
    """
    found: set[str] = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            is_there = (folder / "cwd").readlink() == stack.root
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
        is_ours = any(name in words for name in ("ops.cli", "ops.traffic", "pulumi"))
        if is_there and is_ours and int(folder.name) != os.getpid():
            found.add(f"{folder.name} {words.strip()}")
    return found
