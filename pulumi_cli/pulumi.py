"""The Pulumi CLI on one stack, as a person runs it in the project's folder."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_cli.errors import NoStackError, PulumiError, StackError, access_fault
from pulumi_cli.events import Event, error_text, read_events
from pulumi_cli.process import FULL_PRIORITY, LOW_PRIORITY, exit_text, run_process, start_process
from pulumi_cli.stacks import no_stack_text, stack_file
from pulumi_cli.update import HISTORY_LENGTH, EngineUpdate, RunningUpdate, updates_of

STACK_NOT_FOUND = 6
"""The CLI's exit code where there is no such stack. Source: measured, CLI 3.255.0."""

ENVIRONMENT = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    # Without it `--json` writes one digest of a preview at its end, which has no policy event.
    "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true",
    # Without it there is no `--event-log`. Source: Pulumi CLI, `pulumi up --help`.
    "PULUMI_DEBUG_COMMANDS": "true",
}
"""What every command gets beside the caller's environment."""


@dataclass(frozen=True, slots=True)
class ConfigEntry:
    """One value of a stack's config."""

    value: str
    """A list or a map as JSON; empty for a secret that is not decrypted."""
    is_secret: bool


class Pulumi:
    """Runs the CLI on one stack; no command changes which stack is selected."""

    def __init__(
        self,
        folder: Path,
        stack: str,
        environ: Mapping[str, str],
        *,
        lock_fds: Sequence[int] = (),
        niceness: int = FULL_PRIORITY,
    ) -> None:
        """Hold what every command is run with.

        Args:
            folder: The folder that holds Pulumi.yaml.
            stack: In any form: `prod`, `org/project/prod`.
            environ: The whole environment.
            lock_fds: Locks of the caller, which every command inherits: a command that has begun
                comes to its end, whatever becomes of the caller, and the next holder waits for it.
            niceness: Of every command; an update is at least at `LOW_PRIORITY`.
        """
        self.folder = folder
        self.stack = stack
        self.environ = {**environ, **ENVIRONMENT, "PULUMI_STACK": stack}
        self._given_environ = environ
        self._lock_fds = tuple(lock_fds)
        self._niceness = niceness

    @property
    def stack_file(self) -> Path:
        """`Pulumi.<stack>.yaml`."""
        return stack_file(self.folder, self.stack)

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Run `pulumi ARGUMENTS` to its end; its standard output.

        Raises:
            NoStackError: there is no such stack.
            EngineAccessError: no login, or no passphrase, or a wrong one.
            NoCliError: there is no CLI.
            PulumiError: the CLI exited with an error.
        """
        done = self._run(arguments, stdin)
        if done.returncode:
            raise self._failure(arguments, done)
        return done.stdout

    def document(self, *arguments: str) -> Any:
        """Run `pulumi ARGUMENTS` and read its standard output as JSON.

        Raises:
            StackError: as of `run`, or the CLI wrote something else.
        """
        text = self.run(*arguments)
        try:
            return json.loads(text or "{}")
        except json.JSONDecodeError as error:
            raise PulumiError(f"`pulumi {' '.join(arguments)}` wrote no JSON: {error}") from error

    def state(self, *, shows_secrets: bool = False) -> dict[str, Any]:
        """The stack's deployment; its secrets are encrypted unless `shows_secrets`.

        Raises:
            StackError: as of `run`.
        """
        options = ["--show-secrets"] if shows_secrets else []
        return self.document("stack", "export", *options).get("deployment") or {}

    def outputs(self, *, shows_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs. Without `shows_secrets` no passphrase is needed.

        Raises:
            StackError: as of `run`.
        """
        options = ["--show-secrets"] if shows_secrets else []
        return self.document("stack", "output", "--json", *options)

    def history(self) -> tuple[EngineUpdate, ...]:
        """The newest updates of the resources that there are now, the newest first.

        Raises:
            StackError: as of `run`.
        """
        size = str(HISTORY_LENGTH)
        return updates_of(self.document("stack", "history", "--json", "--page-size", size))

    def config(self, *, shows_secrets: bool = False) -> dict[str, ConfigEntry]:
        """The stack's config, keys with their namespace.

        Without `shows_secrets` no passphrase is needed.

        Raises:
            StackError: as of `run`.
        """
        options = ["--show-secrets"] if shows_secrets else []
        entries = self.document("config", "--json", *options)
        return {
            key: ConfigEntry(str(entry.get("value", "")), bool(entry.get("secret")))
            for key, entry in entries.items()
        }

    def write_config(self, changes: Mapping[str, str | None]) -> None:
        """Write values into the stack file by their paths; None removes one.

        All at once: each command costs a start of the CLI, while requests may be lost.

        Raises:
            StackError: as of `run`.
        """
        written = {path: value for path, value in changes.items() if value is not None}
        removed = [path for path, value in changes.items() if value is None]
        if written:
            pairs = [part for each in written.items() for part in ("--plaintext", "=".join(each))]
            self.run("config", "set-all", "--path", *pairs)
        if removed:
            self.run("config", "rm-all", "--path", *removed)

    def write_secret(self, key: str, value: str, *, is_path: bool = False) -> None:
        """Write a secret of the config; `is_path`: `key` leads into a map.

        Raises:
            StackError: as of `run`.
        """
        options = ["--path"] if is_path else []
        self.run("config", "set", "--secret", *options, key, stdin=value)

    def preview(self, *options: str) -> tuple[Event, ...]:
        """The events of `pulumi preview OPTIONS`; a preview that fails has some, too.

        Raises:
            StackError: as of `run`, where there is no event.
            EventStreamError: the CLI wrote something else than events.
        """
        arguments = ("preview", "--json", *options)
        done = self._run(arguments, "")
        if done.returncode == STACK_NOT_FOUND or not done.stdout.strip():
            raise self._failure(arguments, done)
        return read_events(done.stdout.splitlines())

    def start_up(self, log: Path, *options: str, niceness: int = LOW_PRIORITY) -> RunningUpdate:
        """Begin `pulumi up OPTIONS`, without a preview.

        Args:
            log: The file for the output. Where it cannot be written, as on a full disk, the output
                goes to the system's temporary files: the update may be a rollback.
            options: Of `pulumi up`.
            niceness: The least niceness of the update.

        Raises:
            NoCliError: there is no CLI.
        """
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            output = log.open("w")
        except OSError:
            log = Path(tempfile.gettempdir()) / f"failover-{log.name}"
            output = log.open("w")
        event_log = log.with_suffix(".events")
        # One that a killed run has left: the CLI writes none where it fails before the engine runs.
        event_log.unlink(missing_ok=True)
        shown = ("--color", "never", "--suppress-outputs", "--suppress-progress")
        arguments = ("up", "--yes", "--skip-preview", *shown, "--event-log", str(event_log))
        with output:
            process = start_process(
                self._named((*arguments, *options)),
                self.folder,
                self.environ,
                output=output,
                lock_fds=self._lock_fds,
                niceness=max(niceness, self._niceness),
            )
        return RunningUpdate(process, log, event_log)

    def _run(self, arguments: Sequence[str], stdin: str) -> subprocess.CompletedProcess[str]:
        return run_process(
            self._named(arguments),
            self.folder,
            self.environ,
            stdin=stdin,
            lock_fds=self._lock_fds,
            niceness=self._niceness,
        )

    def _named(self, arguments: Sequence[str]) -> list[str]:
        """The arguments with the stack.

        Where only PULUMI_STACK names a stack that does not exist, the CLI reports that none is
        selected.
        """
        is_new = tuple(arguments[:2]) == ("stack", "init")
        named = [] if is_new else ["--stack", self.stack]
        return [*arguments, *named, "--non-interactive"]

    def _failure(
        self, arguments: Sequence[str], done: subprocess.CompletedProcess[str]
    ) -> StackError:
        if done.returncode == STACK_NOT_FOUND:
            return NoStackError(no_stack_text(self.folder, self.stack, self._given_environ))
        why = error_text(done.stdout, done.stderr) or f"{exit_text(done.returncode)}, no output"
        failed = PulumiError(f"`pulumi {' '.join(arguments)}` failed:\n{why}")
        return access_fault(f"{why}\n{done.stderr}") or failed
