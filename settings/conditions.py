"""What a rule looks at beside hosts and paths: headers, methods, query strings, source addresses.

Source: ELB user guide, "Condition types for listener rules"; ELBv2 API,
`HttpHeaderConditionConfig`, `HttpRequestMethodConditionConfig`,
`QueryStringConditionConfig` and `SourceIpConditionConfig`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from urllib.parse import quote

from rollout.conditions import Condition, Conditions, Field
from settings.declaration.key import ConfigMap, Key, key
from settings.declaration.kind import (
    Json,
    JsonSchema,
    ListOf,
    RefusedValueError,
    Text,
    ValueProblem,
    matching,
)
from settings.declaration.landing import OF_SERVICE, RULE, Landing

LONGEST_CONDITION = 128
PREVIEW_HEADER = "x-failover-slot"
"""The header by which a request reaches a slot whatever its weight."""

ANY_KEY = "*"
"""The key of a query string whose key may be any."""

_MOST = 5
"""Values of a rule; a list that is longer by itself needs no sum."""
_TOKEN = r"[!#$%&'+.^_`|~0-9A-Za-z-]{1,40}"


@dataclass(frozen=True, slots=True)
class PatternText(Text):
    """Text that may look like a number or a flag: `pulumi config set --path` keeps `1` as one."""

    @property
    def json_schema(self) -> JsonSchema:
        """A string with the pattern, a whole number, or a boolean."""
        return {**matching(self.pattern, self.expected), "type": ["string", "integer", "boolean"]}

    def read(self, value: Json) -> str:
        """The text of the value, as it stands in the stack file."""
        if isinstance(value, bool):
            return self.read(str(value).lower())
        if isinstance(value, int):
            return self.read(str(value))
        return Text(self.pattern, self.expected).read(value)


_HEADER_NAME = Text(
    rf"(?![Hh][Oo][Ss][Tt]$)(?!(?i:{PREVIEW_HEADER})$){_TOKEN}".replace(
        f"(?i:{PREVIEW_HEADER})",
        "".join(f"[{c.upper()}{c}]" if c.isalpha() else c for c in PREVIEW_HEADER),
    ),
    "the name of a header, at most 40 characters, other than Host, for which there is `hosts`, and "
    f"than {PREVIEW_HEADER}, by which preview rules work",
)
_HEADER_VALUES = ListOf(
    PatternText(
        r"(?! )[ -~]{1,128}(?<! )",
        "a value of 1 to 128 characters of ASCII, with * and ? as wildcards",
    ),
    1,
    _MOST,
)
_QUERY_TEXT = PatternText(
    r"[!-~]{1,128}",
    "1 to 128 characters of ASCII without spaces, with * and ? as wildcards",
)


@dataclass(frozen=True, slots=True)
class HeaderMap:
    """The kind of header names with the values of each, of which a request has one."""

    name: str = "map of lists of strings"
    expected: str = f"a map of at most {_MOST} header names, each with a list of values"

    @property
    def json_schema(self) -> JsonSchema:
        """A map of lists."""
        return {
            "type": "object",
            "propertyNames": _HEADER_NAME.json_schema,
            "additionalProperties": _HEADER_VALUES.json_schema,
            "maxProperties": _MOST,
        }

    def read(self, value: Json) -> Mapping[str, tuple[str, ...]]:
        """The values of each header; every name and value that is refused is a problem."""
        if not isinstance(value, dict) or len(value) > _MOST:
            raise RefusedValueError(ValueProblem(value, self.expected))
        problems = list(_name_problems(value))
        found: dict[str, tuple[str, ...]] = {}
        for name, values in value.items():
            try:
                found[name] = _HEADER_VALUES.read(values)
            except RefusedValueError as refusal:
                problems += [
                    ValueProblem({name: values}, each.expected) for each in refusal.problems
                ]
        if problems:
            raise RefusedValueError(*problems)
        return MappingProxyType(found)


def _name_problems(headers: Mapping[str, Json]) -> Iterator[ValueProblem]:
    known: set[str] = set()
    for name, values in headers.items():
        try:
            _HEADER_NAME.read(name)
        except RefusedValueError:
            yield ValueProblem({name: values}, _HEADER_NAME.expected)
        if name.lower() in known:
            yield ValueProblem({name: values}, "each header once, in whatever letter case")
        known.add(name.lower())


@dataclass(frozen=True, slots=True)
class QueryPair:
    """The kind of a key and a value in the query string; without a key any key will do."""

    name: str = "map"
    expected: str = "a map of `value`, and of `key` where it has one, such as {key: v, value: '2'}"

    @property
    def json_schema(self) -> JsonSchema:
        """A map of the two."""
        return {
            "type": "object",
            "properties": {"key": _QUERY_TEXT.json_schema, "value": _QUERY_TEXT.json_schema},
            "required": ["value"],
            "additionalProperties": False,
            "errorMessage": f"Expected: {self.expected}",
        }

    def read(self, value: Json) -> Mapping[str, str]:
        """The pair, with its key where it has one."""
        if not isinstance(value, dict) or not {"value"} <= set(value) <= {"key", "value"}:
            raise RefusedValueError(ValueProblem(value, self.expected))
        read: dict[str, str] = {}
        problems: list[ValueProblem] = []
        for name in ("key", "value"):
            try:
                read |= {name: _QUERY_TEXT.read(value[name])} if name in value else {}
            except RefusedValueError as refusal:
                encoded = quote(str(value[name]), safe="")[:LONGEST_CONDITION] or "2"
                problems += [
                    replace(each, at=f".{name}", instead=encoded) for each in refusal.problems
                ]
        if problems:
            raise RefusedValueError(*problems)
        return read


@dataclass(frozen=True, slots=True)
class SourceBlock:
    """The kind of a block of client addresses, IPv4 or IPv6."""

    name: str = "CIDR block"
    expected: str = "a block of addresses, such as 192.0.2.0/24 or 2001:db8::/32"

    @property
    def json_schema(self) -> JsonSchema:
        """The characters of both."""
        return matching(r"[0-9A-Fa-f.:]+/[0-9]{1,3}", self.expected)

    def read(self, value: Json) -> str:
        """The block unchanged."""
        if not isinstance(value, str):
            raise RefusedValueError(ValueProblem(value, self.expected))
        try:
            network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            raise RefusedValueError(ValueProblem(value, self.expected)) from None
        if value.lower() != str(network).lower():
            raise RefusedValueError(ValueProblem(value, self.expected, instead=str(network)))
        return value


def _of_rule(path: str) -> Landing:
    return Landing(RULE, path, "its preview rules too", name=OF_SERVICE)


_NO_HEADERS: Mapping[str, tuple[str, ...]] = {}


@dataclass(frozen=True, kw_only=True)
class RuleConditions(ConfigMap):
    """The other conditions of a service's rule: a request must meet each of them."""

    headers: Key[Mapping[str, tuple[str, ...]]] = key(
        _NO_HEADERS,
        HeaderMap(),
        "Headers of its requests: each of them, with one of its values, with * and ? as wildcards.",
        example={"X-Stage": ("beta",)},
    )
    methods: Key[tuple[str, ...]] = key(
        (),
        ListOf(
            Text(r"[A-Z_-]{1,40}", "an HTTP method in capitals, such as GET"),
            1,
            _MOST,
        ),
        "HTTP methods of its requests.",
        example=("GET", "HEAD"),
        lands=_of_rule("conditions[*].httpRequestMethod.values[*]"),
    )
    query_strings: Key[tuple[Mapping[str, str], ...]] = key(
        (),
        ListOf(QueryPair(), 1, _MOST),
        "Parts of the query string, of which its requests have one, with * and ? as wildcards.",
        example=({"key": "version", "value": "2"},),
        lands=_of_rule("conditions[*].queryStrings[*]"),
    )
    source_ips: Key[tuple[str, ...]] = key(
        (),
        ListOf(SourceBlock(), 1, _MOST),
        "Blocks that its clients' addresses are in. Behind a proxy that is the proxy's address.",
        example=("192.0.2.0/24",),
        lands=_of_rule("conditions[*].sourceIp.values[*]"),
    )

    def listed(self) -> Conditions:
        """Each as a condition of the rule; none where nothing is set."""
        headers = [Condition(Field.HEADER, held, name) for name, held in self.headers.items()]
        methods = [Condition(Field.METHOD, self.methods)] if self.methods else []
        return (*headers, *methods, *self._queries(), *self._sources())

    def _queries(self) -> Iterator[Condition]:
        if self.query_strings:
            values = tuple(pair["value"] for pair in self.query_strings)
            keys = tuple(pair.get("key", ANY_KEY) for pair in self.query_strings)
            yield Condition(Field.QUERY, values, keys=keys)

    def _sources(self) -> Iterator[Condition]:
        if self.source_ips:
            yield Condition(Field.SOURCE, self.source_ips)
