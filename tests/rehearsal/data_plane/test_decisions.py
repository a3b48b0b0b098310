"""The pure parts: wildcards, TLS versions, health from results, the topology on its way."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.control_plane.targets import HealthState
from rehearsal.control_plane.topology import (
    Certificate,
    FixedResponse,
    Forward,
    Redirect,
    SecurityGroup,
    SecurityGroupRule,
    Topology,
    TopologyCondition,
    TopologyHealthCheck,
    TopologyInstance,
    TopologyListener,
    TopologyLoadBalancer,
    TopologyRule,
    TopologyTarget,
    TopologyTargetGroup,
    WeightedTargetGroup,
    decoded,
    encoded,
)
from rehearsal.data_plane.health_checks import (
    NO_ANSWER,
    CheckedHealth,
    CheckResult,
    Passed,
    is_matched,
    judged,
)
from rehearsal.data_plane.listeners import tls_versions
from rehearsal.data_plane.rendering import EnvoyConfiguration, render
from rehearsal.data_plane.routes import any_of, expression_of, route_match

letters = st.text("ab.*?\\/-", max_size=8)
CHECK = TopologyHealthCheck("HTTP", None, "/healthz", "200", 10, 5, 3, 2)


def fits(pattern: str, text: str) -> bool:
    """A reference for AWS's wildcards, by recursion instead of regular expressions."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return fits(pattern[1:], text) or (bool(text) and fits(pattern, text[1:]))
    if pattern[0] == "?":
        return bool(text) and fits(pattern[1:], text[1:])
    literal, rest = pattern[0], pattern[1:]
    if literal == "\\" and rest:
        literal, rest = rest[0], rest[1:]
    return text[:1] == literal and fits(rest, text[1:])


@given(letters, letters)
def test_a_pattern_matches_by_its_wildcards(pattern: str, text: str) -> None:
    assert bool(re.fullmatch(expression_of(pattern), text)) == fits(pattern, text)


@given(st.lists(letters, min_size=1, max_size=3), letters)
def test_a_condition_holds_when_any_of_its_values_does(patterns: list[str], text: str) -> None:
    assert bool(re.fullmatch(any_of(patterns), text)) == any(fits(p, text) for p in patterns)


@given(letters, st.text("ab.-", max_size=8), st.sampled_from(["", ":443", ":65000"]))
def test_a_host_matches_in_any_case_and_with_any_port(pattern: str, host: str, port: str) -> None:
    match = route_match([TopologyCondition("host-header", (pattern,))])
    assert match is not None
    (header,) = match["headers"]

    is_matched = re.fullmatch(header["string_match"]["safe_regex"]["regex"], host.upper() + port)

    assert header["name"] == ":authority"
    assert bool(is_matched) == (fits(pattern, host) or fits(pattern, host + port))


@pytest.mark.parametrize(
    ("policy", "versions"),
    [
        ("ELBSecurityPolicy-TLS13-1-3-2021-06", ("TLSv1_3", "TLSv1_3")),
        ("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", ("TLSv1_2", "TLSv1_3")),
        ("ELBSecurityPolicy-TLS13-1-2-2021-06", ("TLSv1_2", "TLSv1_3")),
        ("ELBSecurityPolicy-TLS13-1-1-2021-06", ("TLSv1_1", "TLSv1_3")),
        ("ELBSecurityPolicy-TLS13-1-0-2021-06", ("TLSv1_0", "TLSv1_3")),
        ("ELBSecurityPolicy-TLS-1-2-Ext-2018-06", ("TLSv1_2", "TLSv1_2")),
        ("ELBSecurityPolicy-FS-1-1-2019-08", ("TLSv1_1", "TLSv1_2")),
        ("ELBSecurityPolicy-2016-08", ("TLSv1_0", "TLSv1_2")),
    ],
)
def test_a_policys_name_decides_its_tls_versions(policy: str, versions: tuple[str, str]) -> None:
    assert tls_versions(policy) == versions


@pytest.mark.parametrize(
    ("matcher", "status", "expected"),
    [
        ("200", 200, True),
        ("200", 204, False),
        ("200,301", 301, True),
        ("200-299", 299, True),
        ("200-299,404", 300, False),
    ],
)
def test_a_matcher_is_a_list_of_codes_and_ranges(matcher: str, status: int, expected: bool) -> None:
    assert is_matched(status, matcher) is expected


@given(st.lists(st.sampled_from([Passed(), NO_ANSWER, judged(503, "200")]), max_size=30))
def test_a_state_changes_only_after_its_threshold_in_a_row(results: list[CheckResult]) -> None:
    health = CheckedHealth.new(0.0)
    states = [health.state]
    for now, result in enumerate(results, 1):
        health = health.after(result, CHECK, float(now))
        states.append(health.state)

    for i, (before, after) in enumerate(itertools.pairwise(states)):
        last = [isinstance(result, Passed) for result in results[: i + 1]]
        if before is not after and after is HealthState.UNHEALTHY:
            assert not any(last[-2:])
        if before is not after and after is HealthState.HEALTHY:
            assert all(last[-1 if before is HealthState.INITIAL else -3 :])
    if [isinstance(result, Passed) for result in results[-2:]] == [False, False]:
        assert health.state is HealthState.UNHEALTHY
        assert health.reason is not None


words = st.sampled_from(["", "a", "b"])
targets_ = st.builds(
    TopologyTarget, words, st.integers(), words, st.none() | words, st.none() | st.just(1.5)
)
actions = st.one_of(
    st.builds(Forward, st.just((WeightedTargetGroup("a", 1),)), st.booleans(), st.none()),
    st.builds(Redirect, st.integers(), words, words, words, words, words),
    st.builds(FixedResponse, st.integers(), st.none() | words, st.none() | words),
)
rules_ = st.builds(
    TopologyRule,
    words,
    st.none() | st.integers(),
    st.tuples(st.builds(TopologyCondition, words, st.tuples(words), st.none() | words)),
    actions,
)


@given(st.lists(rules_, max_size=3), st.lists(targets_, max_size=3))
def test_a_topology_arrives_as_it_was_sent(
    rules: list[TopologyRule], targets: list[TopologyTarget]
) -> None:
    listener = TopologyListener("l", 443, "HTTPS", "policy", ("c",), {"k": "v"}, tuple(rules))
    balancer = TopologyLoadBalancer(
        "b", "b", "dns", "internal", ("az",), (), ("sg",), {"k": "v"}, (listener,)
    )
    group = TopologyTargetGroup(
        "g", "g", "HTTP", "HTTP1", 80, "ip", CHECK, {"k": "v"}, tuple(targets)
    )
    machine = TopologyInstance(
        "i", "ami", None, "running", 1.5, "az", None, (), "", {}, None, None, None, None
    )
    fence = SecurityGroup("sg", (SecurityGroupRule(True, "-1", None, None, ("::/0",), None),))
    certificate = Certificate("c", "pem", "key", "")
    sent = Topology((balancer,), (group,), (machine,), (certificate,), (fence,))

    assert decoded(json.loads(encoded(sent))) == sent


def topology(weights: tuple[int, int], states: dict[str, str]) -> Topology:
    targets = tuple(TopologyTarget(i, 80, state, None, None) for i, state in states.items())
    groups = tuple(
        TopologyTargetGroup(arn, arn, "HTTP", "HTTP1", 80, "instance", CHECK, {}, targets)
        for arn in ("one", "two", "unused")
    )
    shares = zip(("one", "two"), weights, strict=True)
    weighted = Forward(tuple(WeightedTargetGroup(*s) for s in shares), False, None)
    rules = (
        TopologyRule("rule", 1, (TopologyCondition("path-pattern", ("/*",)),), weighted),
        TopologyRule("default", None, (), FixedResponse(404, None, None)),
    )
    listener = TopologyListener("listener", 80, "HTTP", None, (), {}, rules)
    balancer = TopologyLoadBalancer("alb", "alb", "dns", "internal", (), (), (), {}, (listener,))
    return Topology((balancer,), groups)


def rendered(held: Topology, healthy: set[str]) -> EnvoyConfiguration:
    return render(
        held,
        Path("/files"),
        lambda _balancer, _listener: 1234,
        lambda _balancer, _listener: True,
        lambda _group, _target_id, port: ("127.0.0.1", port),
        lambda _arn, target: target.target_id in healthy,
    )


@given(st.tuples(st.integers(0, 999), st.integers(0, 999)).filter(any))
def test_a_weight_change_touches_routes_and_nothing_else(weights: tuple[int, int]) -> None:
    before = rendered(topology((100, 0), {"i": "healthy"}), {"i"})

    after = rendered(topology(weights, {"i": "healthy"}), {"i"})

    (routes,) = after.routes.values()
    clusters: Any = routes["virtual_hosts"][0]["routes"][0]["route"]["weighted_clusters"]
    assert [c["weight"] for c in clusters["clusters"]] == list(weights)
    assert (after.listeners, after.clusters, after.endpoints) == (
        before.listeners,
        before.clusters,
        before.endpoints,
    )


def test_health_and_targets_touch_endpoints_and_nothing_else() -> None:
    before = rendered(topology((1, 1), {"a": "initial"}), set())

    after = rendered(topology((1, 1), {"a": "healthy", "b": "draining", "c": "unused"}), {"a"})

    listed = [e["endpoints"][0]["lb_endpoints"] for e in after.endpoints.values()]
    assert [[target["health_status"] for target in row] for row in listed] == [["HEALTHY"]] * 2
    assert after.endpoints != before.endpoints
    assert (after.listeners, after.clusters, after.routes) == (
        before.listeners,
        before.clusters,
        before.routes,
    )


def test_a_group_in_no_rule_is_no_cluster() -> None:
    configuration = rendered(topology((1, 1), {}), set())

    assert [cluster["name"] for cluster in configuration.clusters] == ["one", "two"]


def test_with_a_slow_start_a_target_joins_when_it_is_healthy_unless_none_is() -> None:
    held = topology((1, 1), {"new": "initial", "old": "healthy"})
    slow = {"slow_start.duration_seconds": "30"}
    starting = replace(
        held, target_groups=tuple(replace(g, attributes=slow) for g in held.target_groups)
    )

    plain, one, none = (
        rendered(held, {"old"}),
        rendered(starting, {"old"}),
        rendered(starting, set()),
    )

    assert [joined(each) for each in (plain, one, none)] == [2, 1, 2]
    assert all("round_robin_lb_config" in each for each in one.clusters)
    assert not any("round_robin_lb_config" in each for each in plain.clusters)


def joined(configuration: EnvoyConfiguration) -> int:
    """How many targets are in the first of the groups, which all have the same."""
    (of_group, *_) = configuration.endpoints.values()
    return len(of_group["endpoints"][0]["lb_endpoints"])
