"""Whether an image can be launched as the instances of a slot."""

from __future__ import annotations

import re
from dataclasses import dataclass

AVAILABLE = "available"
_ARM = "arm64"
_INTEL = frozenset({"x86_64", "i386"})
_GRAVITON = re.compile(r"(a1|[a-z]+\d+[a-z]*g[a-z]*)\.")
"""Source: EC2 instance types guide, "Naming conventions": a `g` behind the number is Graviton's."""


@dataclass(frozen=True, slots=True)
class LiveImage:
    """A machine image that these credentials can see. Source: EC2 API, Image."""

    id: str
    state: str
    """AWS's word: pending, available, invalid, deregistered, transient, failed, error, disabled."""
    architecture: str


def is_arm(instance_type: str) -> bool:
    """Whether instances of the type run images of arm64, and no others."""
    return _GRAVITON.match(instance_type) is not None


def image_problem(found: LiveImage | None, instance_type: str) -> str:
    """Why an instance of this type cannot be launched from an image; empty where it can.

    `found` is None where these credentials see no such image.
    """
    if found is None:
        return (
            "there is no such image in this account and region, and no other account shares one "
            "with it"
        )
    if found.state != AVAILABLE:
        return f"it is {found.state}, and only an image that is {AVAILABLE} can be launched"
    runs_arm = is_arm(instance_type)
    if (found.architecture == _ARM and not runs_arm) or (found.architecture in _INTEL and runs_arm):
        return f"it is of {found.architecture}, which {instance_type} does not run"
    return ""
