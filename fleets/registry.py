"""Every kind of fleet. A new kind is a folder here, and a line in `KINDS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fleets.auto_scaling_group.kind import AUTO_SCALING_GROUP
from fleets.kind import Kind
from fleets.registered.kind import REGISTERED

if TYPE_CHECKING:
    from live.clients import Clients
    from live.reader import FleetReader

KINDS: tuple[Kind, ...] = (AUTO_SCALING_GROUP, REGISTERED)
DEFAULT = AUTO_SCALING_GROUP
"""The kind of a slot that names none."""
_BY_KEY = {kind.key: kind for kind in KINDS}


def kind_of(key: str | None) -> Kind:
    """The kind with this key; the default one where no key is recorded.

    Raises:
        LiveError: this version has no such kind, as in outputs that a later version wrote.
    """
    if key is None:
        return DEFAULT
    if key not in _BY_KEY:
        from live.errors import UnreadableError

        known = ", ".join(_BY_KEY)
        raise UnreadableError(
            f"the stack's outputs name the fleet kind {key}, and this version knows {known}: use "
            "the version of the project that ran the last `pulumi up`"
        )
    return _BY_KEY[key]


def kind_in(slot: Mapping[str, Any]) -> Kind:
    """The kind of a slot by its own map, as the stack file has it."""
    return next((kind for kind in KINDS if slot.get(kind.key) not in (None, False)), DEFAULT)


def fleet_readers(clients: Clients) -> Callable[[str | None], FleetReader]:
    """The reader of each kind by its key; it is made when it is first asked for, and then kept."""
    made: dict[str, FleetReader] = {}

    def reader_of(key: str | None) -> FleetReader:
        kind = kind_of(key)
        if kind.key not in made:
            made[kind.key] = kind.reader(clients)
        return made[kind.key]

    return reader_of
