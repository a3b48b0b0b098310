"""What the control plane holds, as a data plane needs it: frozen values, in AWS's words.

Nothing of moto is in here. Two topologies are equal exactly when nothing that matters to traffic
differs, so a change is found by comparison.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class WeightedTargetGroup:
    """A target group of a forward action, with its share (0 to 999, relative)."""

    arn: str
    weight: int


@dataclass(frozen=True, slots=True)
class Forward:
    """Forward to target groups by weight. A weight of 0 takes no new request."""

    target_groups: tuple[WeightedTargetGroup, ...]
    stickiness_enabled: bool
    stickiness_seconds: int | None


@dataclass(frozen=True, slots=True)
class Redirect:
    """Answer with a redirect. Its parts may hold `#{host}` and the like, as AWS writes them."""

    status_code: int
    protocol: str
    port: str
    host: str
    path: str
    query: str


@dataclass(frozen=True, slots=True)
class FixedResponse:
    """Answer with this."""

    status_code: int
    content_type: str | None
    body: str | None


Action = Forward | Redirect | FixedResponse


@dataclass(frozen=True, slots=True)
class Login:
    """What a user without a session is answered before the action that follows."""

    authorization_endpoint: str
    client_id: str
    scope: str
    session_cookie_name: str
    on_unauthenticated: str
    """`authenticate`, `allow` or `deny`."""


@dataclass(frozen=True, slots=True)
class TopologyCondition:
    """One condition of a rule. Any of `values` makes it true; all conditions of a rule must be."""

    field: str
    """`host-header`, `path-pattern`, `http-header`, `http-request-method`, `query-string` or
    `source-ip`."""
    values: tuple[str, ...]
    """With AWS's wildcards `*` and `?`; of a query string `key=value` or `=value`."""
    header_name: str | None = None
    """The header that an `http-header` condition looks at."""


@dataclass(frozen=True, slots=True)
class TopologyRule:
    """A rule of a listener."""

    arn: str
    priority: int | None
    """The lower is tried first; None for the default rule, which is tried last."""
    conditions: tuple[TopologyCondition, ...]
    action: Action
    login: Login | None = None
    """Of a rule that authenticates users first."""


@dataclass(frozen=True, slots=True)
class TopologyListener:
    """A listener with its rules in the order in which they are tried."""

    arn: str
    port: int
    protocol: str
    """HTTP or HTTPS."""
    ssl_policy: str | None
    certificate_arns: tuple[str, ...]
    """The default certificate first."""
    attributes: Mapping[str, str]
    rules: tuple[TopologyRule, ...]


@dataclass(frozen=True, slots=True)
class SecurityGroupRule:
    """One rule of a security group; whoever any of its parts names is let through."""

    is_egress: bool
    protocol: str
    """`tcp`, `udp`, `icmp`, …; `-1` for every protocol and port."""
    from_port: int | None
    to_port: int | None
    cidrs: tuple[str, ...]
    """Blocks of addresses, those of its prefix list among them."""
    group_id: str | None
    """The security group whose members it lets through."""


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """What may reach, and be reached by, whatever is in the group."""

    group_id: str
    rules: tuple[SecurityGroupRule, ...]


@dataclass(frozen=True, slots=True)
class TopologyLoadBalancer:
    """An Application Load Balancer."""

    arn: str
    name: str
    dns_name: str
    scheme: str
    zones: tuple[str, ...]
    subnet_cidrs: tuple[str, ...]
    """The IPv4 blocks of its subnets, where its nodes have their addresses."""
    security_group_ids: tuple[str, ...]
    attributes: Mapping[str, str]
    """By AWS's keys: `idle_timeout.timeout_seconds`, `routing.http2.enabled`, …"""
    listeners: tuple[TopologyListener, ...]


@dataclass(frozen=True, slots=True)
class TopologyHealthCheck:
    """How the targets of a group are checked."""

    protocol: str
    port: int | None
    """None: the port that the target is registered with."""
    path: str
    matcher: str
    """HTTP codes: `200`, `200-299`, `200,301`."""
    interval_seconds: int
    timeout_seconds: int
    healthy_threshold: int
    unhealthy_threshold: int


@dataclass(frozen=True, slots=True)
class TopologyTarget:
    """A registered or draining target."""

    target_id: str
    """Instance id, or an IP address where the target type is `ip`."""
    port: int
    state: str
    """As DescribeTargetHealth gives it."""
    reason: str | None
    drains_until: float | None
    """Epoch seconds; None while it is registered."""


@dataclass(frozen=True, slots=True)
class TopologyTargetGroup:
    """A target group with its targets."""

    arn: str
    name: str
    protocol: str
    protocol_version: str
    port: int
    target_type: str
    health_check: TopologyHealthCheck
    attributes: Mapping[str, str]
    """By AWS's keys: `deregistration_delay.timeout_seconds`, `slow_start.duration_seconds`, …"""
    targets: tuple[TopologyTarget, ...]


@dataclass(frozen=True, slots=True)
class TopologyInstance:
    """An EC2 instance that is not terminated."""

    instance_id: str
    image_id: str
    build: str | None
    """The build that its image's tag names."""
    state: str
    """`running`, `stopped`."""
    launched_at: float
    """Epoch seconds."""
    zone: str
    private_ip: str | None
    security_group_ids: tuple[str, ...]
    user_data: str
    """As text, decoded; empty where there is none."""
    tags: Mapping[str, str]
    auto_scaling_group_name: str | None
    launch_template_id: str | None
    launch_template_version: int | None
    lifecycle_state: str | None
    """`Pending`, `InService`, `Terminating`; None outside an Auto Scaling group."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """An imported certificate, in PEM."""

    arn: str
    certificate: str
    private_key: str
    chain: str


@dataclass(frozen=True, slots=True)
class Topology:
    """Everything that carries traffic, of all regions."""

    load_balancers: tuple[TopologyLoadBalancer, ...] = ()
    target_groups: tuple[TopologyTargetGroup, ...] = ()
    instances: tuple[TopologyInstance, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    security_groups: tuple[SecurityGroup, ...] = ()


PortOf = Callable[[TopologyLoadBalancer, TopologyListener], int]
"""The loopback port that a data plane serves a listener on."""


def each_listener(topology: Topology) -> Iterator[tuple[TopologyLoadBalancer, TopologyListener]]:
    """Every listener with its load balancer."""
    for balancer in topology.load_balancers:
        for listener in balancer.listeners:
            yield balancer, listener


def encoded(topology: Topology) -> str:
    """The topology as one JSON object."""
    return json.dumps(dataclasses.asdict(topology))


def decoded(document: Mapping[str, Any]) -> Topology:
    """The topology that `encoded` was given, from the parsed JSON."""
    return _value(Topology, document)


def _value(kind: Any, data: Any) -> Any:
    if data is None:
        return None
    if dataclasses.is_dataclass(kind):
        return _record(typing.cast("type[Any]", kind), data)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return tuple(_value(arguments[0], entry) for entry in data)
    if origin in (typing.Union, types.UnionType):
        return _value(_chosen(arguments, data), data)
    return dict(data) if origin is Mapping else data


def _chosen(kinds: tuple[Any, ...], data: Any) -> Any:
    """The member of a union that `data` is: of records the one with exactly its fields."""
    records = [kind for kind in kinds if dataclasses.is_dataclass(kind)]
    if not records:
        return next(kind for kind in kinds if kind is not types.NoneType)
    return next(kind for kind in records if set(data) == {f.name for f in dataclasses.fields(kind)})


def _record(kind: type[Any], data: Mapping[str, Any]) -> Any:
    return kind(**{name: _value(hint, data[name]) for name, hint in _hints(kind).items()})


@functools.cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return typing.get_type_hints(kind)
