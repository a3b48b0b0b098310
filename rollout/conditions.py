"""The conditions of a listener rule: whether one rule takes every request that another takes.

Source: ELB user guide, "Condition types for listener rules": all conditions of a rule hold at once,
and one of each condition's values; host names, header values and query strings are compared without
regard to case, paths with it; only these and header values have wildcards.
"""

from __future__ import annotations

import enum
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from rollout import wildcards
from rollout.json_value import list_of

_ANYTHING = ("*",)
_SLASH = "/"
_EVERYWHERE = ("0.0.0.0/0", "::/0")


class Field(enum.StrEnum):
    """What a condition is about, by ELBv2's names."""

    HOST = "host-header"
    PATH = "path-pattern"
    HEADER = "http-header"
    METHOD = "http-request-method"
    QUERY = "query-string"
    SOURCE = "source-ip"


_FOLDED = frozenset({Field.HOST, Field.HEADER, Field.QUERY, Field.SOURCE})


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: it holds where one of its values does."""

    field: str
    """A `Field`, or another one of AWS's, which is compared as it is."""
    values: tuple[str, ...]
    name: str = ""
    """The name of the header; empty for every other field."""
    keys: tuple[str, ...] = ()
    """Of a query string: the key of each value, `*` where any will do."""

    def canonical(self) -> Condition:
        """The same condition, its values in one order, and in small letters where case is equal."""
        fold = str.lower if self.field in _FOLDED else str
        pairs = sorted(
            (fold(value), fold(key))
            for value, key in zip(self.values, self.keys or ("",) * len(self.values), strict=True)
        )
        values, keys = tuple(value for value, _ in pairs), tuple(key for _, key in pairs)
        return Condition(self.field, values, self.name.lower(), keys if self.keys else ())

    def __str__(self) -> str:
        values = [
            f"{key}={value}" for key, value in zip(self.keys, self.values, strict=False)
        ] or self.values
        named = {Field.HOST: "host", Field.PATH: "path", Field.HEADER: f"header {self.name}"}
        known = {field.value: text for field, text in named.items()}
        return f"{known.get(self.field, self.field)} {' or '.join(values)}"


Conditions: TypeAlias = tuple[Condition, ...]
"""Those of one rule; none of them takes every request."""


def declared_conditions(rule: Mapping[str, Any]) -> Conditions:
    """The conditions of a listener rule in the engine's state; a header may be secret.

    The state has the conditions of a preview rule as one secret, since one value of them is: such a
    rule has none here.

    Args:
        rule: Its inputs or outputs, as the AWS provider writes them.
    """
    return tuple(
        found
        for condition in list_of(rule.get("conditions"))
        for key, held in condition.items()
        if held and key in _DECLARED
        for found in [_declared(_DECLARED[key], held)]
        if found.values
    )


_DECLARED = {
    "hostHeader": Field.HOST,
    "pathPattern": Field.PATH,
    "httpHeader": Field.HEADER,
    "httpRequestMethod": Field.METHOD,
    "queryStrings": Field.QUERY,
    "sourceIp": Field.SOURCE,
}


def _declared(field: Field, held: Any) -> Condition:
    """One condition; the provider has the pairs of a query string as a list."""
    if field is Field.QUERY:
        pairs = list_of(held)
        keys = tuple(pair.get("key") or "*" for pair in pairs)
        return Condition(field, tuple(pair["value"] for pair in pairs), keys=keys)
    return Condition(field, tuple(held.get("values") or ()), held.get("httpHeaderName") or "")


def covers(ours: Sequence[Condition], theirs: Sequence[Condition]) -> bool:
    """Whether a rule with the conditions `ours` takes every request that one with `theirs` takes.

    True only if `ours` takes every such request. It may be False by mistake if `theirs` has several
    conditions on one header or on the query string that only together are narrow enough.
    """
    return all(
        any(_is_within(narrow, wide) for narrow in _of_the_same(theirs, wide)) for wide in ours
    )


def may_overlap(ours: Sequence[Condition], theirs: Sequence[Condition]) -> bool:
    """Whether some request may be taken by both; False only where none can be."""
    return not any(_are_apart(one, other) for one in ours for other in _of_the_same(theirs, one))


def shown(conditions: Sequence[Condition]) -> str:
    """The conditions in words; a header's values, which may be secret, left out."""
    parts = [
        f"header {each.name}" if each.field == Field.HEADER else str(each) for each in conditions
    ]
    return " and ".join(parts) or "every request"


def _of_the_same(conditions: Sequence[Condition], wide: Condition) -> list[Condition]:
    """The conditions about the same as `wide`; the one that holds always where there is none."""
    name = wide.name.lower()
    found = [c for c in conditions if c.field == wide.field and c.name.lower() == name]
    if found:
        return found
    unsaid = {
        Field.HOST.value: _ANYTHING,
        Field.PATH.value: _ANYTHING,
        Field.SOURCE.value: _EVERYWHERE,
    }
    values = unsaid.get(wide.field)
    return [Condition(wide.field, values)] if values else []


def _is_within(narrow: Condition, wide: Condition) -> bool:
    match wide.field:
        case Field.HOST | Field.HEADER:
            return wildcards.covers(_folded(wide.values), _folded(narrow.values))
        case Field.PATH:
            return wildcards.covers(wide.values, narrow.values, _SLASH)
        case Field.SOURCE:
            return _are_networks_within(narrow.values, wide.values)
        case Field.QUERY:
            return _are_pairs_within(narrow, wide)
        case _:
            return set(narrow.values) <= set(wide.values)


def _are_apart(one: Condition, other: Condition) -> bool:
    """Whether no request meets both; a request may have a header or a query key several times."""
    match one.field:
        case Field.HOST:
            return not wildcards.overlap(_folded(one.values), _folded(other.values))
        case Field.PATH:
            return not wildcards.overlap(one.values, other.values, _SLASH)
        case Field.METHOD:
            return set(one.values).isdisjoint(other.values)
        case Field.SOURCE:
            networks = [_network(text) for text in one.values]
            others = [_network(text) for text in other.values]
            return not any(
                a.version == b.version and a.overlaps(b) for a in networks for b in others
            )
        case _:
            return False


def _are_pairs_within(narrow: Condition, wide: Condition) -> bool:
    """Whether each pair of `narrow` is one of `wide`'s, key and value."""
    pairs = list(zip(_folded(wide.keys), _folded(wide.values), strict=True))
    return all(
        any(
            wildcards.covers([wide_key], [key]) and wildcards.covers([wide_value], [value])
            for wide_key, wide_value in pairs
        )
        for key, value in zip(_folded(narrow.keys), _folded(narrow.values), strict=True)
    )


def _are_networks_within(narrow: Sequence[str], wide: Sequence[str]) -> bool:
    blocks = [_network(text) for text in wide]
    joined = [
        *ipaddress.collapse_addresses(b for b in blocks if isinstance(b, ipaddress.IPv4Network)),
        *ipaddress.collapse_addresses(b for b in blocks if isinstance(b, ipaddress.IPv6Network)),
    ]
    return all(any(_is_subnet(_network(text), block) for block in joined) for text in narrow)


def _is_subnet(
    network: ipaddress.IPv4Network | ipaddress.IPv6Network,
    block: ipaddress.IPv4Network | ipaddress.IPv6Network,
) -> bool:
    if isinstance(network, ipaddress.IPv4Network) and isinstance(block, ipaddress.IPv4Network):
        return network.subnet_of(block)
    if isinstance(network, ipaddress.IPv6Network) and isinstance(block, ipaddress.IPv6Network):
        return network.subnet_of(block)
    return False


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


def _folded(values: Sequence[str]) -> list[str]:
    return [value.lower() for value in values]
