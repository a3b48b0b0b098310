"""The engine of one stack: its config, its updates, its history, its outputs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

from pulumi.automation import ConfigValue, LocalWorkspace, OpType, Stack, UpdateSummary
from pulumi.automation.errors import StackNotFoundError

from ops.engine.command import LOW_PRIORITY, URGENT, SteadyCommand
from ops.engine.update import RunningUpdate
from rollout.stack_identity import removed_everything

HISTORY_LENGTH = 50
"""Updates that are looked back at; a ramp has some twenty."""


@dataclass(frozen=True, slots=True)
class EngineUpdate:
    """One update of the stack's history, which all who use the backend share."""

    message: str
    succeeded: bool
    config: Mapping[str, str]
    """With namespaces; secrets are left out."""
    at: datetime
    """When it began, by the clock of whoever ran it."""
    ended: datetime | None = None
    """When it ended, by the same clock."""
    is_first: bool = False
    """Whether it is known to be the stack's first update."""


class OwnWorkspace(LocalWorkspace):
    """A workspace that does not change which stack the person has selected."""

    def select_stack(self, stack_name: str) -> None:
        """See that the stack exists.

        Raises:
            StackNotFoundError: it does not.
        """
        argv = ["stack", "--stack", stack_name, "--show-name"]
        self.pulumi_command.run(argv, self.work_dir, dict(self.env_vars))


class StackEngine:
    """A stack of the project in `folder`; backend and passphrase come from the environment."""

    def __init__(self, stack: Stack, command: SteadyCommand, policy: Path | None) -> None:
        self._stack = stack
        self._command = command
        self._policy = policy

    @property
    def stack_file(self) -> Path:
        """`Pulumi.<stack>.yaml`, which a stage changes."""
        short = self._stack.name.rpartition("/")[2]
        return Path(self._stack.workspace.work_dir) / f"Pulumi.{short}.yaml"

    def config(self) -> tuple[dict[str, str], frozenset[str]]:
        """Every key with its namespace, secrets decrypted; and which keys are secret."""
        found = self._stack.get_all_config()
        secret = frozenset(key for key, value in found.items() if value.secret)
        return {key: value.value for key, value in found.items()}, secret

    def set_config(self, changes: Mapping[str, str | None]) -> None:
        """Write values into the stack file by their paths; None removes one.

        All at once: each command costs a start of the CLI, while requests may be lost.
        """
        wanted = {path: ConfigValue(value) for path, value in changes.items() if value is not None}
        gone = [path for path, value in changes.items() if value is None]
        if wanted:
            self._stack.set_all_config(wanted, path=True)
        if gone:
            self._stack.remove_all_config(gone, path=True)

    def start_up(self, message: str, *, is_way_back: bool = False) -> RunningUpdate:
        """Begin `pulumi up`.

        Args:
            message: Of the update, which the stack's history keeps.
            is_way_back: Whether requests may be lost until it is done. Nobody's rule about a tag or
                a timeout may then keep traffic on a failing slot, so the policy pack is left out
                and the guards alone judge, as in a person's bare `pulumi up`; and the engine gives
                way to nobody.
        """
        self._command.priority = URGENT if is_way_back else LOW_PRIORITY
        has_pack = not is_way_back and self._policy is not None
        packs = [str(self._policy)] if has_pack else None
        config = self._policy_config() if has_pack else None
        return RunningUpdate(
            self._command,
            lambda: self._stack.up(
                message=message,
                policy_packs=packs,
                policy_pack_configs=[str(config)] if config is not None else None,
                color="never",
                show_secrets=False,
                suppress_outputs=True,
                suppress_progress=True,
            ),
        )

    def _policy_config(self) -> Path | None:
        """The file in the pack that is called as the stack is; without one all is mandatory."""
        if self._policy is None:
            return None
        own = self._policy / f"{self._stack.name.rpartition('/')[2]}.json"
        return own if own.is_file() else None

    def history(self) -> Sequence[EngineUpdate]:
        """The newest updates of the resources that there are now, the newest first."""
        found = self._stack.history(page_size=HISTORY_LENGTH, show_secrets=False)
        is_whole = len(found) < HISTORY_LENGTH
        return [
            EngineUpdate(
                past.message,
                past.result == "succeeded",
                {key: value.value for key, value in past.config.items() if not value.secret},
                past.start_time.replace(tzinfo=UTC),
                None if past.end_time is None else past.end_time.replace(tzinfo=UTC),
                is_first=is_whole and past is found[-1],
            )
            for past in takewhile(_is_of_this_life, found)
            if past.kind in {"update", "import"}
        ]

    def outputs(self) -> Mapping[str, Any]:
        """The stack's outputs, secrets as they are."""
        return {name: output.value for name, output in self._stack.outputs().items()}

    def clear_locks(self) -> None:
        """Delete every lock of the stack: only where all are known to be of dead processes."""
        self._stack.cancel()


def _is_of_this_life(past: UpdateSummary) -> bool:
    same = (past.resource_changes or {}).get(OpType.SAME, 0)
    return not removed_everything(past.kind, past.result, same)


def opened_engine(folder: Path, stack: str, log_folder: Path) -> StackEngine:
    """The engine of `stack` in `folder`.

    Raises:
        CommandError: the backend cannot be reached or the passphrase is wrong.
        StackNotFoundError: there is no such stack.
    """
    command = SteadyCommand(log_folder)
    workspace = OwnWorkspace(work_dir=str(folder), pulumi_command=command)
    pack = folder / "policy"
    policy = pack if (pack / "PulumiPolicy.yaml").exists() else None
    return StackEngine(Stack.select(stack, workspace), command, policy)


def current_stack(folder: Path) -> str | None:
    """The stack that is selected in `folder`, by PULUMI_STACK or by `pulumi stack select`.

    Raises:
        CommandError: the backend cannot be reached.
    """
    said = SteadyCommand(folder).run(["stack", "ls", "--json"], str(folder), {})
    return next((s["name"] for s in json.loads(said.stdout) if s.get("current")), None)


__all__ = ["StackEngine", "StackNotFoundError", "current_stack", "opened_engine"]
