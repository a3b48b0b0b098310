"""What an adoption changes in a stack's config, and what of it stands in the way: pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ops.adopt.proposal import BY_SERVICE, Config

SERVICES, IMAGES, CAPACITY = BY_SERVICE
WEIGHTS = "failover:weights"
IDLE = ("failover:accessLogs",)
"""Keys that do nothing beside a load balancer that is there, and that the program refuses then."""

OF_THE_PLACE = ("aws:region", "aws:allowedAccountIds", "failover:loadBalancer")
"""Keys that say where the stack is."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A key that says something else than what is there."""

    path: Path
    held: Any
    found: Any
    """`None` where it is to go."""


@dataclass(frozen=True, slots=True)
class Merge:
    """The edits of a stack's config."""

    added: Mapping[Path, Any]
    conflicts: tuple[Conflict, ...]

    @property
    def edits(self) -> dict[Path, Any]:
        """Everything, conflicts decided for what is there."""
        return {**self.added, **{each.path: each.found for each in self.conflicts}}


def merged(config: Config, proposal: Config, kept: Collection[str]) -> Merge:
    """How `config` becomes what `proposal` says.

    `kept`: services that the config has and that stay as they say: adopted before, or the stack's
    own. Once one is there, what all services share is somebody's decision and stays, too, unless
    it leads to another place. A service that joins others at a split that is not its own gets
    weights of its own, since an adoption moves no request.
    """
    added: dict[Path, Any] = {}
    conflicts: list[Conflict] = []
    if kept and not is_same(config.get(WEIGHTS), proposal.get(WEIGHTS)):
        proposal = _with_own_weights(proposal)
    for key, value in proposal.items():
        held = config.get(key)
        if key in BY_SERVICE:
            _merge_services(key, _map(held), value, kept, added, conflicts)
        elif held is None:
            added[(key,)] = value
        elif not is_same(held, value) and not (kept and key not in OF_THE_PLACE):
            conflicts.append(Conflict((key,), held, value))
    conflicts += [Conflict((key,), config[key], None) for key in IDLE if config.get(key)]
    return Merge(added, tuple(conflicts))


def _with_own_weights(proposal: Config) -> Config:
    """The proposal for a stack whose common weights are others: no service leaves its split."""
    services = _map(proposal.get(SERVICES))
    own = {WEIGHTS.partition(":")[2]: proposal.get(WEIGHTS)}
    return {**proposal, SERVICES: {name: {**own, **each} for name, each in services.items()}}


def _merge_services(
    key: str,
    held: Mapping[str, Any],
    value: Mapping[str, Any],
    kept: Collection[str],
    added: dict[Path, Any],
    conflicts: list[Conflict],
) -> None:
    for name in sorted({*held, *value} - set(kept)):
        if name not in held:
            added[(key, name)] = value[name]
        elif not is_same(held[name], value.get(name)):
            conflicts.append(Conflict((key, name), held[name], value.get(name)))


def applied(config: Config, edits: Mapping[Path, Any]) -> Config:
    """`config` with the edits in it; nothing of the original is changed."""
    result = dict(config)
    for path, value in edits.items():
        holder = result
        for name in path[:-1]:
            holder[name] = dict(_map(holder.get(name)))
            holder = holder[name]
        if value is None:
            holder.pop(path[-1], None)
        else:
            holder[path[-1]] = value
    return result


def is_same(left: Any, right: Any) -> bool:
    """Whether two config values mean the same: the CLI writes `true` as text, as it was typed."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(is_same(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(is_same, left, right))
    return left == right or str(left).lower() == str(right).lower()


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
