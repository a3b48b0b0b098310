"""The Pulumi CLI on one stack, run as a person runs it in the project's folder."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from ops.stack.engine_access import access_fault
from ops.stack.errors import NoStackError, PulumiError
from ops.stack.existing import no_stack_text
from ops.stack.stack_file import stack_file

STACK_NOT_FOUND = 6
"""The CLI's exit code for a stack that there is none of. Source: measured, CLI 3.255.0."""

NO_CLI = (
    "there is no `pulumi` on PATH; `make setup` brings one to .venv/bin, then "
    "`source .venv/bin/activate`"
)

LOW_PRIORITY = 10
"""Niceness of an update: the prober beside it measures on the same processors."""


class Pulumi:
    """Runs the CLI on `stack` in `folder`.

    Every command runs in a session of its own and inherits `held`, a lock of the caller's: so a
    command that has begun ends as it should, whatever becomes of this process, and the next holder
    waits for it.
    """

    def __init__(
        self, folder: Path, stack: str, environ: Mapping[str, str], held: Sequence[int] = ()
    ) -> None:
        """Be ready; nothing is run yet."""
        self.folder = folder
        self.stack = stack
        self._given_environ = environ
        self.environ = {**environ, "PULUMI_STACK": stack, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        self._held = tuple(held)

    @property
    def stack_file(self) -> Path:
        """`Pulumi.<stack>.yaml`."""
        return stack_file(self.folder, self.stack)

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Run `pulumi ARGUMENTS` to its end; its standard output.

        Raises:
            NoStackError: there is no such stack.
            EngineAccessError: no login, or no passphrase, or a wrong one.
            PulumiError: it exited with an error, or there is no CLI.
        """
        # Of one that only PULUMI_STACK names, the CLI does not say that there is none.
        named = [] if arguments[:2] == ("stack", "init") else ["--stack", self.stack]
        try:
            process = subprocess.Popen(
                [*_CLI, *arguments, *named, "--non-interactive"],
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
                pass_fds=self._held,
            )
        except FileNotFoundError as error:
            raise PulumiError(NO_CLI) from error
        with process:
            said, wrong = _to_its_end(process, stdin)
        if process.returncode == STACK_NOT_FOUND:
            raise NoStackError(no_stack_text(self.folder, self.stack, self._given_environ))
        if process.returncode:
            why = error_text(said) or wrong.strip().removeprefix("error: ") or said.strip()[-2000:]
            failed = PulumiError(f"`pulumi {' '.join(arguments)}` failed:\n{why}")
            raise access_fault(f"{why}\n{wrong}") or failed
        return said

    def start_up(self, log: IO[str]) -> subprocess.Popen[str]:
        """Begin `pulumi up` without its preview, at low priority, its output in a file.

        In a file, because a pipe to a process that was killed would end the CLI in mid-update.
        """
        process = subprocess.Popen(
            [*_CLI, "up", "--yes", "--skip-preview", "--json", "--non-interactive"],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            pass_fds=self._held,
        )
        try:
            os.setpriority(os.PRIO_PROCESS, process.pid, LOW_PRIORITY)
        except ProcessLookupError:
            process.poll()  # it has ended already, and says how
        return process

    def state(self) -> dict[str, Any]:
        """The stack's deployment, secrets encrypted.

        Raises:
            NoStackError: there is no such stack.
            PulumiError: the backend cannot be reached.
        """
        return self.document("stack", "export")["deployment"]

    def document(self, *arguments: str) -> Any:
        """Run `pulumi ARGUMENTS` and read what it writes as JSON.

        Raises:
            NoStackError: there is no such stack.
            PulumiError: it exited with an error, or wrote something else.
        """
        text = self.run(*arguments)
        try:
            return json.loads(text or "{}")
        except json.JSONDecodeError as error:
            raise PulumiError(f"`pulumi {' '.join(arguments)}` wrote no JSON: {error}") from error


_CLI = ("pulumi",)


def _to_its_end(process: subprocess.Popen[str], stdin: str) -> tuple[str, str]:
    """Both outputs; at Ctrl-C only once it has ended, since a CLI that is killed leaves its lock.

    Raises:
        KeyboardInterrupt: there was one; a second does not wait.
    """
    try:
        return process.communicate(stdin)
    except KeyboardInterrupt:
        process.communicate()
        raise


def error_text(text: str) -> str:
    """The errors in the CLI's JSON, one a line; empty where there is none."""
    messages: list[str] = []
    for document in documents(text):
        event = document.get("diagnosticEvent", {})
        if event.get("severity") == "error":
            messages.append(event.get("message", "").strip())
        for diagnostic in document.get("diagnostics") or []:
            if diagnostic.get("severity") == "error":
                messages.append(diagnostic.get("message", "").strip())
    return "\n".join(dict.fromkeys(message for message in messages if message))


def documents(text: str) -> list[dict[str, Any]]:
    """The JSON objects in the CLI's output: one whole, or one a line."""
    decoder = json.JSONDecoder()
    found: list[dict[str, Any]] = []
    position = text.find("{")
    while position >= 0:
        try:
            document, end = decoder.raw_decode(text, position)
        except json.JSONDecodeError:
            end = position + 1
        else:
            if isinstance(document, dict):
                found.append(document)
        position = text.find("{", end)
    return found
