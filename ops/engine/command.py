"""The CLI behind the Automation API, run so that it outlives what may happen to this process."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from pulumi.automation import CommandError, CommandResult, OnOutput, PulumiCommand
from pulumi.automation.errors import InvalidVersionError, create_command_error

from ops.stack.errors import PulumiError
from ops.stack.pulumi import NO_CLI

LOW_PRIORITY = 10
"""Niceness of the engine: the probe beside it measures latency on the same processors."""

URGENT = 0
"""Niceness of a way back: requests are lost until it is done, whatever is measured meanwhile."""


class SteadyCommand(PulumiCommand):
    """Runs `pulumi` in a session of its own, and an `up` with its output in a file.

    A Ctrl-C at the terminal goes to every process of the foreground group, and would cancel an
    update in its middle. A pipe to a process that was killed would end the CLI at its next line:
    with a file, an update that has begun ends as it should, whatever becomes of this process.
    """

    def __init__(self, log_folder: Path) -> None:
        """Find the CLI on PATH; the output of updates goes to `log_folder`.

        Raises:
            PulumiError: there is no CLI on PATH, it is too old for the SDK, or of another major
                version.
        """
        try:
            super().__init__()
        except (InvalidVersionError, FileNotFoundError) as error:
            raise PulumiError(_no_cli(error)) from error
        self._log_folder = log_folder
        self._lock = threading.Lock()
        self._updating: subprocess.Popen[str] | None = None
        self.log = log_folder / "up-0.log"
        """The output of the newest update."""
        self.priority = LOW_PRIORITY
        """Niceness of the next update."""
        self._updates = 0

    @property
    def updating_pid(self) -> int | None:
        """The process of the update that runs."""
        with self._lock:
            return self._updating.pid if self._updating else None

    def interrupt(self) -> None:
        """What Ctrl-C does to a person's `pulumi up`: it stops after the running operations."""
        with self._lock:
            if self._updating is not None and self._updating.poll() is None:
                self._updating.send_signal(signal.SIGINT)

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        """Run one command to its end.

        Raises:
            CommandError: it exited with an error.
        """
        del on_output, on_error  # nobody here gives any: the log is read instead
        argv = [self.command, "--non-interactive", *args]
        env = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        result = self._update(argv, cwd, env) if args[0] == "up" else _command(argv, cwd, env)
        if result.code:
            error = create_command_error(result)
            # Of what the SDK makes of it, a person only needs what the CLI wrote.
            error.args = (result.stderr.strip() or result.stdout.strip(),)
            raise error
        return result

    def _update(self, argv: list[str], cwd: str, env: Mapping[str, str]) -> CommandResult:
        with self._lock:
            self._updates += 1
            with self._opened_log() as log:
                process = subprocess.Popen(
                    argv,
                    cwd=cwd,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    text=True,
                    start_new_session=True,
                )
            self._updating = process
        _lower_priority(process.pid, self.priority)
        code = process.wait()
        with self._lock:
            self._updating = None
        said = self.log.read_text(errors="replace")
        if code < 0:
            said += f"\nDiagnostics:\n  the engine was ended by {signal.Signals(-code).name}\n"
        return CommandResult(stdout=said, stderr=said if code else "", code=code)

    def _opened_log(self) -> TextIO:
        """A file for the output of the next update; `log` tells which.

        Where the folder cannot take one, as on a full disk, it goes to the system's temporary
        files: the update may be the way back.
        """
        name = f"up-{os.getpid()}-{self._updates}.log"
        self.log = self._log_folder / name
        try:
            self._log_folder.mkdir(parents=True, exist_ok=True)
            return self.log.open("w")
        except OSError:
            self.log = Path(tempfile.gettempdir()) / f"failover-{name}"
            return self.log.open("w")


def _no_cli(error: InvalidVersionError | FileNotFoundError) -> str:
    return NO_CLI if isinstance(error, FileNotFoundError) else f"the Pulumi CLI on PATH: {error}"


def _command(argv: list[str], cwd: str, env: Mapping[str, str]) -> CommandResult:
    done = subprocess.run(
        argv,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    return CommandResult(stdout=done.stdout, stderr=done.stderr, code=done.returncode)


def _lower_priority(pid: int, niceness: int) -> None:
    """Make it at least so nice; whoever started this process may want it nicer already."""
    if hasattr(os, "setpriority") and niceness > os.getpriority(os.PRIO_PROCESS, 0):
        try:
            os.setpriority(os.PRIO_PROCESS, pid, niceness)
        except ProcessLookupError:
            return  # it has ended already


__all__ = ["CommandError", "SteadyCommand"]
