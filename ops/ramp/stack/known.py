"""What a command once knew of a stack, for the hour in which its backend does not answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.ramp.errors import BadInputError

FILE_NAME = "stack.json"
_SECRET = frozenset({"accessKey", "secretKey", "token"})


@dataclass(frozen=True, slots=True)
class KnownStack:
    """Which rules and target groups a stack has, and where; no secret."""

    backend: str
    """The URL of the backend that the stack is in, without its query."""

    aws: Mapping[str, str]
    """The provider's config, secrets left out."""
    services: Mapping[str, Any]
    """The stack's output of that name."""

    def write(self, folder: Path) -> None:
        """Keep it in `folder`, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        document = {
            "backend": self.backend,
            "aws": _plain(self.aws),
            "services": dict(self.services),
        }
        text = json.dumps(document, indent=2)
        new = folder / f"{FILE_NAME}.new"
        new.write_text(text)
        new.replace(folder / FILE_NAME)

    @classmethod
    def read(cls, folder: Path, backend: str) -> KnownStack:
        """What was kept of the stack in `backend`.

        Raises:
            BadInputError: nothing was, it cannot be read, or it is of a stack in another backend.
        """
        file = folder / FILE_NAME
        try:
            plain = json.loads(file.read_text())
            # A file of an earlier version has no backend, and so belongs to no stack.
            known = cls(plain.get("backend", ""), plain["aws"], plain["services"])
        except (OSError, ValueError, KeyError) as error:
            raise BadInputError(
                f"cannot read the rules of the stack from {file}: {error}",
                expected="the machine and the folder that a ramp was run from",
            ) from error
        if known.backend != backend:
            raise BadInputError(
                f"{file} is of a stack in another backend: {known.backend or 'not recorded'}\n"
                f"  expected: the backend of this shell: {backend or 'none: not logged in'}\n"
                "  fix:      the shell that the ramp was run from"
            )
        return known


def _plain(aws: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in aws.items() if name not in _SECRET}
