"""What an adoption changes in a stack's config, and which values differ from AWS. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rollout.json_value import is_list, is_map, map_of

Config = dict[str, Any]
BY_SERVICE = ("failover:services", "failover:images", "failover:capacity")
"""Keys that are maps by service, of which an adoption writes only its own entries."""
SERVICES, IMAGES, CAPACITY = BY_SERVICE
WEIGHTS = "failover:weights"
IDLE = ("failover:accessLogs",)
"""Keys that have no effect with an existing load balancer; the program then refuses them."""

OF_THE_PLACE = ("aws:region", "aws:allowedAccountIds", "failover:loadBalancer")
"""Keys of the place of the stack."""

KeyPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A key whose value differs from AWS."""

    path: KeyPath
    held: Any
    found: Any
    """`None` where it is to go."""


@dataclass(frozen=True, slots=True)
class Merge:
    """The edits of a stack's config."""

    added: Mapping[KeyPath, Any]
    conflicts: tuple[Conflict, ...]

    @property
    def edits(self) -> dict[KeyPath, Any]:
        """Everything, each conflict with the value that AWS has."""
        return {**self.added, **{each.path: each.found for each in self.conflicts}}


def merged(config: Config, proposal: Config, kept: Collection[str]) -> Merge:
    """The edits that make `config` agree with `proposal`.

    `kept`: services of the config that stay as they are: adopted before, or the stack's own. If
    there is one, the keys that all services share stay as well, unless they name another place. A
    service that joins others at a different split gets its own weights, since an adoption moves no
    request.
    """
    added: dict[KeyPath, Any] = {}
    conflicts: list[Conflict] = []
    if kept and not is_same(config.get(WEIGHTS), proposal.get(WEIGHTS)):
        proposal = _with_own_weights(proposal)
    for key, value in proposal.items():
        held = config.get(key)
        if key in BY_SERVICE:
            _merge_services(key, map_of(held), value, kept, added, conflicts)
        elif held is None:
            added[(key,)] = value
        elif not is_same(held, value) and not (kept and key not in OF_THE_PLACE):
            conflicts.append(Conflict((key,), held, value))
    conflicts += [Conflict((key,), config[key], None) for key in IDLE if config.get(key)]
    return Merge(added, tuple(conflicts))


def _with_own_weights(proposal: Config) -> Config:
    """The proposal for a stack whose common weights are others: no service leaves its split."""
    services = map_of(proposal.get(SERVICES))
    own = {WEIGHTS.partition(":")[2]: proposal.get(WEIGHTS)}
    return {**proposal, SERVICES: {name: {**own, **each} for name, each in services.items()}}


def _merge_services(
    key: str,
    held: Mapping[str, Any],
    value: Mapping[str, Any],
    kept: Collection[str],
    added: dict[KeyPath, Any],
    conflicts: list[Conflict],
) -> None:
    if held and not value and not {*held} & {*kept}:
        # The whole key: the CLI refuses one that is left without a value.
        conflicts.append(Conflict((key,), held, None))
        return
    for name in sorted({*held, *value} - set(kept)):
        if name not in held:
            added[(key, name)] = value[name]
        elif not is_same(held[name], value.get(name)):
            conflicts.append(Conflict((key, name), held[name], value.get(name)))


def applied(config: Config, edits: Mapping[KeyPath, Any]) -> Config:
    """`config` with the edits in it; nothing of the original is changed."""
    result = dict(config)
    for path, value in edits.items():
        holder = result
        for name in path[:-1]:
            holder[name] = dict(map_of(holder.get(name)))
            holder = holder[name]
        if value is None:
            holder.pop(path[-1], None)
        else:
            holder[path[-1]] = value
    return result


def is_same(left: Any, right: Any) -> bool:
    """Whether two config values mean the same: the CLI writes `true` as text, as it was typed."""
    if is_map(left) and is_map(right):
        return left.keys() == right.keys() and all(is_same(left[k], right[k]) for k in left)
    if is_list(left) and is_list(right):
        return len(left) == len(right) and all(map(is_same, left, right))
    return left == right or str(left).lower() == str(right).lower()


_WIDTH = 80
_LONGEST = 66


def conflicts_text(conflicts: Sequence[Conflict]) -> str:
    """A line for each value, or three where one would be too long."""
    return "\n".join(
        line
        for conflict in conflicts
        for path, held, found in _leaves(conflict.path, conflict.held, conflict.found)
        for line in _lines(".".join(path), held, found)
    )


def _leaves(
    path: tuple[str, ...], held: Any, found: Any
) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    if not (is_map(held) and is_map(found)):
        yield path, held, found
        return
    for name in dict.fromkeys([*held, *found]):
        if not is_same(held.get(name), found.get(name)):
            yield from _leaves((*path, str(name)), held.get(name), found.get(name))


def _lines(name: str, held: Any, found: Any) -> list[str]:
    file, there = _shown(held), _shown(found)
    line = f"  {name}: {file} in the file, {there} there"
    if len(line) <= _WIDTH:
        return [line]
    return [f"  {name}:", f"    file   {file}", f"    there  {there}"]


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
