"""What an instance is: its image's build, and what its user data told it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_VARIABLE = re.compile(r"^\s*FAILOVER_([A-Z]+)=['\"]?([^'\"\s]*)['\"]?\s*$", re.MULTILINE)
"""A line of the identity file that the user data writes."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answers."""

    instance_id: str
    build: str
    service: str | None
    slot: str | None
    port: int | None
    """The port that the application listens on, as the user data says; None where it does not."""


def identity_from(instance_id: str, build: str, user_data: str) -> Identity:
    """The identity of an instance that booted with `user_data`."""
    told = dict(_VARIABLE.findall(user_data))
    port = told.get("PORT")
    return Identity(
        instance_id, build, told.get("SERVICE"), told.get("SLOT"), int(port) if port else None
    )
