"""How a config key is declared: one line of a class that stands for a map of the config.

    @dataclass(frozen=True, kw_only=True)
    class HealthCheck(ConfigMap):
        interval_seconds: Key[int] = key(10, WholeNumber(5, 300), "Between two checks of a target.")

On the class, `HealthCheck.interval_seconds` is the key; on an instance it is the value. The reader,
the reference and the JSON schema all go by these lines. Source: Python's data model, "Descriptors",
and `dataclasses`, "Descriptor-typed fields".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeAlias, TypeVar, cast, overload

from rollout.split import Slot
from settings.declaration.kind import Json, ValueKind
from settings.declaration.landing import Landing

if TYPE_CHECKING:
    from settings.declaration.section import Section

T = TypeVar("T")


class _Field(Generic[T]):
    """A class attribute that declares, and an instance attribute that holds the value."""

    name: str
    """As the config spells it: the attribute in camel case, unless it is given another one."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self._attribute = ""

    def __set_name__(self, owner: type, attribute: str) -> None:
        self._attribute = attribute
        self.name = self.name or _camel_case(attribute)

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Self | T:
        return self if instance is None else instance.__dict__[self._attribute]

    def __set__(self, instance: object, value: T) -> None:
        # An argument that is left out arrives as the class has it: as the declaration.
        instance.__dict__[self._attribute] = self.value_if_absent() if value is self else value

    def value_if_absent(self) -> T:
        """What an instance has that is made without this value.

        Raises:
            TypeError: it must be given.
        """
        raise TypeError(f"{self._attribute} must be given")


class Key(_Field[T]):
    """One key of the config, made by `required`, `optional` or `key`."""

    def __init__(
        self,
        kind: ValueKind[T],
        what: str,
        *,
        example: T,
        default: T | None,
        is_required: bool,
        name: str,
        offer: Json,
        fix: str,
        lands: Landing | None,
    ) -> None:
        super().__init__(name)
        self.kind = kind
        self.what = what
        """What the key is for, in a sentence; the reference shows it."""
        self.example = example
        """A right value, as the reference shows it; it also stands in for a rejected value."""
        self.default = default
        """What holds where the key is absent; `None` where nothing does."""
        self.is_required = is_required
        """Whether its absence is a problem."""
        self.offer = offer
        """What a fixing command sets if no better value is known: a word in capitals for what only
        the reader knows, or a value; the example where it is absent."""
        self.fix = fix
        """The whole command that fixes it, where setting a value would not."""
        self.lands = lands
        """The property of a resource that has the value as it is, where there is one."""

    def value_if_absent(self) -> T:
        """The default."""
        if self.is_required:
            raise TypeError(f"{self.name} must be given")
        absent: Any = self.default
        return absent


class KeyGroup(_Field[T]):
    """A map of the config: of named members, or, where `each` is set, of entries named freely."""

    def __init__(
        self,
        what: str,
        *forms: type[ConfigMap],
        name: str = "",
        each: str = "",
        is_optional: bool = False,
        is_partial: bool = False,
    ) -> None:
        """Declare a map whose members are those of `forms`, one after another.

        Args:
            what: What the map is for, in a sentence; the reference shows it.
            forms: What it may hold; of several, the config has either one or another.
            name: As the config spells it, where that is not the attribute in camel case.
            each: What an entry's own name stands for, such as `<service>`; the members are each
                entry's.
            is_optional: Whether its absence turns something off, so that it reads as `None`.
            is_partial: Whether what must be set may stand elsewhere.
        """
        super().__init__(name)
        self.what = what
        self.forms = forms
        self.each = each
        self.is_optional = is_optional
        self.is_partial = is_partial or len(forms) > 1

    @property
    def members(self) -> tuple[Member, ...]:
        """Of all its forms."""
        return tuple(member for form in self.forms for member in form.members())

    def entry(self, name: str) -> KeyGroup[Any]:
        """The map of the entry of that name."""
        return KeyGroup(self.what, *self.forms, name=name, is_partial=self.is_partial)

    def value_if_absent(self) -> T:
        """`None`, or the form with its own defaults."""
        absent: Any = None
        if not self.is_optional:
            (form,) = self.forms
            absent = form()
        return absent


class KeysBeside(_Field[T]):
    """Keys that a class of their own declares and that stand in the same map as those beside it."""

    def __init__(self, form: type[ConfigMap]) -> None:
        super().__init__()
        self.form = form


Member: TypeAlias = "Key[Any] | KeyGroup[Any]"
M = TypeVar("M", Key[Any], KeyGroup[Any])


class BySlot(dict[Slot, M]):
    """A member of a map for each slot, under the slot's name."""

    def __init__(self, declared: Callable[[Slot], M]) -> None:
        """`declared` makes the member of a slot."""
        super().__init__({slot: declared(slot) for slot in Slot})
        for slot, member in self.items():
            member.name = slot.value


class ConfigMap:
    """A map of the config: the base of the frozen dataclasses whose attributes declare its keys.

    Other code reads what is declared as a `ClassVar`; an instance has no value for it.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @classmethod
    def members(cls) -> tuple[Member, ...]:
        """Everything that may stand in the map, in the order of the declarations."""
        return (*_members(cls),)

    @classmethod
    def read(cls, section: Section, **known: Any) -> Self:
        """Read the map.

        Args:
            section: Where it stands; it gets the problems.
            known: What is read otherwise, by the attribute.
        """
        values = {
            each.name: _value(declared, section)
            for each in fields(cls)
            if each.name not in known and (declared := _declared(cls, each.name)) is not None
        }
        made = cls(**values, **known)
        made.reject_inconsistent(section)
        return made

    def reject_inconsistent(self, section: Section) -> None:
        """Record the values that do not go together, each of them being right by itself."""


def key(
    default: T,
    kind: ValueKind[T],
    what: str,
    *,
    example: T | None = None,
    name: str = "",
    offer: Json = None,
    lands: Landing | None = None,
) -> Key[T]:
    """A key with a default, which is also the example unless another one shows more."""
    shown = default if example is None else example
    return Key(
        kind,
        what,
        example=shown,
        default=default,
        is_required=False,
        name=name,
        offer=offer,
        fix="",
        lands=lands,
    )


def required(
    example: T,
    kind: ValueKind[T],
    what: str,
    *,
    name: str = "",
    offer: Json = None,
    fix: str = "",
    lands: Landing | None = None,
) -> Key[T]:
    """A key that must be set."""
    return Key(
        kind,
        what,
        example=example,
        default=None,
        is_required=True,
        name=name,
        offer=offer,
        fix=fix,
        lands=lands,
    )


def optional(
    example: T,
    kind: ValueKind[T],
    what: str,
    *,
    name: str = "",
    offer: Json = None,
    lands: Landing | None = None,
) -> Key[T | None]:
    """A key that reads as `None` where it is absent."""
    widened: ValueKind[T | None] = kind
    return Key(
        widened,
        what,
        example=example,
        default=None,
        is_required=False,
        name=name,
        offer=offer,
        fix="",
        lands=lands,
    )


def _members(form: type) -> Iterator[Member]:
    for base in reversed(form.__mro__):
        for declared in vars(base).values():
            if isinstance(declared, (Key, KeyGroup)):
                yield declared
            elif isinstance(declared, KeysBeside):
                yield from _members(declared.form)
            elif isinstance(declared, BySlot):
                yield from declared.values()


def _declared(form: type, attribute: str) -> Key[Any] | KeyGroup[Any] | KeysBeside[Any] | None:
    """What declares an attribute; `None` where nothing of ours does."""
    declared: Any = getattr(form, attribute, None)
    if not isinstance(declared, (Key, KeyGroup, KeysBeside)):
        return None
    return cast("Key[Any] | KeyGroup[Any] | KeysBeside[Any]", declared)


def _value(declared: Key[Any] | KeyGroup[Any] | KeysBeside[Any], section: Section) -> Any:
    if isinstance(declared, KeysBeside):
        return declared.form.read(section)
    return section.read(declared)


def _camel_case(attribute: str) -> str:
    first, *others = attribute.split("_")
    return first + "".join(each.capitalize() for each in others)
