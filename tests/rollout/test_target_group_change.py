"""Another port or protocol of a service: the commands, and the new service's name and place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rollout.conditions import Condition, Conditions, Field, may_overlap
from rollout.target_group_change import (
    KeptInput,
    TargetGroupChange,
    leaves,
    place_before,
    successor_of,
)

CHANGE = TargetGroupChange(
    service="web",
    inputs=(KeptInput("port", "port", "8080", "9090"),),
    successor="web2",
    priority=197,
    config={
        "services": {
            "hosts": ["www.example"],
            "paths": ["/a", "/b/*"],
            "priority": 200,
            "port": 9090,
            "weights": "75/25",
            "healthCheck": {"path": "/healthz"},
            "slots": {"01": {"targetGroup": {"name": "old"}}},
            "probe": {"url": "https://www.example/a"},
        },
        "images": {"01": "ami-1", "02": "ami-2"},
        "capacity": {"min": 3, "floors": {"01": 4}},
    },
    is_protected=True,
)


def test_the_first_update_puts_the_port_back_and_makes_a_copy_on_a_path_of_its_own() -> None:
    assert str(CHANGE.first()) == (
        "pulumi config set-all --path --plaintext failover:services.web.port=8080 "
        "--plaintext failover:services.web2.healthCheck.path=/healthz "
        "--plaintext 'failover:services.web2.paths[0]=/web2/*' "
        "--plaintext failover:services.web2.priority=197 "
        "--plaintext failover:services.web2.port=9090 "
        "--plaintext 'failover:services.web2.hosts[0]=www.example' "
        "--plaintext 'failover:images.web2[\"01\"]=ami-1' "
        "--plaintext 'failover:images.web2[\"02\"]=ami-2' "
        "--plaintext failover:capacity.web2.min=3 "
        "--plaintext failover:protection=false && pulumi up"
    )


def test_who_types_the_first_is_told_that_the_protection_is_off_until_the_last() -> None:
    unprotected = replace(CHANGE, is_protected=False)

    assert CHANGE.first().moves.endswith("the stack is unprotected until the last of these")
    assert "unprotected" not in unprotected.first().moves


def test_the_second_takes_over_what_only_one_service_can_have_and_removes_the_old_one() -> None:
    assert str(CHANGE.second()) == (
        "pulumi config set-all --path --plaintext 'failover:services.web2.paths[0]=/a' "
        "--plaintext 'failover:services.web2.paths[1]=/b/*' "
        "--plaintext failover:services.web2.probe.url=https://www.example/a "
        "--plaintext 'failover:override=web moves to port 9090 as web2' "
        "&& pulumi config rm --path 'failover:services.web' "
        "&& pulumi config rm --path 'failover:images.web' "
        "&& pulumi config rm --path 'failover:capacity.web' && pulumi up"
    )


def test_another_protocol_is_put_back_in_the_first_update_and_wanted_of_the_successor() -> None:
    own = {**CHANGE.config["services"], "port": 8080, "targetGroup": {"protocol": "HTTPS"}}
    change = replace(
        CHANGE,
        inputs=(KeptInput("targetGroup.protocol", "protocol", "HTTP", "HTTPS"),),
        config={**CHANGE.config, "services": own},
    )

    assert change.text.startswith(
        "targetGroup.protocol HTTP -> HTTPS: AWS cannot change the protocol of a target group"
    )
    first = str(change.first())
    assert "--plaintext failover:services.web.targetGroup.protocol=HTTP " in first
    assert "--plaintext failover:services.web2.targetGroup.protocol=HTTPS " in first
    assert "--plaintext failover:services.web2.port=8080 " in first
    assert "'failover:override=web moves to targetGroup.protocol HTTPS as web2'" in str(
        change.second()
    )


def test_a_service_without_paths_leaves_its_successor_without_one() -> None:
    own = {k: v for k, v in CHANGE.config["services"].items() if k != "paths"}
    bare = replace(CHANGE, config={**CHANGE.config, "services": own})

    assert "config rm --path 'failover:services.web2.paths'" in str(bare.second())


def test_protection_is_lifted_and_put_back_only_where_it_is_on() -> None:
    bare = replace(CHANGE, is_protected=False)

    assert "protection" not in bare.text
    assert str(CHANGE.last()) == (
        "pulumi config rm override && pulumi config set protection true && pulumi up"
    )


def test_where_there_is_no_place_the_port_is_put_back_and_that_is_all() -> None:
    assert replace(CHANGE, priority=None).text.splitlines()[1:] == [
        "  fix: pulumi config set --path 'failover:services.web.port' 8080   # as it is"
    ]


names = st.from_regex(r"[a-z](-?[a-z0-9]){0,6}", fullmatch=True)


@given(names, st.sets(names))
def test_the_successor_has_a_name_that_no_service_has(service: str, others: set[str]) -> None:
    assert successor_of(service, {service, *others}) not in {service, *others}


def test_a_successor_of_a_successor_counts_on() -> None:
    assert successor_of("web", ["web"]) == "web2"
    assert successor_of("web2", ["web2"]) == "web3"


conditions_ = st.builds(
    lambda host, path: (Condition(Field.HOST, (host,)), Condition(Field.PATH, (path,))),
    st.sampled_from(["a.example", "b.example", "*.example"]),
    st.sampled_from(["/*", "/a", "/a/*", "/b*"]),
)
rules_ = st.lists(st.tuples(st.integers(1, 40), conditions_), max_size=6)


@given(st.integers(3, 40), conditions_, rules_)
def test_the_place_is_free_and_passes_no_rule_that_shares_requests(
    priority: int, conditions: Conditions, others: list[tuple[int, Conditions]]
) -> None:
    place = place_before(priority, conditions, others)

    if place is not None:
        assert {place, place - 1, place - 2}.isdisjoint(held for held, _ in others)
        assert 3 <= place <= priority - 3
        assert not any(
            place < held < priority and may_overlap(conditions, theirs) for held, theirs in others
        )


keys = st.sampled_from(["a", "b-c", "01", "x.y"])
trees = st.recursive(
    st.integers() | st.sampled_from(["v", "/*"]),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=2)
        | st.dictionaries(keys, inner, min_size=1, max_size=2)
    ),
    max_leaves=6,
)


@given(st.dictionaries(keys, trees, min_size=1, max_size=3))
def test_every_value_has_a_path_of_its_own(tree: Mapping[str, Any]) -> None:
    found = list(leaves("top", tree))

    assert len({path for path, _ in found}) == len(found) == _values_in(tree)
    assert all(json.dumps(text) for _, text in found)


def _values_in(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(map(_values_in, value.values()))
    return sum(map(_values_in, value)) if isinstance(value, list) else 1
