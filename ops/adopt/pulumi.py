"""The Pulumi CLI on one stack, run as a person runs it in the project's folder."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from ops.adopt.errors import AdoptError, UnsureError

LOW_PRIORITY = 10
"""Niceness of an update: the prober beside it measures on the same processors."""


class PulumiError(UnsureError):
    """The CLI exited with an error; the text holds its own words."""


class Pulumi:
    """Runs the CLI on `stack` in `folder`.

    Every command runs in a session of its own and inherits `held`, the adoption's lock: so a
    command that has begun ends as it should, whatever becomes of this process, and the next
    adoption waits for it.
    """

    def __init__(
        self, folder: Path, stack: str, environ: Mapping[str, str], held: Sequence[int] = ()
    ) -> None:
        """Be ready; nothing is run yet."""
        self.folder = folder
        self.stack = stack
        self._environ = {**environ, "PULUMI_STACK": stack, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        self._held = tuple(held)

    @property
    def stack_file(self) -> Path:
        """`Pulumi.<stack>.yaml`."""
        return self.folder / f"Pulumi.{self.stack.rpartition('/')[2]}.yaml"

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Run `pulumi ARGUMENTS` to its end; its standard output.

        Raises:
            PulumiError: it exited with an error, or there is no CLI.
        """
        try:
            done = subprocess.run(
                [*_CLI, *arguments, "--non-interactive"],
                cwd=self.folder,
                env=self._environ,
                input=stdin,
                capture_output=True,
                text=True,
                check=False,
                start_new_session=True,
                pass_fds=self._held,
            )
        except FileNotFoundError as error:
            raise PulumiError("there is no `pulumi` on PATH") from error
        if done.returncode:
            said = error_text(done.stdout) or done.stderr.strip() or done.stdout.strip()[-2000:]
            raise PulumiError(f"`pulumi {' '.join(arguments)}` failed:\n{said}")
        return done.stdout

    def start_up(self, log: IO[str]) -> subprocess.Popen[str]:
        """Begin `pulumi up` without its preview, at low priority, its output in a file.

        In a file, because a pipe to a process that was killed would end the CLI in mid-update.
        """
        process = subprocess.Popen(
            [*_CLI, "up", "--yes", "--skip-preview", "--json", "--non-interactive"],
            cwd=self.folder,
            env=self._environ,
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
            AdoptError: there is no such stack.
            PulumiError: the backend cannot be reached.
        """
        try:
            return json.loads(self.run("stack", "export"))["deployment"]
        except PulumiError as error:
            found = json.loads(self.run("stack", "ls", "--json"))
            names = [stack["name"] for stack in found]
            if not {self.stack, self.stack.rpartition("/")[2]} & set(names):
                raise AdoptError(
                    f"--stack {self.stack}: there is no such stack; there are "
                    f"{', '.join(names) or 'none'}. Make it: pulumi stack init {self.stack}"
                ) from error
            raise

    def preview(self) -> list[dict[str, Any]]:
        """The steps of a preview.

        Raises:
            PulumiError: the program refuses, or the engine does.
        """
        found = json.loads(self.run("preview", "--json"))
        return found.get("steps") or []


_CLI = ("pulumi",)


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


Say = Callable[[str], None]
