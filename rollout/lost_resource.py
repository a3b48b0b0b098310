"""A resource that AWS has with this stack's tags, and that is missing in the stack's state."""

from __future__ import annotations

from collections.abc import Collection

from rollout.notice import ALL_SERVICES, Notice, NoticeKind
from rollout.pending_creation import Made, import_command
from rollout.split import Slot

FREE_OF_PROTECTION = frozenset({"aws:s3/bucket:Bucket"})
"""Types that the program does not protect where protection is on."""


def lost_notice(
    kind: NoticeKind, stack: str, made: Made, services: Collection[str], *, is_protected: bool
) -> Notice:
    """The notice that a resource is not created again, with the command that imports it.

    Args:
        kind: Of a preview, or of an update.
        stack: The stack's name.
        made: What was found.
        services: The names of the stack's services.
        is_protected: Whether the stack protects what traffic needs.
    """
    creation = made.creation
    noun = creation.type_token.rpartition(":")[2]
    protect = is_protected and creation.type_token not in FREE_OF_PROTECTION
    command = import_command(stack, made, protect=protect)
    text = (
        f"AWS has it as {made.id}, and the stack's state has lost it, so this update would make a "
        f"second one, or fail\n  fix: {command}"
    )
    return Notice(kind, _service(creation.name, services), f"{noun} {creation.name} is new", text)


def _service(name: str, services: Collection[str]) -> str:
    for service in services:
        if name in (service, *(f"{service}-{slot}" for slot in Slot)):
            return service
    return ALL_SERVICES
