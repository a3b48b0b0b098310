"""Whether one rule takes every request of another, held against the matching of single requests."""

from __future__ import annotations

import ipaddress
import itertools
import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout import wildcards
from rollout.conditions import (
    Condition,
    Conditions,
    Field,
    covers,
    declared_conditions,
    may_overlap,
    shown,
)

LETTERS = "ab/"
TEXTS = ["".join(t) for n in range(5) for t in itertools.product(LETTERS + "c", repeat=n)]
"""Every text of up to four characters; `c` is one that no pattern names."""

patterns = st.text(alphabet=LETTERS + "*?", min_size=1, max_size=4)
pattern_lists = st.lists(patterns, min_size=1, max_size=3)


def expression(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(each, re.escape(each)) for each in pattern), re.DOTALL)


def matches(values: list[str], text: str) -> bool:
    return any(expression(value).fullmatch(text) for value in values)


@given(pattern_lists, pattern_lists, st.sampled_from(["", "/"]))
def test_patterns_cover_others_only_if_each_text_of_those_is_theirs(
    ours: list[str], theirs: list[str], first: str
) -> None:
    texts = [text for text in TEXTS if text.startswith(first)]
    missed = [text for text in texts if matches(theirs, text) and not matches(ours, text)]

    assert not (wildcards.covers(ours, theirs, first) and missed)


@given(
    pattern_lists,
    st.lists(st.text(alphabet=LETTERS + "?", min_size=1, max_size=4), min_size=1),
    st.sampled_from(["", "/"]),
)
def test_patterns_of_fixed_length_are_covered_exactly_if_each_of_their_texts_is(
    ours: list[str], theirs: list[str], first: str
) -> None:
    texts = [text for text in TEXTS if text.startswith(first)]
    missed = [text for text in texts if matches(theirs, text) and not matches(ours, text)]

    assert wildcards.covers(ours, theirs, first) is (not missed)


@given(st.text(alphabet=LETTERS, max_size=6), st.text(alphabet=LETTERS, max_size=6))
def test_a_prefix_covers_every_longer_prefix_and_no_other(short: str, long: str) -> None:
    assert wildcards.covers([f"{short}*"], [f"{long}*"]) is long.startswith(short)


@given(st.text(alphabet=LETTERS, max_size=6), st.text(alphabet=LETTERS, max_size=6))
def test_an_ending_covers_every_longer_ending_and_no_other(short: str, long: str) -> None:
    assert wildcards.covers([f"*{short}"], [f"*{long}"]) is long.endswith(short)


@given(pattern_lists)
def test_a_star_covers_everything(theirs: list[str]) -> None:
    assert wildcards.covers(["*"], theirs)


@given(pattern_lists)
def test_a_slash_and_a_star_cover_everything_that_begins_with_a_slash(theirs: list[str]) -> None:
    assert wildcards.covers(["/*"], theirs, "/")


@given(pattern_lists, pattern_lists, st.sampled_from(["", "/"]))
def test_patterns_overlap_where_a_text_is_matched_by_both(
    ours: list[str], theirs: list[str], first: str
) -> None:
    shared = [
        text
        for text in TEXTS
        if text.startswith(first) and matches(ours, text) and matches(theirs, text)
    ]

    assert wildcards.overlap(ours, theirs, first) or not shared


@given(pattern_lists, pattern_lists, st.sampled_from(["", "/"]))
def test_what_covers_a_pattern_of_some_text_overlaps_with_it(
    ours: list[str], theirs: list[str], first: str
) -> None:
    has_text = wildcards.overlap(theirs, ["*"], first)

    if has_text and wildcards.covers(ours, theirs, first):
        assert wildcards.overlap(ours, theirs, first)


def test_several_patterns_cover_together_what_none_of_them_covers_alone() -> None:
    assert wildcards.covers(["", "?*"], ["*"])
    assert not wildcards.covers(["?*"], ["*"])


def test_a_backslash_takes_a_wildcard_literally() -> None:
    assert wildcards.covers([r"a*"], [r"a\*"])
    assert not wildcards.covers([r"a\*"], [r"a*"])
    assert wildcards.covers([r"a\?"], [r"a\?"])


def test_patterns_as_long_as_aws_takes_them_are_compared_at_once() -> None:
    wide = ["*" + "?a" * 2 + "*" + "b" * 60]
    narrow = ["*" + "a" * 60 + "*" + "b" * 60]

    assert wildcards.covers(wide, narrow)


HOSTS = ("a.example", "A.example", "x.a.example", "")
PATHS = ("/", "/a", "/a/b", "/ab", "/A")
METHODS = ("GET", "POST")
HEADERS = (None, "ON", "off")
QUERIES = ((), (("v", "1"),), (("v", "2"), ("w", "1")), (("V", "1"),))
CLIENTS = ("10.0.0.1", "10.0.1.1", "2001:db8::1")


@dataclass(frozen=True)
class Request:
    host: str
    path: str
    method: str
    header: str | None
    query: tuple[tuple[str, str], ...]
    client: str


REQUESTS = [
    Request(*each) for each in itertools.product(HOSTS, PATHS, METHODS, HEADERS, QUERIES, CLIENTS)
]


def holds(condition: Condition, request: Request) -> bool:
    """Whether one condition holds, by AWS's words and nothing of ours."""
    values = list(condition.values)
    lower = [value.lower() for value in values]
    match condition.field:
        case Field.HOST:
            return matches(lower, request.host.lower())
        case Field.PATH:
            return matches(values, request.path)
        case Field.METHOD:
            return request.method in values
        case Field.HEADER:
            return request.header is not None and matches(lower, request.header.lower())
        case Field.QUERY:
            return any(
                matches([wanted_key.lower()], key.lower()) and matches([wanted], value.lower())
                for wanted_key, wanted in zip(condition.keys, lower, strict=True)
                for key, value in request.query
            )
        case _:
            client = ipaddress.ip_address(request.client)
            return any(client in ipaddress.ip_network(value) for value in values)


def takes(conditions: Conditions, request: Request) -> bool:
    return all(holds(each, request) for each in conditions)


def some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)


host_conditions = some("a.example", "*.example", "A.EXAMPLE", "?.example", "*").map(
    lambda values: Condition(Field.HOST, values)
)
path_conditions = some("/*", "/a", "/a*", "/a/*", "*", "/?", "?a").map(
    lambda values: Condition(Field.PATH, values)
)
method_conditions = some("GET", "POST").map(lambda values: Condition(Field.METHOD, values))
header_conditions = st.builds(
    lambda values, name: Condition(Field.HEADER, values, name),
    some("on", "o*", "OFF", "*"),
    st.sampled_from(["X-Beta", "x-beta"]),
)
query_conditions = st.lists(
    st.tuples(st.sampled_from(["v", "V", "*", "w"]), st.sampled_from(["1", "2", "*"])),
    min_size=1,
    max_size=2,
).map(
    lambda pairs: Condition(
        Field.QUERY, tuple(value for _, value in pairs), keys=tuple(key for key, _ in pairs)
    )
)
source_conditions = some(
    "10.0.0.0/24", "10.0.1.0/24", "10.0.0.0/23", "0.0.0.0/0", "::/0", "192.0.2.1/32"
).map(lambda values: Condition(Field.SOURCE, values))
rules = st.lists(
    host_conditions
    | path_conditions
    | method_conditions
    | header_conditions
    | query_conditions
    | source_conditions,
    max_size=3,
).map(tuple)


@given(rules, rules)
def test_a_rule_that_covers_another_takes_each_of_its_requests(
    ours: Conditions, theirs: Conditions
) -> None:
    missed = [r for r in REQUESTS if takes(theirs, r) and not takes(ours, r)]

    assert not (covers(ours, theirs) and missed)


@given(rules, rules)
def test_rules_that_do_not_overlap_share_no_request(ours: Conditions, theirs: Conditions) -> None:
    shared = [r for r in REQUESTS if takes(ours, r) and takes(theirs, r)]

    assert may_overlap(ours, theirs) or not shared


@given(rules, rules)
def test_fewer_conditions_cover_more_of_them(ours: Conditions, more: Conditions) -> None:
    assert covers(ours, (*ours, *more))


@given(rules)
def test_a_rule_without_conditions_covers_every_rule(theirs: Conditions) -> None:
    assert covers((), theirs)


def rule(hosts: tuple[str, ...] = (), paths: tuple[str, ...] = ()) -> Conditions:
    host = (Condition(Field.HOST, hosts),) if hosts else ()
    return (*host, *((Condition(Field.PATH, paths),) if paths else ()))


WWW = ("www.hankooktire.example",)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (rule(WWW, ("/*",)), rule(WWW, ("/portal/*",)), True),
        (rule(WWW), rule(WWW, ("/portal/*",)), True),
        (rule(("*.hankooktire.example",), ("/*",)), rule(WWW, ("/portal/*",)), True),
        (rule((), ("/portal*",)), rule(WWW, ("/portal", "/portal/*")), True),
        (rule(("WWW.hankooktire.example",)), rule(WWW), True),
        (rule((), ("/*",)), rule(WWW), True),
        (rule(WWW, ("/portal/*",)), rule(WWW, ("/*",)), False),
        (rule(("*.hankooktire.example",)), rule(), False),
        (rule(("api.hankooktire.example",)), rule(WWW), False),
        (rule((), ("/portal/*",)), rule((), ("/portal",)), False),
        (rule((), ("/Portal/*",)), rule((), ("/portal/*",)), False),
    ],
)
def test_hosts_and_paths_that_teams_write_are_told_apart(
    ours: Conditions, theirs: Conditions, expected: bool
) -> None:
    assert covers(ours, theirs) is expected


def test_a_header_that_only_one_rule_asks_for_keeps_it_from_covering_the_other() -> None:
    canary = (*rule(WWW), Condition(Field.HEADER, ("*",), "X-Canary"))

    assert not covers(canary, rule(WWW))
    assert covers(rule(WWW), canary)


def test_a_condition_of_a_kind_that_is_not_known_covers_only_itself() -> None:
    regex = (Condition("host-header.regex", ("www[0-9]+",)),)

    assert covers(regex, regex)
    assert not covers(regex, rule(WWW))


def test_the_words_of_a_rule_show_no_value_of_a_header() -> None:
    secret = Condition(Field.HEADER, ("01-s3cret",), "x-failover-slot")

    assert shown((*rule(WWW, ("/*",)), secret)) == (
        "host www.hankooktire.example and path /* and header x-failover-slot"
    )


def test_the_conditions_of_a_rule_in_the_state_are_its_hosts_and_paths() -> None:
    hosts, paths = {"values": ["a.example"]}, {"values": ["/a", "/a/*"]}
    rule = {"conditions": [{"hostHeader": hosts}, {"pathPattern": paths}, {"httpHeader": None}]}

    assert declared_conditions(rule) == (
        Condition(Field.HOST, ("a.example",)),
        Condition(Field.PATH, ("/a", "/a/*")),
    )


def test_conditions_that_the_state_has_as_a_secret_are_none() -> None:
    """As `pulumi stack export` has those of a preview rule, whose header's value is secret."""
    sealed = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}

    assert declared_conditions({"conditions": {**sealed, "ciphertext": "v1:a"}}) == ()


def test_every_condition_of_a_rule_in_the_state_is_read() -> None:
    rule = {
        "conditions": [
            {"httpHeader": {"httpHeaderName": "X-Stage", "values": ["beta"]}},
            {"httpRequestMethod": {"values": ["GET"]}},
            {"queryStrings": [{"key": "v", "value": "2"}, {"value": "on"}]},
            {"sourceIp": {"values": ["10.0.0.0/8"]}},
        ]
    }

    assert declared_conditions(rule) == (
        Condition(Field.HEADER, ("beta",), "X-Stage"),
        Condition(Field.METHOD, ("GET",)),
        Condition(Field.QUERY, ("2", "on"), keys=("v", "*")),
        Condition(Field.SOURCE, ("10.0.0.0/8",)),
    )


def test_conditions_that_mean_the_same_are_the_same_in_their_canonical_form() -> None:
    one = Condition(Field.QUERY, ("B", "a"), keys=("x", "y"))
    other = Condition(Field.QUERY, ("a", "b"), keys=("Y", "X"))

    assert one.canonical() == other.canonical()
    assert Condition(Field.PATH, ("/A",)).canonical() != Condition(Field.PATH, ("/a",)).canonical()
    assert (
        Condition(Field.HEADER, ("a",), "X-A").canonical()
        != Condition(Field.HEADER, ("a",), "X-B").canonical()
    )
