"""The process of one `pulumi` command: its session, its priority, and what Ctrl-C does to it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from pulumi_cli.errors import NoCliError

LOW_PRIORITY = 10
"""Niceness of an update: the prober beside it measures latency on the same processors."""

FULL_PRIORITY = 0
"""Niceness of a rollback: requests are lost until it is done, whatever is measured meanwhile."""

NO_CLI = (
    "there is no `pulumi` on PATH; `make setup` brings one to .venv/bin, then "
    "`source .venv/bin/activate`"
)

_STOPPED_BY_INTERRUPT = (
    ("preview",),
    ("up",),
    ("stack", "export"),
    ("stack", "history"),
    ("stack", "ls"),
    ("stack", "output"),
    ("stack", "--show-name"),
    ("config", "--json"),
)
"""How the commands begin that Ctrl-C stops. Most only read, and a backend that does not answer must
not hold up a person who types the next command; an update stops after the running operations.
Any other command comes to its end: killed, it would leave its lock, or half a change, behind."""


def start_process(
    arguments: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    *,
    output: IO[str] | None = None,
    lock_fds: Sequence[int] = (),
    niceness: int = FULL_PRIORITY,
) -> subprocess.Popen[str]:
    """Start `pulumi ARGUMENTS` in `folder`, in a session of its own.

    A terminal sends Ctrl-C to its whole foreground group: in that group the engine would cancel an
    update as soon as this process is interrupted.

    Args:
        arguments: What follows `pulumi`.
        folder: The folder that holds Pulumi.yaml.
        environ: The whole environment.
        output: A file for both outputs, instead of pipes for them and for standard input.
        lock_fds: Locks of the caller that the process inherits, so that the next holder waits for
            a process that outlives its caller.
        niceness: The least niceness; this process may have a higher one already.

    Raises:
        NoCliError: there is no CLI on PATH.
    """
    if shutil.which("pulumi", path=environ.get("PATH")) is None:
        raise NoCliError(NO_CLI)
    return subprocess.Popen(
        [*_lowering(niceness), "pulumi", *arguments],
        cwd=folder,
        env=dict(environ),
        stdin=subprocess.PIPE if output is None else subprocess.DEVNULL,
        stdout=subprocess.PIPE if output is None else output,
        stderr=subprocess.PIPE if output is None else subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
        pass_fds=tuple(lock_fds),
    )


def run_process(
    arguments: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    *,
    stdin: str = "",
    lock_fds: Sequence[int] = (),
    niceness: int = FULL_PRIORITY,
) -> subprocess.CompletedProcess[str]:
    """Run `pulumi ARGUMENTS` to its end, whatever the exit code.

    After Ctrl-C the process ends first: killed, it would leave its lock, its program and its
    plugins behind.

    Raises:
        NoCliError: there is no CLI on PATH.
        KeyboardInterrupt: Ctrl-C; a second one does not wait for the process.
    """
    with start_process(arguments, folder, environ, lock_fds=lock_fds, niceness=niceness) as process:
        try:
            stdout, stderr = process.communicate(stdin)
        except KeyboardInterrupt:
            if any(tuple(arguments[: len(own)]) == own for own in _STOPPED_BY_INTERRUPT):
                process.send_signal(signal.SIGINT)
            process.communicate()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def exit_text(code: int) -> str:
    """How a process ended: `exit code 255`, or `ended by SIGKILL`."""
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _lowering(niceness: int) -> list[str]:
    """What starts a command at a lower priority.

    The priority of a process that runs already is that of its first thread alone: what the engine's
    other threads had started, such as providers, would keep the higher one.
    """
    lower = niceness - os.getpriority(os.PRIO_PROCESS, 0)
    nice = shutil.which("nice")
    return [nice, "-n", str(lower)] if nice is not None and lower > 0 else []
