"""The engine of a rehearsal, and the program that it runs.

The engine is the Pulumi CLI, with the operations that a cutover repeats. The program is the
repository's, or a copy of it in another folder, with its policy pack.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_cli.errors import StackError
from pulumi_cli.events import Event, read_events
from pulumi_cli.process import FULL_PRIORITY, LOW_PRIORITY
from pulumi_cli.pulumi import Pulumi
from rehearsal.errors import RehearsalError
from rehearsal.workspace import STACK, Workspace

_NO_CHANGE = {"same", "read", "refresh"}
PACK = "policy"
"""The pack's folder, below the program's."""
PROGRAM = ("__main__.py", "settings", "components", "fleets", "live", "rollout", "policy")
"""What the engine needs of the repository, its Pulumi files apart."""


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
    seconds: float


class RehearsalEngineError(RehearsalError):
    """The engine exited with an error; the text holds its own words."""


class RehearsalEngine(Pulumi):
    """The CLI on the stack that `PULUMI_STACK` of the environment names."""

    def __init__(
        self, folder: Path, environ: Mapping[str, str], niceness: int = FULL_PRIORITY
    ) -> None:
        super().__init__(folder, environ["PULUMI_STACK"], environ, niceness=niceness)

    def at_low_priority(self) -> RehearsalEngine:
        """The same, for traffic beside it that must not wait for a processor."""
        return RehearsalEngine(self.folder, self.environ, LOW_PRIORITY)

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Run `pulumi ARGUMENTS`; its standard output.

        Raises:
            RehearsalEngineError: it exited with an error.
        """
        try:
            return super().run(*arguments, stdin=stdin)
        except StackError as error:
            raise RehearsalEngineError(str(error)) from error

    def set_config(self, key: str, value: str, *options: str) -> None:
        """`pulumi config set KEY VALUE`."""
        self.run("config", "set", *options, key, value)

    def up(self, *options: str) -> UpResult:
        """`pulumi up --yes OPTIONS`: a preview, then the update.

        Raises:
            RehearsalEngineError: the preview or the update failed, or a mandatory policy was
                broken.
        """
        started = time.monotonic()
        text = self.run("up", "--yes", "--json", *options)
        seconds = time.monotonic() - started
        try:
            found = read_events(text.splitlines())
        except StackError as error:
            raise RehearsalEngineError(str(error)) from error
        events = [event for event in found if event.kind == "resourcePreEvent"]
        return UpResult(
            previewed=_changes(event for event in events if event.body.get("planning")),
            applied=_changes(event for event in events if not event.body.get("planning")),
            seconds=seconds,
        )


def _changes(events: Iterable[Event]) -> tuple[ResourceChange, ...]:
    steps: list[Mapping[str, Any]] = [event.body["metadata"] for event in events]
    return tuple(
        ResourceChange(step["urn"], step["op"], tuple(sorted(step.get("detailedDiff") or {})))
        for step in steps
        if step["op"] not in _NO_CHANGE
    )


def pack_options(root: Path, stack: str = STACK) -> tuple[str, ...]:
    """The options by which `pulumi preview` and `pulumi up` in `root` run the pack.

    A stack's config of the pack is called as the stack is; without one everything is mandatory.
    """
    config = Path(PACK, f"{stack}.json")
    if not (root / config).is_file():
        return ("--policy-pack", PACK)
    return ("--policy-pack", PACK, "--policy-pack-config", str(config))


def write_pack_config(workspace: Workspace, like: str) -> None:
    """Give the rehearsal the config of the pack that the stack `like` has, where it has one."""
    source = workspace.policy_file.with_name(f"{like}.json")
    if source.is_file():
        shutil.copyfile(source, workspace.policy_file)


def copy_project(root: Path, target: Path) -> Path:
    """Copy the program from `root` into the new folder `target`, on the tools of `root`."""
    target.mkdir(parents=True)
    for path in root.glob("Pulumi*.yaml"):
        if path.name != f"Pulumi.{STACK}.yaml":
            shutil.copy2(path, target)
    for name in PROGRAM:
        source = root / name
        if source.is_dir():
            # Byte code goes along, or every run in the copy would compile the program first; a file
            # of it that is being written has another ending for so long.
            leave_out = shutil.ignore_patterns("*.pyc.*", ".venv", f"{STACK}.json")
            shutil.copytree(source, target / name, ignore=leave_out)
        else:
            shutil.copy2(source, target)
    (target / ".venv").symlink_to(root / ".venv")
    return target
