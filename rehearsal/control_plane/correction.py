"""How a difference between moto and AWS is corrected: by name, in a table, all at once.

A `Correction` names one difference, describes what moto does and what AWS does, and lists the
methods of moto's classes that it replaces or adds. Nothing else in this package changes moto.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from rehearsal.control_plane.world import World

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Replace:
    """Puts `by` in the place of a method. It is called as `by(world, original, self, ...)`."""

    owner: type
    attribute: str
    by: Callable[..., Any]

    def value(self, world: World, original: Any) -> object:
        """What to set on `owner`."""
        by = self.by

        @functools.wraps(by)
        def method(instance: Any, *args: Any, **kwargs: Any) -> Any:
            return by(world, original, instance, *args, **kwargs)

        return method


@dataclass(frozen=True, slots=True)
class ReplaceFunction:
    """Puts `by` in the place of a function of a module. It is called as `by(world, original, ...)`.

    The module is the one that calls the function by that name, which may have imported it.
    """

    owner: ModuleType
    attribute: str
    by: Callable[..., Any]

    def value(self, world: World, original: Any) -> object:
        """What to set on `owner`."""
        by = self.by

        @functools.wraps(by)
        def function(*args: Any, **kwargs: Any) -> Any:
            return by(world, original, *args, **kwargs)

        return function


@dataclass(frozen=True, slots=True)
class Add:
    """Gives a class a method that it lacks. It is called as `by(world, self, ...)`."""

    owner: type
    attribute: str
    by: Callable[..., Any]

    def value(self, world: World, original: Any) -> object:
        """What to set on `owner`.

        Raises:
            AttributeError: the class has that method by now, so this correction needs a new look.
        """
        if original is not _ABSENT:
            raise AttributeError(f"{self.owner.__name__} already has {self.attribute}")
        by = self.by

        @functools.wraps(by)
        def method(instance: Any, *args: Any, **kwargs: Any) -> Any:
            return by(world, instance, *args, **kwargs)

        return method


@dataclass(frozen=True, slots=True)
class ComputedProperty:
    """Makes an attribute a property, read as `by(world, self)`; what is assigned to it is lost."""

    owner: type
    attribute: str
    by: Callable[..., Any]

    def value(self, world: World, original: Any) -> object:
        """What to set on `owner`."""
        del original

        def read(instance: Any) -> Any:
            return self.by(world, instance)

        def assign(instance: Any, assigned: Any) -> None:
            del instance, assigned

        return property(read, assign)


Change = Replace | ReplaceFunction | Add | ComputedProperty


@dataclass(frozen=True, slots=True)
class Correction:
    """One difference between moto and AWS, and what is put in its place."""

    name: str
    """The difference by name: `target-health`."""
    moto: str
    """What moto does."""
    aws: str
    """What AWS does, and so the rehearsal."""
    changes: tuple[Change, ...]


class Installed:
    """Corrections in force. Leaving the context puts moto back as it was."""

    def __init__(self, world: World, corrections: Iterable[Correction]) -> None:
        self._before: list[tuple[type | ModuleType, str, object]] = []
        try:
            for correction in corrections:
                for change in correction.changes:
                    self._apply(world, change)
        except AttributeError:
            self.uninstall()
            raise

    def _apply(self, world: World, change: Change) -> None:
        own = change.owner.__dict__.get(change.attribute, _ABSENT)
        original = getattr(change.owner, change.attribute, _ABSENT)
        if original is _ABSENT and isinstance(change, Replace | ReplaceFunction):
            raise AttributeError(f"{change.owner.__name__} has no {change.attribute} to replace")
        self._before.append((change.owner, change.attribute, own))
        setattr(change.owner, change.attribute, change.value(world, original))

    def uninstall(self) -> None:
        """Put back every method as it was, last change first."""
        while self._before:
            owner, attribute, own = self._before.pop()
            if own is _ABSENT:
                delattr(owner, attribute)
            else:
                setattr(owner, attribute, own)

    def __enter__(self) -> Installed:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.uninstall()
