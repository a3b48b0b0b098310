"""A rehearsal in a copy of the program, with the engine and boto3 on it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.engine import RehearsalEngine, copy_project
from rehearsal.lifecycle import ROOT, engine_of, start
from rehearsal.local_aws import ServiceObserver, local_clients
from rehearsal.shell_environment import process_environment
from rehearsal.workspace import Running, Workspace


@dataclass(frozen=True)
class Rehearsed:
    """What a test needs of a running rehearsal."""

    workspace: Workspace
    running: Running

    @property
    def root(self) -> Path:
        return self.workspace.root

    @property
    def env(self) -> dict[str, str]:
        return process_environment(self.workspace, self.running, os.environ)

    @property
    def engine(self) -> RehearsalEngine:
        return engine_of(self.workspace, self.running)

    def client(self, service: str) -> Any:
        return local_clients(self.running.endpoint, self.running.region)(service)

    def observer(self) -> ServiceObserver:
        services = self.engine.outputs()["services"]
        return ServiceObserver(self.running.endpoint, self.running.region, services)

    def failover(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command whatever comes of it; standard error is part of the output."""
        return subprocess.run(
            [sys.executable, "-m", "ops.cli", *arguments, "--stack", "rehearsal"],
            cwd=self.root,
            env={**self.env, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def pulumi(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the CLI whatever comes of it; standard error is part of the output."""
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.root,
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


@contextlib.contextmanager
def rehearsed(
    folder: Path, like: str, boot_seconds: float = 0.5, *, only_serves: bool = False
) -> Generator[Rehearsed]:
    """A rehearsal that ends with the block, and with this process if it is killed.

    Instances may finish what they have begun for a moment only: there is no traffic, and a test
    that ends an instance would wait out the whole of that time. A stack that `only_serves` has no
    alarms and no dashboard: where nothing is judged by them, each costs every update its share.
    """
    workspace = Workspace(copy_project(ROOT, folder / "clone"))
    started = start(workspace, like, boot_seconds, lambda _text: None, tethered=True)
    assert started.supervisor is not None
    try:
        _adapt(workspace.stack_file, only_serves=only_serves)
        yield Rehearsed(workspace, started.running)
    finally:
        started.supervisor.terminate()
        started.supervisor.communicate()
        workspace.remove()


def _adapt(stack_file: Path, *, only_serves: bool) -> None:
    document = yaml.safe_load(stack_file.read_text())
    config = document["config"]
    for service in config["failover:services"].values():
        service["deregistrationDelaySeconds"] = 2
    if only_serves:
        del config["failover:alarms"]
        config["failover:dashboard"] = False
    stack_file.write_text(yaml.safe_dump(document, sort_keys=False))
