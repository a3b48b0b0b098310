"""The real Pulumi engine, run as a person runs it: `pulumi …` in the repository's folder."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.errors import RehearsalError

_NO_CHANGE = {"same", "read", "refresh"}
_PREVIEW_AS_EVENTS = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
"""Without it a preview is one document, which tells of no policy."""


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """What the engine does to one resource."""

    urn: str
    operation: str
    """`create`, `update`, `replace`, `delete`, …"""
    paths: tuple[str, ...]
    """The properties that change, such as `actions[0].forward.targetGroups[1].weight`."""

    @property
    def type_token(self) -> str:
        """`aws:lb/listenerRule:ListenerRule`; the type of the resource itself, not its parents."""
        return self.urn.split("::")[2].split("$")[-1]

    @property
    def name(self) -> str:
        """The logical name."""
        return self.urn.split("::")[-1]


@dataclass(frozen=True, slots=True)
class UpResult:
    """One `pulumi up`: what its preview announced, what its update did, and how long it took."""

    previewed: tuple[ResourceChange, ...]
    applied: tuple[ResourceChange, ...]
    unchanged: int
    seconds: float


class RehearsalEngineError(RehearsalError):
    """The engine exited with an error; the text holds its own words."""


class RehearsalEngine:
    """Runs the CLI with one environment in one folder.

    Args:
        folder: The folder that holds Pulumi.yaml.
        env: The whole environment; its `PULUMI_STACK` says which stack is meant.
        command: What the CLI is started with.
    """

    def __init__(
        self, folder: Path, env: Mapping[str, str], command: Sequence[str] = ("pulumi",)
    ) -> None:
        self._folder = folder
        self._env = dict(env)
        self._command = tuple(command)

    def at_low_priority(self) -> RehearsalEngine:
        """The same, for traffic beside it that must not wait for a processor."""
        return RehearsalEngine(self._folder, self._env, ("nice", "-n", "10", *self._command))

    def run(self, *arguments: str, stdin: str = "", **env: str) -> str:
        """Run `pulumi ARGUMENTS`, with `env` beside the environment; its standard output.

        Raises:
            EngineError: it exited with an error.
        """
        done = subprocess.run(
            [*self._command, *arguments, "--non-interactive"],
            cwd=self._folder,
            env={**self._env, **env},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = _error_text(done.stdout, done.stderr)
            raise RehearsalEngineError(
                f"`pulumi {' '.join(arguments)}` exited {done.returncode}:\n{said}"
            )
        return done.stdout

    def set_config(self, key: str, value: str, *options: str) -> None:
        """`pulumi config set KEY VALUE`."""
        self.run("config", "set", *options, key, value)

    def set_all_config(self, values: Mapping[str, str]) -> None:
        """`pulumi config set-all --path` of every key: one start of the CLI instead of many."""
        pairs = [part for each in values.items() for part in ("--plaintext", "=".join(each))]
        self.run("config", "set-all", "--path", *pairs)

    def set_secret(self, key: str, value: str) -> None:
        """`pulumi config set --secret KEY`, the value by standard input."""
        self.run("config", "set", "--secret", key, stdin=value)

    def up(self, *options: str) -> UpResult:
        """`pulumi up --yes OPTIONS`: a preview, then the update.

        Raises:
            EngineError: the preview or the update failed, or a mandatory policy was broken.
        """
        started = time.monotonic()
        text = self.run("up", "--yes", "--json", *options, **_PREVIEW_AS_EVENTS)
        seconds = time.monotonic() - started
        return _read_up(text, seconds)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets left out."""
        return json.loads(self.run("stack", "output", "--json"))


def _read_up(text: str, seconds: float) -> UpResult:
    """Preview and update are one event a line; what is only planned is of the preview."""
    previewed: list[ResourceChange] = []
    applied: list[ResourceChange] = []
    for document in _documents(text):
        if event := document.get("resourcePreEvent"):
            into = previewed if event.get("planning") else applied
            into.append(_of_step(event["metadata"]))
    return UpResult(
        previewed=tuple(c for c in previewed if c.operation not in _NO_CHANGE),
        applied=tuple(c for c in applied if c.operation not in _NO_CHANGE),
        unchanged=sum(c.operation == "same" for c in applied),
        seconds=seconds,
    )


def _documents(text: str) -> Iterator[dict[str, Any]]:
    decoder, position = json.JSONDecoder(), 0
    while (start := text.find("{", position)) >= 0:
        document, position = decoder.raw_decode(text, start)
        yield document


def _of_step(step: Mapping[str, Any]) -> ResourceChange:
    paths = step.get("detailedDiff") or {}
    return ResourceChange(step["urn"], step["op"], tuple(sorted(paths)))


def _error_text(stdout: str, stderr: str) -> str:
    """The errors of a run: its diagnostics where it wrote JSON, else the end of what it wrote."""
    messages: list[str] = []
    try:
        for document in _documents(stdout):
            if "diagnosticEvent" in document and document["diagnosticEvent"]["severity"] == "error":
                messages.append(document["diagnosticEvent"]["message"].strip())
            if (event := document.get("policyEvent")) and event["enforcementLevel"] == "mandatory":
                messages.append(_violation(event))
            for diagnostic in document.get("diagnostics") or []:
                if diagnostic["severity"] == "error":
                    messages.append(diagnostic["message"].strip())
    except json.JSONDecodeError:
        messages = []
    said = [*dict.fromkeys(messages), stderr.strip()]
    return "\n".join(text for text in said if text) or stdout.strip()[-2000:]


def _violation(event: Mapping[str, Any]) -> str:
    """What a policy says of a resource, by the logical name of that."""
    name = event["resourceUrn"].split("::")[-1]
    return f"{event['policyName']} ({name}): {event['message'].strip()}"
