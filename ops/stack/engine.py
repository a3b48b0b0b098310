"""The engine of one stack as a ramp uses it: config, updates under the policy pack, history."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ops.plan.preview import policy_config, policy_pack
from pulumi_cli.process import FULL_PRIORITY, LOW_PRIORITY
from pulumi_cli.pulumi import Pulumi
from pulumi_cli.update import EngineUpdate, RunningUpdate


class StackEngine:
    """A stack of the project in a folder; backend and passphrase come from the environment."""

    def __init__(self, pulumi: Pulumi, log_folder: Path) -> None:
        """Hold the CLI; the output of each update goes to a file in `log_folder`."""
        self._pulumi = pulumi
        self._log_folder = log_folder
        self._numbers = itertools.count(1)

    @property
    def stack_file(self) -> Path:
        """`Pulumi.<stack>.yaml`, which a stage changes."""
        return self._pulumi.stack_file

    def config(self) -> tuple[dict[str, str], frozenset[str]]:
        """Every key with its namespace, secrets decrypted; and which keys are secret.

        Raises:
            StackError: the config cannot be read, as with a wrong passphrase.
        """
        found = self._pulumi.config(shows_secrets=True)
        secret = frozenset(key for key, entry in found.items() if entry.is_secret)
        return {key: entry.value for key, entry in found.items()}, secret

    def set_config(self, changes: Mapping[str, str | None]) -> None:
        """Write values into the stack file by their paths; None removes one.

        Raises:
            StackError: the stack file cannot be written.
        """
        self._pulumi.write_config(changes)

    def start_up(self, message: str, *, is_way_back: bool = False) -> RunningUpdate:
        """Begin `pulumi up`.

        Args:
            message: Of the update, which the stack's history keeps.
            is_way_back: Whether requests may be lost until the update is done. No rule about a tag
                or a timeout may then keep traffic on a failing slot, so the update runs without
                the policy pack: the guards alone judge, as in a person's bare `pulumi up`. It runs
                at full priority.
        """
        options = [] if is_way_back else self._pack_options()
        return self._pulumi.start_up(
            self._log_folder / f"up-{os.getpid()}-{next(self._numbers)}.log",
            *("--message", message, *options),
            niceness=FULL_PRIORITY if is_way_back else LOW_PRIORITY,
        )

    def history(self) -> Sequence[EngineUpdate]:
        """The newest updates of the resources that there are now, the newest first.

        Raises:
            StackError: the backend cannot be read.
        """
        return self._pulumi.history()

    def outputs(self) -> Mapping[str, Any]:
        """The stack's outputs, secrets decrypted.

        Raises:
            StackError: the backend cannot be read.
        """
        return self._pulumi.outputs(shows_secrets=True)

    def clear_locks(self) -> None:
        """Delete every lock of the stack: only where all are known to be of dead processes.

        Raises:
            StackError: the backend cannot be written.
        """
        self._pulumi.run("cancel", "--yes")

    def _pack_options(self) -> list[str]:
        """The policy pack of the project; a pack without a config of the stack is mandatory."""
        pack = policy_pack(self._pulumi.folder, None)
        if pack is None:
            return []
        config = policy_config(pack, self._pulumi.stack, None)
        configured = [] if config is None else ["--policy-pack-config", str(config)]
        return ["--policy-pack", str(pack), *configured]
