"""What is asked about things that exist already, before anything is declared: of AWS, of disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


def region_of(arn: str) -> str:
    """The region in an ARN."""
    return arn.split(":")[3]


class LookupFailedError(Exception):
    """AWS or the disk has no answer, or no such thing; the text is its own."""


def read_project_file(folder: Path, path: str) -> bytes:
    """What the file at `path`, relative to `folder`, holds.

    Raises:
        LookupFailedError: it cannot be read.
    """
    try:
        return (folder / path).read_bytes()
    except OSError as error:
        raise LookupFailedError(f"{path}: {error.strerror or error}") from error


@dataclass(frozen=True, slots=True)
class SubnetFacts:
    """An existing subnet."""

    vpc_id: str
    availability_zone: str


@dataclass(frozen=True, slots=True)
class LoadBalancerFacts:
    """An existing load balancer."""

    arn: str
    arn_suffix: str
    """The `LoadBalancer` dimension of its metrics, such as `app/name/0123456789abcdef`."""
    dns_name: str
    load_balancer_type: str
    vpc_id: str
    security_group_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class ListenerFacts:
    """An existing listener."""

    load_balancer_arn: str
    protocol: str


@dataclass(frozen=True, slots=True)
class TargetGroupFacts:
    """An existing target group."""

    arn: str
    arn_suffix: str
    """The `TargetGroup` dimension of its metrics, such as `targetgroup/name/0123456789abcdef`."""
    vpc_id: str
    target_type: str
    has_stickiness: bool


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """An existing Auto Scaling group."""

    name: str
    target_group_arns: frozenset[str]
    has_weights: bool = False
    """Whether its instance types have weights, so that its sizes count units, not instances."""


@dataclass(frozen=True, slots=True)
class ParameterFacts:
    """One version of an SSM parameter."""

    value: str


@dataclass(frozen=True, slots=True)
class LaunchTemplateVersion:
    """A version of a launch template, by the id or the name of the template."""

    id: str | None
    name: str | None
    number: int

    @property
    def template(self) -> str:
        """The template, as the config names it."""
        return self.id or self.name or ""

    def __str__(self) -> str:
        return f"{self.template} version {self.number}"


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """A launch template, as far as one version of it is asked for."""

    data: Mapping[str, Any] | None = field(repr=False)
    """Of the version; `None` if the template has no such version.

    Source: EC2 API, ResponseLaunchTemplateData.
    """
    latest: int
    """The number of the latest version."""
    latest_data: Mapping[str, Any] = field(repr=False)


class Lookups(Protocol):
    """Reads what exists. Every method raises `LookupFailedError` where there is no answer."""

    def subnet(self, subnet_id: str) -> SubnetFacts:
        """The subnet with this id."""
        ...

    def load_balancer(self, arn: str) -> LoadBalancerFacts:
        """The load balancer with this ARN."""
        ...

    def listener(self, arn: str) -> ListenerFacts:
        """The listener with this ARN."""
        ...

    def target_group(self, name_or_arn: str) -> TargetGroupFacts:
        """The target group with this name or ARN."""
        ...

    def auto_scaling_group(self, name: str) -> GroupFacts:
        """The Auto Scaling group with this name."""
        ...

    def parameter(self, name: str) -> ParameterFacts:
        """The SSM parameter with this name and version, `/path/name:3`."""
        ...

    def launch_template(self, version: LaunchTemplateVersion) -> TemplateFacts:
        """A launch template with that version, if it has it, and its latest one."""
        ...

    def project_file(self, path: str) -> bytes:
        """What a file of the project holds; `path` is relative to the folder with Pulumi.yaml."""
        ...
