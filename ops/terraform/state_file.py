"""Finds and reads the state that `--terraform` names: a file, or a folder of a configuration."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from ops.errors import InputError
from ops.terraform.state import TerraformState, TerraformStateError, read_state
from rollout.command import Command, Shell
from rollout.json_value import map_of

FLAG = "--terraform"
_STATE = "terraform.tfstate"
_PULLED = "state.json"


def read_states(paths: Sequence[Path]) -> tuple[TerraformState, ...]:
    """Read each state; Terraform itself is not run, and nothing is written.

    Raises:
        InputError: a path has no state that can be read.
    """
    return tuple(_read(path) for path in paths)


def _read(path: Path) -> TerraformState:
    file = _state_of_folder(path) if path.is_dir() else path
    try:
        return read_state(file.read_text(encoding="utf-8"), str(file))
    except TerraformStateError as error:
        fixes = [pulled(path)] if error.is_pulled else []
        raise InputError(
            f"{FLAG} {file}: {error.found}", expected=error.expected, fixes=fixes
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{FLAG} {file}: not a text file, as a saved plan is not",
            expected="a state file, or what `terraform show -json` prints",
        ) from error
    except OSError as error:
        raise InputError(f"{FLAG} {file}: {error.strerror}", fixes=[pulled(path)]) from error


def _state_of_folder(folder: Path) -> Path:
    """The state file of a configuration, in the workspace that is selected there.

    Source: Terraform docs, "Workspaces", and the local backend's `path` and `workspace_dir`.
    """
    chosen = folder / ".terraform" / "environment"
    workspace = chosen.read_text().strip() if chosen.is_file() else "default"
    if workspace not in ("", "default"):
        file = folder / f"{_STATE}.d" / workspace / _STATE
    else:
        file = folder / _STATE
    # A backend leaves its kind there. A state file next to it may be older than the backend.
    initialised = folder / ".terraform" / _STATE
    if not initialised.is_file():
        return file
    backend = map_of(map_of(json.loads(initialised.read_text())).get("backend"))
    if backend.get("type") != "local":
        return initialised
    own = map_of(backend.get("config")).get("path")
    return folder / own if isinstance(own, str) and workspace in ("", "default") else file


def pulled(path: Path) -> Command:
    """Writes the state of the configuration that a path is in to a file; changes nothing."""
    folder = path if path.is_dir() else path.parent
    if folder.name == ".terraform":
        folder = folder.parent
    words = ("terraform", "state", "pull")
    if folder != Path():
        words = ("terraform", f"-chdir={folder}", "state", "pull")
    return Command.of(*words, Shell(f"> {shlex.quote(_PULLED)}"))
