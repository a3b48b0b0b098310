"""Runs the engine's preview and hands over what it wrote."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.plan.errors import PreviewInputError, PreviewNotStarted
from ops.plan.event_stream import Event, read_events
from ops.stack.engine_access import access_fault
from ops.stack.errors import StackFileError
from ops.stack.existing import no_file_text, no_stack_text
from ops.stack.pulumi import NO_CLI, STACK_NOT_FOUND
from ops.stack.stack_file import refuse_unreadable, stack_file

STREAMING = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
"""Without it `preview --json` writes one digest at the end, which has no policy event."""


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """What to preview."""

    folder: Path
    """The folder that holds Pulumi.yaml."""
    stack: str
    policy_pack: Path | None = None
    policy_config: Path | None = None
    refresh: bool = False
    """Whether AWS is read first, so that what somebody else changed is seen."""

    @property
    def arguments(self) -> list[str]:
        """Of the CLI."""
        options = ["--json", "--non-interactive", "--stack", self.stack]
        if self.policy_pack:
            options += ["--policy-pack", str(self.policy_pack)]
        if self.policy_config:
            options += ["--policy-pack-config", str(self.policy_config)]
        if self.refresh:
            options.append("--refresh")
        return ["preview", *options]


def run_preview(
    request: PreviewRequest, environ: Mapping[str, str] = os.environ
) -> tuple[Event, ...]:
    """The events of one preview; it changes nothing.

    Raises:
        PreviewInputError: no stack of that name, or no file of it that can be read.
        EngineAccessError: no login, or no passphrase, or a wrong one.
        PreviewNotStarted: no CLI, or it ended before its first event.
        PreviewStreamError: what it wrote is no event stream.
    """
    try:
        refuse_unreadable(request.folder, request.stack)
    except StackFileError as error:
        raise PreviewInputError(str(error)) from error
    done = _pulumi(request.arguments, request.folder, {**environ, **STREAMING})
    if done.returncode == STACK_NOT_FOUND:
        raise PreviewInputError(no_stack_text(request.folder, request.stack, environ))
    if not done.stdout.strip():
        failed = PreviewNotStarted(_engines_words(done.stderr, done.returncode))
        raise access_fault(done.stderr) or failed
    if not stack_file(request.folder, request.stack).exists():
        raise PreviewInputError(no_file_text(request.folder, request.stack, is_there=True))
    return read_events(done.stdout.splitlines())


def selected_stack(folder: Path, named: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """The name of the stack that the CLI would take: `named`, else the selected one.

    Raises:
        EngineAccessError: nobody is logged in.
        PreviewInputError: none is named and none selected.
        PreviewNotStarted: no CLI.
    """
    stack = named or environ.get("PULUMI_STACK")
    if stack:
        return stack
    done = _pulumi(["stack", "--show-name", "--non-interactive"], folder, environ)
    if done.returncode:
        raise access_fault(done.stderr) or PreviewInputError(
            f"no stack is selected ({done.stderr.strip().removeprefix('error: ')}); "
            "--stack or PULUMI_STACK names one"
        )
    return done.stdout.strip()


def _pulumi(
    arguments: Sequence[str], folder: Path, environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    try:
        # In a session of its own: a Ctrl-C reaches it once, through `_interrupted`.
        process = subprocess.Popen(
            ["pulumi", *arguments],
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise PreviewNotStarted(NO_CLI) from error
    with process:
        try:
            said, wrong = process.communicate()
        except KeyboardInterrupt:
            _interrupted(process)
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, said, wrong)


def _interrupted(process: subprocess.Popen[str]) -> None:
    """Let the CLI end its program and its plugins: killed, it would leave them behind.

    Raises:
        KeyboardInterrupt: a second one does not wait.
    """
    process.send_signal(signal.SIGINT)
    process.communicate()


def _engines_words(stderr: str, code: int) -> str:
    said = stderr.strip().removeprefix("error: ")
    ended = f"was ended by signal {-code}" if code < 0 else f"exited {code}"
    return said or f"`pulumi preview` {ended} and said nothing"
