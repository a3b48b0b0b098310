"""Reads one map of the config by its keys, and collects the problems that are found in it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from rollout.command import Command
from rollout.json_value import is_list
from rollout.problem import NOT_SET, Problem
from rollout.split import Slot
from settings.declaration import command
from settings.declaration.key import Key, KeyGroup, Member
from settings.declaration.kind import (
    Confidential,
    Json,
    RefusedValueError,
    SecretText,
    ValueProblem,
)

_HIDDEN = "[secret]"
_NOT_TEXT_IN_YAML = re.compile(r"true|false|[-+]?[0-9.]+")

T = TypeVar("T")

_UNQUOTED_SLOTS = {slot.value.lstrip("0"): slot.value for slot in Slot}
"""What YAML makes of a slot key without quotes: the number, whose text lacks the zero."""


class Section:
    """One map of the config.

    A key that is refused is recorded as a problem, and its example stands in for its value, so
    that the reading goes on and finds the rest. Whoever compares values asks `is_sound` first.
    """

    def __init__(
        self, value: Json, path: str, group: KeyGroup[Any], problems: ConfigProblems
    ) -> None:
        """Read `value` as `group`, at `path`.

        If `value` is not a map, that is the only problem, and every key reads as its example.
        """
        self.path = path
        self._group = group
        self._problems = problems
        self._unsound: set[str] = set()
        self._children: dict[str, Section] = {}
        self._is_map = isinstance(value, dict)
        self._values: Mapping[str, Json] = value if isinstance(value, dict) else {}
        if not self._is_map:
            problems.add(path, value, f"a map: {self._known_names()}", command.removing(path))
        elif not group.each:
            self._reject_unknown()

    def read(self, member: Key[T] | KeyGroup[T]) -> T:
        """The value of a key, its default where it is absent, its example where it is rejected.

        Of a group, what its form reads; `None` where it is absent and turns something on.
        """
        return self._of_group(member) if isinstance(member, KeyGroup) else self._of_key(member)

    def _of_group(self, group: KeyGroup[T]) -> T:
        if group.is_optional and not self.has(group):
            return group.value_if_absent()
        (form,) = group.forms
        value: Any = form.read(self.section(group))
        return value

    def _of_key(self, key: Key[T]) -> T:
        if not self.is_sound(key):
            return key.example
        if not self.has(key):
            if key.is_required:
                self.reject(key, key.kind.expected)
                return key.example
            return key.value_if_absent()
        try:
            return key.kind.read(self._values[key.name])
        except RefusedValueError as refusal:
            for problem in refusal.problems:
                self._reject_problem(key, problem)
            return key.example

    def has(self, member: Member) -> bool:
        """Whether the config gives it a value; an empty list or map is none.

        An empty text is none either, unless it turns off what the key's default turns on.
        """
        value = self._values.get(member.name)
        if value == "" and isinstance(member, Key):
            return takes_empty_text(member)
        return value not in (None, "", {}, [])

    def names_member(self, member: Member) -> bool:
        """Whether the config names it and does not turn it off: `{}` and `true` name it."""
        return self._values.get(member.name) not in (None, "", [], False, "false")

    def is_sound(self, *members: Member) -> bool:
        """Whether none of them was refused, so that their values may be compared."""
        return self._is_map and not any(member.name in self._unsound for member in members)

    def section(self, group: KeyGroup[Any]) -> Section:
        """The map under `group`; an absent one reads as empty, a refused one as examples."""
        if group.name not in self._children:
            path = command.joined(self.path, group.name)
            value = self._values.get(group.name)
            child = Section(value if self.has(group) else {}, path, group, self._problems)
            child._is_map &= self.is_sound(group)
            if not child._is_map:
                self._unsound.add(group.name)
            self._children[group.name] = child
        return self._children[group.name]

    def names(self) -> list[str]:
        """The names of the entries, where they are free, in order."""
        return sorted(self._values)

    def entry(self, name: str) -> Section:
        """The entry of that name; an absent one reads as empty."""
        return self.section(self._group.entry(name))

    def reject(self, member: Member, expected: str, fix: Command | str | None = None) -> None:
        """Record that the value of `member` will not do."""
        path = command.joined(self.path, member.name)
        if fix is None:
            fix = self._fix(member) if isinstance(member, Key) else command.removing(path)
        self._unsound.add(member.name)
        found = self._values[member.name] if self.has(member) else None
        hidden = _HIDDEN if found is not None and _is_confidential(member) else found
        self._problems.add(path, hidden, expected, fix)

    def reject_plain(self, *secrets: Key[Any]) -> None:
        """Record those of `secrets` that stand in the stack file as plain text.

        The CLI reports which top-level keys have a secret in them, and no more.
        """
        for each in secrets:
            if self.has(each) and self.is_sound(each) and not self._problems.is_secret(self.path):
                self.reject(each, "a secret: this one stands in the stack file as plain text")

    def reject_value(self, key: Key[T], value: Json, expected: str, instead: Json) -> None:
        """Record that `value`, read from `key` or its default, will not do, and what would."""
        path = command.joined(self.path, key.name)
        self._unsound.add(key.name)
        self._problems.add(path, value, expected, command.setting(path, instead))

    def reject_idle(self, beside: str, *members: Member) -> None:
        """Record those of `members` that are set although they do nothing beside another choice."""
        for member in members:
            if self.has(member):
                fix = command.removing(command.joined(self.path, member.name))
                self.reject(member, f"not to be set: it does nothing beside {beside}", fix)

    def reject_entry(
        self,
        key: Key[tuple[str, ...]],
        place: int,
        expected: str,
        instead: Json = None,
        *,
        is_idle: bool = False,
    ) -> None:
        """Record that one entry of a list will not do, and what would; an idle one is taken out."""
        # As the config has it: once one entry is refused, the key reads as its example.
        own = self._values.get(key.name)
        entry = own[place] if isinstance(own, list) and own else self.read(key)[place]
        self._reject_problem(key, ValueProblem(entry, expected, f"[{place}]", instead, is_idle))

    def reject_field(
        self,
        key: Key[tuple[Mapping[str, Any], ...]],
        place: int,
        name: str,
        expected: str,
        instead: Json,
    ) -> None:
        """Record that a field of one entry of a list is missing, or will not do."""
        found = self.read(key)[place].get(name)
        self._reject_problem(key, ValueProblem(found, expected, f"[{place}].{name}", instead))

    def reject_part(self, key: Key[Any], at: str, expected: str) -> None:
        """Record that a part of a map, at `at` from the key, must be taken out."""
        value: Json = self._values.get(key.name)
        for step in re.findall(r"\.([^.\[]+)|\[(\d+)\]", at):
            if isinstance(value, dict):
                value = value.get(step[0])
            elif isinstance(value, list):
                value = value[int(step[1])]
        self._reject_problem(key, ValueProblem(value, expected, at, is_unknown=True))

    def _reject_problem(self, key: Key[T], problem: ValueProblem) -> None:
        if not problem.at:
            self.reject(key, problem.expected, self._fix(key, problem.instead))
            return
        self._unsound.add(key.name)
        path = command.joined(self.path, key.name) + problem.at
        if problem.is_unknown:
            self._problems.add(path, problem.value, problem.expected, command.removing(path))
            return
        offer = _first(_offer(key)) if problem.instead is None else problem.instead
        self._problems.add(path, problem.value, problem.expected, command.setting(path, offer))

    def _fix(self, key: Key[T], instead: Json = None) -> Command | str:
        """The command that sets what is offered; what stands in its way is taken out first."""
        if key.fix:
            return key.fix
        path = command.joined(self.path, key.name)
        if isinstance(key.kind, SecretText):
            return command.setting_secret(path)
        offer = _offer(key) if instead is None else instead
        fix = command.setting(path, offer)
        is_nested = isinstance(offer, (list, tuple)) or (
            self.has(key) and isinstance(self._values[key.name], (list, dict))
        )
        return command.removing(path).then(fix) if self.has(key) and is_nested else fix

    def _reject_unknown(self) -> None:
        known = {member.name: member for member in self._group.members}
        for name in sorted(set(self._values) - set(known)):
            slot = _UNQUOTED_SLOTS.get(name)
            if slot is not None and slot in known:
                self._reject_unquoted(name, slot)
                continue
            near = difflib.get_close_matches(name, known, n=1)
            path = command.joined(self.path, name)
            hint = f"no such key; did you mean {near[0]}?" if near else "no such key;"
            fix = command.removing(path)
            is_hidden = any(_is_confidential(member) for member in known.values()) or _names_any(
                self._values[name], {n for member in known.values() for n in _confidential(member)}
            )
            if near and near[0] not in self._values:
                self._unsound.add(near[0])  # One mistake, one problem.
                is_moved = isinstance(known[near[0]], Key) or isinstance(self._values[name], dict)
                if is_moved and not is_hidden:
                    fix = fix.then(self._moved(name, near[0]))
            found = _HIDDEN if is_hidden else self._values[name]
            self._problems.add(path, found, f"{hint} Known here: {self._known_names()}", fix)

    def _reject_unquoted(self, name: str, slot: str) -> None:
        """YAML reads `02:` as the number 2, and the CLI then writes it so: quotes keep it text."""
        self._unsound.add(slot)
        path = command.joined(self.path, name)
        self._problems.add(
            path,
            self._values[name],
            f'the slot key "{slot}": quote it, since without quotes YAML reads a number',
            command.removing(path).then(self._moved(name, slot)),
        )

    def _moved(self, name: str, to: str) -> Command:
        """The command that gives the value of `name` to the key `to`; none sets an empty map."""
        path = command.joined(self.path, to)
        return command.setting(path, self._problems.revealed(self.path, self._values[name]))

    def _known_names(self) -> str:
        if self._group.each:
            return f"an entry for each {self._group.each}"
        return ", ".join(member.name for member in self._group.members)


def takes_empty_text(key: Key[Any]) -> bool:
    """Whether the empty text is a value of its own: it differs from what an absent key means."""
    if key.default in (None, "", ()):
        return False
    try:
        return key.kind.read("") == ""
    except RefusedValueError:
        return False


def _is_confidential(member: Member) -> bool:
    return isinstance(member, Key) and isinstance(member.kind, Confidential)


def _confidential(member: Member) -> Iterator[str]:
    """The names of the keys in a map whose values no message shows."""
    if isinstance(member, KeyGroup):
        for each in member.members:
            yield from _confidential(each)
    elif _is_confidential(member):
        yield member.name


def _names_any(value: Json, names: set[str]) -> bool:
    """Whether a map has one of the names, however deep."""
    if not isinstance(value, dict):
        return False
    return any(name in names or _names_any(each, names) for name, each in value.items())


def _offer(key: Key[Any]) -> object:
    return key.example if key.offer is None else key.offer


def _first(offer: object) -> object:
    return offer[0] if is_list(offer) else offer


class ConfigProblems:
    """Collects problems; values under a key that the stack holds as a secret are not shown."""

    def __init__(self, secret_keys: frozenset[str]) -> None:
        """`secret_keys`: top-level keys with their namespace, such as `failover:previewToken`."""
        self._secret_keys = secret_keys
        self._problems: list[Problem] = []

    def add(self, path: str, value: Json, expected: str, fix: Command | str) -> None:
        """Record one problem."""
        found = NOT_SET if value is None else command.shown(self.revealed(path, value))
        is_text = isinstance(value, str) and ("." in path or "[" in path)
        if is_text and _NOT_TEXT_IN_YAML.fullmatch(found):
            # Below the top level a number or a flag in quotes is text, and is shown to be.
            found = f'"{found}"'
        self._problems.append(Problem(path, found, expected, str(fix)))

    def revealed(self, path: str, value: Json) -> Json:
        """`value`, or `_HIDDEN` where it lies under a secret key."""
        return _HIDDEN if self.is_secret(path) else value

    def is_secret(self, path: str) -> bool:
        """Whether the top-level key of `path` is held as a secret."""
        top = path.replace("[", ".", 1).split(".", 1)[0]
        return top in self._secret_keys

    @property
    def found(self) -> tuple[Problem, ...]:
        """What was found, each once, in the order of discovery."""
        return tuple(dict.fromkeys(self._problems))
