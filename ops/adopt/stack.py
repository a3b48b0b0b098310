"""The stack file of an adoption: what it says, what it should say, and its secret."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.adopt.conflict_text import conflicts_text
from ops.adopt.import_file import import_document
from ops.adopt.merge import Merge, applied
from ops.adopt.merge import Path as KeyPath
from ops.adopt.proposal import Config, Import
from ops.adopt.stack_file import kept_copy, read_config, with_values, write_whole
from ops.adopt.state import State
from ops.errors import InputError
from ops.stack.errors import StackFileError
from ops.stack.pulumi import Pulumi
from ops.stack.stack_file import read_text
from settings.settings import PREVIEW_TOKEN_PATH

IMPORT_FILE = "import.json"
_TOKEN_BYTES = 16


@dataclass(frozen=True, slots=True)
class AdoptedConfig:
    """A stack file as it was read."""

    path: Path
    text: str
    config: Config

    @classmethod
    def read(cls, path: Path) -> AdoptedConfig:
        """Read the file; an absent one is empty.

        Raises:
            InputError: it is no stack file.
        """
        try:
            text = read_text(path) or ""
        except StackFileError as error:
            raise InputError(str(error)) from error
        return cls(path, text, read_config(text, path.name))

    def merged(self, merge: Merge) -> Config:
        """The config with all edits in it."""
        return applied(self.config, merge.edits)

    def write(self, merge: Merge) -> Path | None:
        """Write the edits; where they overrule what stood there, the file is kept beside it first.

        Gives the copy.
        """
        edits: dict[KeyPath, Any] = {("config", *path): v for path, v in merge.edits.items()}
        if not edits:
            return None
        copy = kept_copy(self.path) if merge.conflicts else None
        write_whole(self.path, with_values(self.text, edits))
        return copy


def ensure_token(pulumi: Pulumi) -> bool:
    """Give the stack a preview token where it has none; says whether it did."""
    config = AdoptedConfig.read(pulumi.stack_file).config
    if config.get(PREVIEW_TOKEN_PATH):
        return False
    token = secrets.token_hex(_TOKEN_BYTES)
    pulumi.run("config", "set", "--secret", PREVIEW_TOKEN_PATH, stdin=token)
    return True


def secret_values(pulumi: Pulumi) -> dict[str, str]:
    """The stack's secrets by key; objects that hold one are given as JSON."""
    found = pulumi.document("config", "--show-secrets", "--json")
    return {key: entry["value"] for key, entry in found.items() if entry.get("secret")}


def write_imports(folder: Path, imports: tuple[Import, ...]) -> Path | None:
    """Write `import.json`; `None` where it says so already.

    Another file of that name is kept beside it.
    """
    path = folder / IMPORT_FILE
    text = json.dumps(import_document(imports, State({})), indent=2) + "\n"
    held = path.read_text() if path.exists() else None
    if held == text:
        return None
    if held is not None:
        kept_copy(path)
    write_whole(path, text)
    return path


def refuse_conflicts(merge: Merge, name: str) -> None:
    """Refuse to overrule what a person wrote.

    Raises:
        InputError: the file says something else.
    """
    if merge.conflicts:
        raise InputError(
            f"{name} says something else than what is there; nothing was written:\n"
            f"{conflicts_text(merge.conflicts)}\n"
            "  fix: --replace, which keeps a copy of the file beside it; or another --stack"
        )
