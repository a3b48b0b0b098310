"""The weights of a stack's rules as AWS has them now."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from live.address import ServiceAddress
from live.clients import Clients
from live.errors import LiveError
from live.provider_config import ProviderConfig
from live.rules import read_rules
from live.session import Session
from ops.deploy.errors import DeployInputError, LiveUnknownError

_STACK_NOT_FOUND = 6
"""The CLI's exit code for a stack that there is none of. Source: measured, CLI 3.255.0."""


def read_live_weights(folder: Path, stack: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Service -> live weights, such as `75/25`; empty before the first deployment.

    The rules are found by the stack's outputs and read as the stack's own provider would.

    Raises:
        DeployInputError: there is no such stack.
        LiveUnknownError: the backend or AWS cannot be read.
    """
    outputs = _pulumi(folder, environ, "stack", "output", "--json", "--stack", stack)
    services = ServiceAddress.of_outputs(outputs.get("services") or {})
    if not services:
        return {}
    config = _pulumi(folder, environ, "config", "--json", "--stack", stack)
    aws = {
        key.removeprefix("aws:"): _text(entry)
        for key, entry in config.items()
        if key.startswith("aws:")
    }
    try:
        session = Session(ProviderConfig.of_stack(aws, environ))
        rules = read_rules(Clients.of(session).balancing, services)
    except LiveError as error:
        raise LiveUnknownError(
            f"the live weights of stack {stack} cannot be read: {error}"
        ) from error
    return {rule.service: rule.weights for rule in rules}


def _text(entry: Mapping[str, Any]) -> str:
    if "objectValue" in entry:
        return json.dumps(entry["objectValue"])
    return str(entry.get("value", ""))


def _pulumi(folder: Path, environ: Mapping[str, str], *arguments: str) -> dict[str, Any]:
    try:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise LiveUnknownError("there is no `pulumi` on PATH; `make setup` brings one") from error
    said = done.stderr.strip().removeprefix("error: ")
    if done.returncode == _STACK_NOT_FOUND:
        raise DeployInputError(f"{said}; `pulumi stack ls` lists the stacks of this backend")
    if done.returncode:
        raise LiveUnknownError(f"`pulumi {' '.join(arguments)}` exited {done.returncode}: {said}")
    try:
        found: Any = json.loads(done.stdout or "{}")
    except json.JSONDecodeError as error:
        raise LiveUnknownError(f"`pulumi {' '.join(arguments)}` wrote no JSON: {error}") from error
    return found if isinstance(found, dict) else {}
