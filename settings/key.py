"""What the config may hold: keys with a kind, in groups; the reference and the parser share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from settings.kind import Kind

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Key(Generic[T_co]):
    """One key of the config."""

    name: str
    kind: Kind[T_co]
    what: str
    """What the key is for, in a sentence; the reference shows it."""
    example: T_co
    """A right value: shown in the reference, and put into the commands that mend."""
    default: T_co | None = None
    """What holds where the key is absent; `None` where nothing does."""
    is_required: bool = False
    """Whether its absence is a problem."""
    mend: str = ""
    """The command that mends it, where setting the example would not."""


@dataclass(frozen=True, slots=True)
class Group:
    """A map of the config: of named members, or, where `each` is set, of entries named freely."""

    name: str
    what: str
    members: tuple[Member, ...]
    each: str = ""
    """What an entry's own name stands for, such as `<service>`; the members are each entry's."""


Member: TypeAlias = "Key[object] | Group"
