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

    aws: Mapping[str, str]
    """The provider's config, secrets left out."""
    services: Mapping[str, Any]
    """The stack's output of that name."""

    def write(self, folder: Path) -> None:
        """Keep it in `folder`, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"aws": _plain(self.aws), "services": dict(self.services)}, indent=2)
        new = folder / f"{FILE_NAME}.new"
        new.write_text(text)
        new.replace(folder / FILE_NAME)

    @classmethod
    def read(cls, folder: Path) -> KnownStack:
        """What was kept.

        Raises:
            BadInputError: nothing was, or it cannot be read.
        """
        try:
            plain = json.loads((folder / FILE_NAME).read_text())
            return cls(plain["aws"], plain["services"])
        except (OSError, ValueError, KeyError) as error:
            raise BadInputError(
                f"{folder / FILE_NAME} does not tell the rules of the stack: {error}\n"
                "  expected: the machine and the folder that a ramp was run from"
            ) from error


def _plain(aws: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in aws.items() if name not in _SECRET}
