"""Another port or protocol of a service, which its target groups cannot get: what to do.

A target group's port, protocol and version of HTTP are for life, and one that a rule forwards to
cannot be deleted, so that no second one of its name can take its place. A new service beside the
old one can: it is made with a path of its own, and takes the old one's hosts and paths in the
update that deletes the old one, whose deletions come last. Source: ELBv2 API, CreateTargetGroup and
DeleteTargetGroup (`ResourceInUse`); measured under traffic.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rollout.command import UP, Command, config_remove, config_set
from rollout.conditions import Conditions, may_overlap
from rollout.json_value import is_list, is_map

_NAMESPACE = "failover:"
_PLACES = 3
"""A service takes three: its priority, and before it one for the preview rule of each slot."""
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_PORT = "port"
_NOT_COPIED = frozenset({"slots", "weights", "adoptedRule", "hosts", "paths", "priority", _PORT})
_TAKEN_OVER_LATE = frozenset({"probe"})
"""What no two services may share, beside hosts and paths."""
_OF_THE_DRIVER = frozenset({"floors"})


@dataclass(frozen=True, slots=True)
class KeptInput:
    """An input of a service's target groups that the config changes, and AWS does not."""

    key: str
    """Below the service, such as `targetGroup.protocol`."""
    what: str
    """In a word or two."""
    known: str
    wanted: str


@dataclass(frozen=True, slots=True)
class TargetGroupChange:
    """A service whose target groups would be replaced."""

    service: str
    inputs: tuple[KeptInput, ...]
    """At least one."""
    successor: str
    """A name that no service has."""
    priority: int | None
    """A place before the service's own from which nothing else is hidden; None where none is."""
    config: Mapping[str, Mapping[str, Any]]
    """The service's part of `services`, `images` and `capacity` in the stack file."""
    is_protected: bool

    @property
    def why(self) -> str:
        """What is wrong."""
        changes = ", ".join(f"{each.key} {each.known} -> {each.wanted}" for each in self.inputs)
        what = " or ".join(each.what for each in self.inputs)
        return (
            f"{changes}: AWS cannot change the {what} of a target group, "
            "nor replace one that a rule forwards to"
        )

    @property
    def keys(self) -> str:
        """The keys that change."""
        return ", ".join(each.key for each in self.inputs)

    @property
    def _wanted(self) -> str:
        return ", ".join(f"{each.key} {each.wanted}" for each in self.inputs)

    @property
    def text(self) -> str:
        """Why, and what to type on lines of its own."""
        lines = [self.why, f"  fix: {self.put_back()}   # as it is"]
        if self.priority is not None:
            name, old = self.successor, self.service
            lines += [
                f"    or, to serve {old} with {self._wanted}, as {name}, in two updates:",
                f"    first: {self.first()}   # {self.first().moves}",
                f"    second: {self.second()}   # {self.second().moves}",
            ]
            lines.append(f"    then: {self.last()}")
        return "\n".join(lines)

    def put_back(self) -> Command:
        """Sets in the config what the service has."""
        back = [config_set(f"{_NAMESPACE}{path}", known) for path, known in self._known()]
        return back[0].then(*back[1:])

    def _known(self) -> list[tuple[str, str]]:
        return [(f"services.{self.service}.{each.key}", each.known) for each in self.inputs]

    def first(self) -> Command:
        """Makes the successor beside the service."""
        own = self.config.get("services", {})
        copied = {k: v for k, v in own.items() if k not in _NOT_COPIED | _TAKEN_OVER_LATE}
        copied |= {"paths": [self._own_path], "priority": self.priority, _PORT: own[_PORT]}
        if own.get("hosts"):
            copied["hosts"] = own["hosts"]
        pairs = [
            *self._known(),
            *leaves(f"services.{self.successor}", copied),
            *leaves(f"images.{self.successor}", self.config.get("images", {})),
            *leaves(
                f"capacity.{self.successor}",
                {
                    k: v
                    for k, v in self.config.get("capacity", {}).items()
                    if k not in _OF_THE_DRIVER
                },
            ),
            *([("protection", "false")] if self.is_protected else []),
        ]
        moves = f"makes {self.successor}; moves only requests of {self._own_path} to it"
        if self.is_protected:
            moves += "; the stack is unprotected until the last of these"
        return Command(_set_all(pairs).then(UP).steps, moves)

    def second(self) -> Command:
        """Moves the requests to the successor, and deletes the service."""
        own = self.config.get("services", {})
        place = f"services.{self.successor}"
        late = {k: own[k] for k in ("paths", *sorted(_TAKEN_OVER_LATE)) if own.get(k)}
        reason = f"{self.service} moves to {self._wanted} as {self.successor}"
        steps = [_set_all([*leaves(place, late), ("override", reason)])]
        if not own.get("paths"):
            steps.append(config_remove(f"{_NAMESPACE}{place}.paths"))
        steps += [
            config_remove(f"{_NAMESPACE}{part}.{self.service}")
            for part, found in self.config.items()
            if found
        ]
        moves = (
            f"when {self.successor} is tested: moves all requests of {self.service} to it at once, "
            f"then deletes {self.service}"
        )
        return Command(steps[0].then(*steps[1:], UP).steps, moves)

    def last(self) -> Command:
        """Puts back what the two updates needed."""
        protect = [config_set("protection", "true")] if self.is_protected else []
        return config_remove("override").then(*protect, UP)

    @property
    def _own_path(self) -> str:
        return f"/{self.successor}/*"


def successor_of(service: str, names: Iterable[str]) -> str:
    """A name for another service in place of this one, which none of `names` is."""
    taken = set(names)
    stem = service.rstrip("0123456789") or service
    number = int(service[len(stem) :] or "1") + 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def place_before(
    priority: int, conditions: Conditions, others: Sequence[tuple[int, Conditions]]
) -> int | None:
    """The highest free priority before a service's own from which it would hide nothing else.

    Args:
        priority: Of the service; its preview rules take the places before.
        conditions: Its hosts and paths.
        others: Priority and conditions of every other rule, the service's preview rules left out.
    """
    taken = {place for place, _ in others}
    for place in range(priority - _PLACES, _PLACES - 1, -1):
        if any(
            place < held < priority and may_overlap(conditions, theirs) for held, theirs in others
        ):
            return None
        if taken.isdisjoint(range(place - _PLACES + 1, place + 1)):
            return place
    return None


def leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every value of a map or list with its config path, as `pulumi config set --path` takes it."""
    if is_map(value):
        for key, each in value.items():
            step = f".{key}" if _PLAIN.fullmatch(key) else f'["{key}"]'
            yield from leaves(path + step, each)
    elif is_list(value):
        for number, each in enumerate(value):
            yield from leaves(f"{path}[{number}]", each)
    else:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


def _set_all(pairs: Iterable[tuple[str, str]]) -> Command:
    words = ["pulumi", "config", "set-all", "--path"]
    for path, text in pairs:
        words += ["--plaintext", f"{_NAMESPACE}{path}={text}"]
    return Command.of(*words)
