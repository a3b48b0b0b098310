"""What the stacks of the repo register with the engine, as text; run it to write it anew."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from tests.components.recording import Registration
from tests.components.stacks import recording_of

STACKS = ("prod", "dev")


def kept(stack: str) -> Path:
    """The file that a stack's registrations are kept in, one a line."""
    return Path(__file__).with_name("registered") / f"{stack}.jsonl"


def lines_of(stack: str) -> list[str]:
    """Every resource that a stack registers, by type and logical name."""
    return sorted(map(_line, recording_of(stack).registrations))


def _line(registration: Registration) -> str:
    fields = dataclasses.asdict(registration) | {"depends_on": sorted(registration.depends_on)}
    return json.dumps(fields, sort_keys=True)


def main() -> None:
    """Write the files anew, after a change of the resources that is meant."""
    for stack in STACKS:
        kept(stack).parent.mkdir(exist_ok=True)
        kept(stack).write_text("".join(f"{line}\n" for line in lines_of(stack)))


if __name__ == "__main__":
    main()
