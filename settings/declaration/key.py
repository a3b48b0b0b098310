"""What the config may hold: keys with a kind, in groups; the reference and the parser share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from settings.declaration.kind import Json, ValueKind

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Key(Generic[T_co]):
    """One key of the config."""

    name: str
    kind: ValueKind[T_co]
    what: str
    """What the key is for, in a sentence; the reference shows it."""
    example: T_co
    """A right value, as the reference shows it; it also stands in for one that was refused."""
    default: T_co | None = None
    """What holds where the key is absent; `None` where nothing does."""
    is_required: bool = False
    """Whether its absence is a problem."""
    offer: Json = None
    """What a fixing command sets where nothing better can be told: a word in capitals for what
    only the reader knows, or a value; the example where it is absent."""
    fix: str = ""
    """The whole command that fixes it, where setting a value would not."""


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """A map of the config: of named members, or, where `each` is set, of entries named freely."""

    name: str
    what: str
    members: tuple[Member, ...]
    each: str = ""
    """What an entry's own name stands for, such as `<service>`; the members are each entry's."""


Member: TypeAlias = "Key[object] | KeyGroup"
