"""The output of `failover inspect --json`, read back from a file, every key of it checked.

What only a person reads there, such as the obstacles, is not read here. What AWS describes in its
own words stays so: `attributes`, `config`, `ingress`, `egress`, `data`.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
import shlex
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.errors import BadInspectionError
from rollout.command import Command
from rollout.json_value import is_list, is_map

VERSION = 2
"""The version of the document that is read here: `ops/inspect/output.py` writes it."""
MOST_BYTES = 32 * 1024 * 1024
MOST_VERSIONS = 10_000
"""Of a launch template. Source: EC2 user guide, "Launch template quotas"."""
_MARKS = frozenset({"version", "region", "loadBalancer", "listeners", "targetGroups"})
"""Keys of every version."""

Part = Mapping[str, Any]
"""As AWS describes it."""


@dataclass(frozen=True, slots=True)
class InspectionCommand:
    """The command that writes an inspection to a file; messages print it."""

    load_balancer: str
    """Its ARN or name."""
    file: Path
    templates: tuple[str, ...] = ()
    """Ids or names of launch templates that no group of the load balancer uses."""

    def __str__(self) -> str:
        words = ["failover", "inspect", "--load-balancer", self.load_balancer, "--all", "--json"]
        words += [word for each in self.templates for word in ("--launch-template", each)]
        return f"{Command.of(*words)} > {shlex.quote(str(self.file))}"


@dataclass(frozen=True, slots=True)
class InspectedBalancer:
    """The load balancer."""

    arn: str
    name: str
    scheme: str
    vpc_id: str
    security_group_ids: tuple[str, ...]
    subnet_ids: tuple[str, ...]
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class InspectedCondition:
    """A condition of a rule; of a query string with keys each value is `key=value`."""

    field: str
    values: tuple[str, ...]
    header: str | None
    is_pattern: bool
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InspectedShare:
    """A target group of a forward."""

    arn: str
    weight: int


@dataclass(frozen=True, slots=True)
class InspectedAction:
    """An action; `config` is what AWS has of it, for all but a forward."""

    kind: str
    groups: tuple[InspectedShare, ...]
    stickiness_seconds: int | None
    config: Part | None


@dataclass(frozen=True, slots=True)
class InspectedRule:
    """A rule; the default one has no priority."""

    arn: str
    priority: int | None
    conditions: tuple[InspectedCondition, ...]
    actions: tuple[InspectedAction, ...]
    has_transforms: bool
    is_preview: bool

    @property
    def group_arns(self) -> frozenset[str]:
        """Every target group that it forwards to."""
        return frozenset(group.arn for action in self.actions for group in action.groups)


@dataclass(frozen=True, slots=True)
class InspectedListener:
    """A listener with its rules."""

    arn: str
    port: int
    protocol: str
    tls_policy: str | None
    certificate_arns: tuple[str, ...]
    rules: tuple[InspectedRule, ...]


@dataclass(frozen=True, slots=True)
class InspectedCheck:
    """The health check of a target group."""

    protocol: str
    port: str
    path: str
    matcher: str
    interval_seconds: int
    timeout_seconds: int
    healthy_threshold: int
    unhealthy_threshold: int


@dataclass(frozen=True, slots=True)
class InspectedTarget:
    """A registered target: an instance by its id, or an address."""

    id: str
    state: str
    port: int | None


@dataclass(frozen=True, slots=True)
class InspectedDetails:
    """What only an inspection in full has."""

    targets: tuple[InspectedTarget, ...]
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class InspectedTargetGroup:
    """A target group."""

    arn: str
    name: str
    protocol: str
    protocol_version: str
    port: int | None
    target_type: str
    check: InspectedCheck
    details: InspectedDetails | None


@dataclass(frozen=True, slots=True)
class InspectedSource:
    """What an Auto Scaling group launches from, by name; a launch template by its id too."""

    kind: str
    name: str
    id: str | None
    version: str | None
    is_gone: bool


@dataclass(frozen=True, slots=True)
class InspectedMember:
    """An instance of an Auto Scaling group."""

    id: str


@dataclass(frozen=True, slots=True)
class InspectedFleet:
    """An Auto Scaling group."""

    name: str
    target_group_arns: tuple[str, ...]
    min_size: int
    max_size: int
    desired: int
    health_check_type: str
    subnet_ids: tuple[str, ...]
    template: InspectedSource
    instances: tuple[InspectedMember, ...]


@dataclass(frozen=True, slots=True)
class InspectedSubnet:
    """A subnet of the load balancer's VPC."""

    id: str
    cidr_block: str
    zone: str


@dataclass(frozen=True, slots=True)
class InspectedSecurityGroup:
    """A security group."""

    id: str
    name: str
    description: str
    ingress: tuple[Part, ...]
    egress: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class InspectedNetwork:
    """The VPC of the load balancer."""

    vpc_id: str
    cidr_blocks: tuple[str, ...]
    subnets: tuple[InspectedSubnet, ...]
    security_groups: tuple[InspectedSecurityGroup, ...]


@dataclass(frozen=True, slots=True)
class InspectedServer:
    """An instance that is registered by its id."""

    id: str
    private_ip: str | None
    subnet_id: str | None
    security_group_ids: tuple[str, ...]
    image_id: str
    instance_type: str


@dataclass(frozen=True, slots=True)
class InspectedVersion:
    """A version of a launch template, without its user data."""

    number: int
    description: str | None
    has_user_data: bool
    data: Part


@dataclass(frozen=True, slots=True)
class InspectedTemplate:
    """A launch template."""

    id: str
    name: str
    default_version: int
    versions: tuple[InspectedVersion, ...]


@dataclass(frozen=True, slots=True)
class InspectedConfiguration:
    """A launch configuration, without its user data."""

    name: str
    has_user_data: bool
    data: Part


@dataclass(frozen=True, slots=True)
class InspectedAccount:
    """All that was inspected."""

    region: str
    load_balancer: InspectedBalancer
    listeners: tuple[InspectedListener, ...]
    target_groups: tuple[InspectedTargetGroup, ...]
    auto_scaling_groups: tuple[InspectedFleet, ...]
    network: InspectedNetwork
    servers: tuple[InspectedServer, ...]
    launch_templates: tuple[InspectedTemplate, ...]
    launch_configurations: tuple[InspectedConfiguration, ...]

    @property
    def account_id(self) -> str:
        """The account of the load balancer."""
        return self.load_balancer.arn.split(":")[4]


_BALANCER_ARN = re.compile(
    r"arn:[a-z-]+:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer/app/.+"
)


def read_inspection(path: Path, again: InspectionCommand) -> InspectedAccount:
    """Read what `failover inspect --json` wrote to `path`.

    Args:
        path: The file.
        again: The command that writes it; a message prints it.

    Raises:
        BadInspectionError: it cannot be read, or is not such a document of this version.
    """
    document = _document(path, again)
    _check_version(path, document, again)
    try:
        account: InspectedAccount = _decoded(InspectedAccount, document, "")
    except _NotSuchValueError as error:
        raise BadInspectionError(
            f"{path}: {error.path}: {error.found}\n"
            f"  expected: {error.expected}, as `failover inspect --json` writes it\n"
            f"  fix:      {again}"
        ) from error
    for place, value, expected in _unusable(account):
        raise BadInspectionError(
            f"{path}: {place}: {_shown(value)}\n  expected: {expected}\n  fix:      {again}"
        )
    return account


def _unusable(account: InspectedAccount) -> Iterator[tuple[str, object, str]]:
    """Values of the right form that nothing can be made from: place, value, what is expected."""
    arn = account.load_balancer.arn
    if not _BALANCER_ARN.fullmatch(arn):
        yield "loadBalancer.arn", arn, "the ARN of an Application Load Balancer"
    if not account.network.cidr_blocks:
        yield "network.cidrBlocks", [], "at least one"
    for place, template in enumerate(account.launch_templates):
        numbers = [version.number for version in template.versions]
        if not numbers or not all(1 <= number <= MOST_VERSIONS for number in numbers):
            expected = f"at least one, numbered from 1 to {MOST_VERSIONS}"
            yield f"launchTemplates[{place}].versions", numbers, expected


def _document(path: Path, again: InspectionCommand) -> Mapping[str, Any]:
    expected = "  expected: what `failover inspect --json` printed, in a file"
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise BadInspectionError(
                f"{path} has {size >> 20} MiB\n{expected} of at most {MOST_BYTES >> 20} MiB\n"
                f"  fix:      {again}"
            )
        text = path.read_bytes().decode()
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadInspectionError(
            f"--as {path}: {reason}\n{expected}\n  fix:      {again}"
        ) from error
    except UnicodeDecodeError as error:
        raise BadInspectionError(f"{path} is not text\n{expected}\n  fix:      {again}") from error
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "too deeply nested"
        raise BadInspectionError(
            f"{path} is not JSON: {reason}\n{expected}\n  fix:      {again}"
        ) from error
    if not is_map(document) or not set(document) >= _MARKS:
        raise BadInspectionError(
            f"{path} is JSON of something else\n{expected}\n  fix:      {again}"
        )
    return document


def _check_version(path: Path, document: Mapping[str, Any], again: InspectionCommand) -> None:
    version = document["version"]
    if type(version) is int and version == VERSION:
        return
    if type(version) is int and version > VERSION:
        raise BadInspectionError(
            f"{path}: version: {version}, which a newer `failover` wrote\n"
            f"  expected: version {VERSION}\n"
            f"  fix:      {again}   # with this `failover`"
        )
    raise BadInspectionError(
        f"{path}: version: {_shown(version)}\n"
        f"  expected: version {VERSION}; an earlier `failover` left out what a rehearsal is made "
        f"from\n  fix:      {again}"
    )


class _NotSuchValueError(Exception):
    """A value of another form than the document has at that path."""

    def __init__(self, path: str, found: str, expected: str) -> None:
        super().__init__(path)
        self.path, self.found, self.expected = path.lstrip("."), found, expected


_PLAIN: Mapping[type, str] = {str: "text", int: "a whole number", bool: "true or false"}


def _decoded(kind: Any, value: Any, path: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _record(typing.cast("type[Any]", kind), value, path)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        if not is_list(value):
            raise _NotSuchValueError(path, _shown(value), "a list")
        return tuple(_decoded(arguments[0], each, f"{path}[{n}]") for n, each in enumerate(value))
    if origin in (typing.Union, types.UnionType):
        (present,) = [each for each in arguments if each is not types.NoneType]
        return None if value is None else _decoded(present, value, path)
    if origin is Mapping:
        return _mapping(value, path, arguments[1])
    if type(value) is not kind:
        raise _NotSuchValueError(path, _shown(value), _PLAIN[kind])
    return value


def _mapping(value: Any, path: str, kind: Any) -> dict[str, Any]:
    if not is_map(value):
        raise _NotSuchValueError(path, _shown(value), "a map")
    if kind is Any:
        return dict(value)
    return {key: _decoded(kind, each, f"{path}.{key}") for key, each in value.items()}


def _record(kind: type[Any], value: Any, path: str) -> Any:
    if not is_map(value):
        raise _NotSuchValueError(path, _shown(value), "a map")
    found: dict[str, Any] = {}
    for name, hint in _hints(kind).items():
        key = re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
        if key not in value:
            raise _NotSuchValueError(f"{path}.{key}", "missing", "this key")
        found[name] = _decoded(hint, value[key], f"{path}.{key}")
    return kind(**found)


@functools.cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
