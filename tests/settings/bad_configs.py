"""Generated configs with known faults in them: each fault is at a path that must be reported."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from rollout.errors import SplitError
from rollout.split import Split
from tests.configs import Config, stack_config

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
not_maps = st.booleans() | st.integers() | st.text(min_size=1) | st.lists(scalars, min_size=1)


def _outside(lowest: int, highest: int) -> st.SearchStrategy[Any]:
    """What is no whole number in the range: one beyond it, or no whole number at all."""
    beyond = st.integers(max_value=lowest - 1) | st.integers(min_value=highest + 1)
    return beyond | st.booleans() | st.text(min_size=1) | st.floats(allow_nan=False)


def _is_no_split(text: str) -> bool:
    try:
        Split.parse(text)
    except SplitError:
        return True
    return False


not_splits = st.text(min_size=1).filter(_is_no_split) | st.tuples(
    st.integers(-200, 200), st.integers(-200, 200)
).map(lambda pair: f"{pair[0]}/{pair[1]}").filter(_is_no_split)


@dataclass(frozen=True)
class Place:
    """Where a fault can be put, and what is a fault there."""

    path: str
    """The path that must be reported."""
    steps: tuple[str, ...]
    values: st.SearchStrategy[Any]


def _place(path: str, steps: str, values: st.SearchStrategy[Any]) -> Place:
    return Place(path, tuple(steps.split("|")), values)


_WEB = "failover:services|web"
PLACES = (
    _place("failover:weights", "failover:weights", not_splits),
    _place("failover:org", "failover:org", st.from_regex(r"[A-Z_ ]{1,9}", fullmatch=True)),
    _place("failover:services.web.weights", f"{_WEB}|weights", not_splits),
    _place("failover:services.web.priority", f"{_WEB}|priority", _outside(3, 50_000)),
    _place("failover:services.web.port", f"{_WEB}|port", _outside(1, 65_535)),
    _place("failover:services.web.hosts", f"{_WEB}|hosts", not_maps.filter(lambda v: v != [])),
    _place(
        "failover:services.web.paths[0]",
        f"{_WEB}|paths",
        st.text(min_size=1).filter(lambda t: t[0] not in "/*").map(lambda t: [t]),
    ),
    _place("failover:services.web.healthCheck", f"{_WEB}|healthCheck", not_maps),
    _place(
        "failover:services.portal.healthCheck.intervalSeconds",
        "failover:services|portal|healthCheck|intervalSeconds",
        _outside(5, 300),
    ),
    _place(
        "failover:services.portal.deregistrationDelaySeconds",
        "failover:services|portal|deregistrationDelaySeconds",
        _outside(0, 3600),
    ),
    _place("failover:services.portal.slots", "failover:services|portal|slots", not_maps),
    _place(
        'failover:images.web["02"]',
        "failover:images|web|02",
        st.text(min_size=1).filter(lambda t: not t.startswith(("ami-", "ssm:")))
        | st.from_regex(r"ami-[g-z]{8}", fullmatch=True)
        | st.from_regex(r"ssm:/[a-z]{1,9}", fullmatch=True),
    ),
    _place("failover:capacity.web.min", "failover:capacity|web|min", _outside(0, 12)),
    _place("failover:capacity.portal", "failover:capacity|portal", not_maps),
    _place("failover:network.vpcId", "failover:network|vpcId", st.text(min_size=1)),
    _place(
        "failover:network.instanceSubnetIds",
        "failover:network|instanceSubnetIds",
        st.text(min_size=1) | st.just(["subnet-0a1b2c3d4e5f60713"]),
    ),
    _place(
        "failover:loadBalancer.certificateArn",
        "failover:loadBalancer|certificateArn",
        st.text(min_size=1),
    ),
    _place(
        "failover:loadBalancer.sslPolicy", "failover:loadBalancer|sslPolicy", st.text(min_size=1)
    ),
    _place(
        "failover:alarms.target5xxPerMinute",
        "failover:alarms|target5xxPerMinute",
        _outside(1, 1_000_000),
    ),
)


def with_value(config: Config, steps: tuple[str, ...], value: Any) -> None:
    """Put `value` at the end of these steps."""
    node = functools.reduce(lambda inner, step: inner.setdefault(step, {}), steps[:-1], config)
    node[steps[-1]] = value


@st.composite
def bad_configs(draw: Callable[[st.SearchStrategy[Any]], Any]) -> tuple[Config, set[str]]:
    """A config of the repo with one to six faults, and the paths at which they are."""
    config = stack_config("prod")
    places = draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=6, unique=True))
    for place in places:
        with_value(config, place.steps, draw(place.values))
    for unknown in draw(st.lists(st.from_regex(r"[a-z]{9,12}", fullmatch=True), max_size=2)):
        config[f"failover:{unknown}"] = draw(scalars)
        places.append(Place(f"failover:{unknown}", (), scalars))
    return config, {place.path for place in places}


@st.composite
def scrambled_configs(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Config:
    """A config of the repo with anything at all in some of its places, and some keys gone."""
    config = stack_config(draw(st.sampled_from(["prod", "dev"])))
    for _ in range(draw(st.integers(1, 4))):
        node: Any = config
        while isinstance(node, dict) and node:
            key = draw(st.sampled_from(sorted(node)))
            is_here = draw(st.booleans()) or not isinstance(node[key], (dict, list))
            if is_here:
                with contextlib.suppress(KeyError):
                    del node[key]
                if draw(st.booleans()):
                    node[key] = draw(json_values)
                break
            node = node[key]
    return config
