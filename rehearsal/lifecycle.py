"""Starting a rehearsal, finding it again, and ending it."""

from __future__ import annotations

import datetime
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.account import prepare_account
from rehearsal.engine import RehearsalEngine, write_pack_config
from rehearsal.errors import BusyError, NotRunningError, RehearsalError, StartError
from rehearsal.inspected.construction import construct
from rehearsal.inspected.document import read_inspection
from rehearsal.inspected.images import ImageChoices, only_second
from rehearsal.inspected.names import StackNames
from rehearsal.inspected.selection import Selection, selected
from rehearsal.inspected.site import ConstructionSite
from rehearsal.shell_environment import process_environment
from rehearsal.stack_file import (
    RehearsalStackFile,
    inspection_command,
    read_stack,
    rehearsed_as_inspected,
    rehearsed_stack,
    stand_in_secrets,
    write_stack,
)
from rehearsal.workspace import STACK, Running, Workspace, leases

ROOT = Path(__file__).parents[1]
STOP_SECONDS = 15.0
METRIC_LAG_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Inspected:
    """The file of an inspected account, and the builds that were chosen for its images."""

    file: Path
    builds: Mapping[str, str] = field(default_factory=dict[str, str])
    """Build by the id of the image in the account."""

    def selection_for(self, source: RehearsalStackFile) -> Selection:
        """What of the account the stack needs.

        Raises:
            BadInspectionError: the file cannot be read, or is not of this stack's load balancer.
            NotSupportedError: the stack does not need it, or needs what cannot be made.
        """
        names = StackNames.of(f"Pulumi.{source.like}.yaml", source.config)
        again = inspection_command(source.config, self.file)
        return selected(names, read_inspection(self.file, again), str(self.file), again)

    def build(
        self,
        endpoint: str,
        source: RehearsalStackFile,
        selection: Selection,
        boot_seconds: float,
        say: Callable[[str], None],
    ) -> RehearsalStackFile:
        """Make the account in the local AWS; the stack file for it.

        Raises:
            NotSupportedError: the local AWS refused a part of it.
        """
        images = ImageChoices(self.builds, only_second(source.config, selection))
        hosts = tuple(source.hosts)
        for note in construct(ConstructionSite(endpoint, selection, images, boot_seconds, hosts)):
            say(f"note: {note}")
        return rehearsed_as_inspected(
            source, selection.account.account_id, images.local, boot_seconds
        )


@dataclass(frozen=True, slots=True)
class Started:
    """A rehearsal that this process started, or found."""

    running: Running
    supervisor: subprocess.Popen[str] | None
    """Of a rehearsal that this process started; a tethered one ends when this is let go."""

    @property
    def is_new(self) -> bool:
        """Whether this process started it."""
        return self.supervisor is not None


def start(
    workspace: Workspace,
    like: str,
    boot_seconds: float,
    say: Callable[[str], None],
    *,
    tethered: bool = False,
    metric_lag_seconds: float = METRIC_LAG_SECONDS,
    propagation_seconds: float = 0.0,
    inspected: Inspected | None = None,
) -> Started:
    """Start a rehearsal of the stack `like`, or find the one that runs.

    Args:
        workspace: This clone's.
        like: `prod`, `dev`, or any stack with a `Pulumi.<like>.yaml`.
        boot_seconds: What an instance takes from launch to its first passed health check.
        say: Called with what is being done.
        tethered: End the rehearsal with this process, whatever ends it.
        metric_lag_seconds: From the end of a minute to its CloudWatch data points, at least 2.
        propagation_seconds: From a change of a rule or a target to the requests that follow it.
        inspected: What the local AWS has before a stack that names existing resources.

    Raises:
        RehearsalError: it could not be started; nothing is left behind.
        BusyError: one runs already that was made from another stack, or from another account.
    """
    source = read_stack(workspace.root, like)
    file = "" if inspected is None else str(inspected.file.absolute())
    selection = None if inspected is None else inspected.selection_for(source)
    found = workspace.read_running()
    if found is not None:
        if (found.like, found.inspected) != (like, file) or tethered:
            of_file = f" as {found.inspected}" if found.inspected else ""
            raise BusyError(
                f"a rehearsal like {found.like}{of_file} runs in this clone since "
                f"{found.started_at}; "
                "end it with `failover rehearse down`"
            )
        return Started(found, None)
    if workspace.is_held():
        raise BusyError("another `failover rehearse up` is starting in this clone; wait for it")
    say("starting the local AWS")
    options = ["--boot-seconds", str(boot_seconds), "--metric-lag-seconds", str(metric_lag_seconds)]
    options += ["--propagation-seconds", str(propagation_seconds)]
    options += [] if selection is None else ["--account-id", selection.account.account_id]
    supervisor, ready = _start_supervisor(workspace, options, tethered=tethered)
    running = Running(
        pid=int(ready["pid"]),
        endpoint=str(ready["endpoint"]),
        provider_port=int(ready["providerPort"]),
        http_port=int(ready["httpPort"]),
        https_port=int(ready["httpsPort"]),
        like=like,
        region=source.region,
        started_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        inspected=file,
    )
    try:
        if inspected is None or selection is None:
            say("preparing the account: network, certificate, images")
            account = prepare_account(running.endpoint, source.region, source.hosts)
            stack = rehearsed_stack(source, account, boot_seconds)
        else:
            say(f"making the account as in {inspected.file}")
            stack = inspected.build(running.endpoint, source, selection, boot_seconds, say)
        say(f"writing {workspace.stack_file.name}, made from Pulumi.{like}.yaml")
        _create_stack(workspace, running, stack, stand_in_secrets(source))
    except BaseException:
        supervisor.terminate()
        supervisor.communicate()
        workspace.remove()
        raise
    workspace.write_running(running)
    return Started(running, supervisor)


def find(workspace: Workspace) -> Running:
    """The rehearsal of this clone.

    Raises:
        NotRunningError: there is none.
    """
    running = workspace.read_running()
    if running is None:
        end = workspace.read_end()
        raise NotRunningError(
            "no rehearsal runs in this clone; start one with `failover rehearse up --like prod`"
            + (f"\nthe last one ended by itself: {end}" if end else "")
        )
    return running


@dataclass(frozen=True, slots=True)
class RehearsalEnd:
    """A rehearsal that was ended, or that had ended by itself."""

    ramps: Sequence[Path]
    """The folders of the ramps that were made on it, where they are now."""


def stop(workspace: Workspace, *, force: bool = False) -> RehearsalEnd | None:
    """End the rehearsal and remove everything of it but the ramps; None when there was none.

    Raises:
        BusyError: an engine is at work on it, and `force` is off.
        RehearsalError: the supervisor did not end.
    """
    running = workspace.read_running()
    working = [lease for lease in leases(workspace.backend) if lease.is_alive]
    if running is not None and working and not force:
        raise BusyError(
            f"a pulumi command (process {working[0].pid}) is at work on this rehearsal; "
            "let it end, or type `failover rehearse down --force`"
        )
    if running is not None:
        os.kill(running.pid, signal.SIGTERM)
        if not workspace.wait_until_free(STOP_SECONDS):
            os.kill(running.pid, signal.SIGKILL)
            if not workspace.wait_until_free(STOP_SECONDS):
                raise RehearsalError(f"the supervisor, process {running.pid}, does not end")
    elif workspace.is_held():
        raise BusyError("a rehearsal is starting in this clone; wait for it, then end it")
    was_there = running is not None or workspace.folder.exists()
    ramps = workspace.remove()
    return RehearsalEnd(ramps) if was_there else None


def engine_of(workspace: Workspace, running: Running) -> RehearsalEngine:
    """The engine, in this rehearsal's environment."""
    return RehearsalEngine(workspace.root, process_environment(workspace, running, os.environ))


def _start_supervisor(
    workspace: Workspace, options: list[str], *, tethered: bool
) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    argv = [sys.executable, "-m", "rehearsal.supervisor", str(workspace.root)]
    argv += [*options, *(["--tethered"] if tethered else [])]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with workspace.supervisor_log.open("w") as log:
        supervisor = subprocess.Popen(
            argv,
            cwd=workspace.root,
            env=env,
            # The write end stays with this process: its end is the tether.
            stdin=subprocess.PIPE if tethered else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    assert supervisor.stdout is not None
    line = supervisor.stdout.readline()
    if not line:
        supervisor.communicate()
        printed = workspace.supervisor_log.read_text().strip()[-2000:]
        raise RehearsalError(f"the supervisor ended with {supervisor.returncode}:\n{printed}")
    ready: dict[str, Any] = json.loads(line)
    if "error" in ready:
        supervisor.communicate()
        raise StartError(str(ready["error"]), int(ready["exitCode"]))
    return supervisor, ready


def _create_stack(
    workspace: Workspace, running: Running, stack: RehearsalStackFile, secrets_of: dict[str, str]
) -> None:
    write_stack(workspace.stack_file, stack)
    write_pack_config(workspace, stack.like)
    engine = engine_of(workspace, running)
    engine.run("stack", "init", STACK, "--no-select")
    engine.write_secret("previewToken", secrets.token_hex(16))
    for path, value in secrets_of.items():
        engine.write_secret(path, value, is_path=True)
