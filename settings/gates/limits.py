"""What every kind of gate declares in the config."""

from __future__ import annotations

from typing import Any, ClassVar

from settings.declaration.key import ConfigMap, Key, KeyGroup, Member, key, optional
from settings.declaration.kind import Switch, Text

HEADER = Text(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}", "the name of a header")


class GateLimits(ConfigMap):
    """What one gate judges by; to name it in the config is to turn it on."""

    name: ClassVar[str]
    """As the config spells the gate."""
    what: ClassVar[str]
    """What it judges, in a sentence; the reference shows it."""
    is_default: ClassVar[bool] = False
    """Whether it is on where the config names no gate that is on."""
    least_bake_seconds: ClassVar[int] = 0
    """A stage that is watched for a shorter time gives it nothing to judge."""
    least_bake_reason: ClassVar[str] = ""
    """Why; completes a sentence."""

    @classmethod
    def member(cls) -> Member:
        """Its place in `ramp.gates`: a map of its keys, or a switch where it has none."""
        if cls.members():
            return KeyGroup[Any](cls.what, cls, name=cls.name)
        return optional(True, Switch(), cls.what, name=cls.name)


def slot_header() -> Key[str]:
    """The key of the gates that ask a slot for its name."""
    return key(
        "x-slot",
        Text(rf"({HEADER.pattern})?", "the name of a header, or nothing if no slot sends its name"),
        "The response header that names the slot, 01 or 02. Empty if the application sends none.",
    )
