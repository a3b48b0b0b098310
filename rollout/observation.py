"""A service as AWS reports it at one moment: the weights of its rule, and each slot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rollout.split import TOTAL_WEIGHT, Slot, Split

HEALTHY = "healthy"
DRAINING = "draining"
INITIAL = "initial"
IN_SERVICE = "InService"


@dataclass(frozen=True, slots=True)
class Target:
    """A registered target. Source: ELBv2 API, TargetHealthDescription."""

    id: str
    state: str
    """AWS's word, such as initial, healthy, unhealthy, unhealthy.draining, unused, draining."""
    reason: str = ""
    """AWS's code, such as `Target.ResponseCodeMismatch`; empty for a healthy target."""

    def __str__(self) -> str:
        return f"{self.id} {self.state}" + (f" ({self.reason})" if self.reason else "")


@dataclass(frozen=True, slots=True)
class Template:
    """What instances are launched from: a version of a launch template, or a configuration."""

    source: str
    """The launch template's id, or the launch configuration's name."""
    version: str = ""
    """The number of the version; empty for a launch configuration."""

    def __str__(self) -> str:
        return f"version {self.version}" if self.version else self.source


@dataclass(frozen=True, slots=True)
class Build:
    """What an instance becomes: a launch template without its names and tags."""

    image_id: str
    user_data: str = ""
    """In base64, as AWS has it."""
    instance_type: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """The build that a group launches, and since when."""

    build: Build
    at: datetime
    """The creation time of the first version with this build; tags alone make no new build."""
    is_first: bool
    """Whether its template never had another build: it came with the slot and was not released."""


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of a group. Source: Auto Scaling API, Instance."""

    id: str
    lifecycle_state: str
    """AWS's word: Pending, InService, Terminating and so on."""
    template: Template | None
    """What it was launched from; `None` if that was deleted."""


@dataclass(frozen=True, slots=True)
class AutoScalingGroupState:
    """An Auto Scaling group. Source: Auto Scaling API, AutoScalingGroup."""

    name: str
    desired: int
    min_size: int
    max_size: int
    pinned: Template | None
    """What it launches now; `None` if AWS reports nothing."""
    release: Release | None
    """The build of `pinned`; `None` if it is unknown, or was not read."""
    instances: tuple[Instance, ...]
    tags: Mapping[str, str]

    @property
    def in_service(self) -> tuple[Instance, ...]:
        """The instances that AWS counts."""
        return tuple(i for i in self.instances if i.lifecycle_state == IN_SERVICE)

    @property
    def outdated(self) -> tuple[Instance, ...]:
        """The instances in service that were not launched from `pinned`."""
        return tuple(i for i in self.in_service if i.template != self.pinned)


@dataclass(frozen=True, slots=True)
class LiveSlot:
    """A slot of a service."""

    target_group_arn: str
    targets: tuple[Target, ...]
    group: AutoScalingGroupState | None
    """The Auto Scaling group of the target group; `None` if it has none, or more than one."""

    @property
    def healthy(self) -> tuple[Target, ...]:
        """The targets that pass their health checks."""
        return self._in(HEALTHY)

    @property
    def draining(self) -> tuple[Target, ...]:
        """The targets that are being deregistered: they get no new requests.

        A target in `unhealthy.draining` stays registered.
        Source: ELBv2 API, TargetHealth.State.
        """
        return self._in(DRAINING)

    @property
    def registered(self) -> tuple[Target, ...]:
        """The targets that are registered and not draining: the ones to count."""
        return tuple(target for target in self.targets if target.state != DRAINING)

    @property
    def unhealthy(self) -> tuple[Target, ...]:
        """The registered targets that do not pass their health checks, booting ones included."""
        return tuple(target for target in self.registered if target.state != HEALTHY)

    @property
    def failing(self) -> tuple[Target, ...]:
        """The unhealthy targets whose initial health checks are over."""
        return tuple(target for target in self.unhealthy if target.state != INITIAL)

    def _in(self, state: str) -> tuple[Target, ...]:
        return tuple(target for target in self.targets if target.state == state)


@dataclass(frozen=True, slots=True)
class LiveRule:
    """The rule of a service."""

    service: str
    arn: str
    weight_01: int
    weight_02: int
    foreign_targets: tuple[str, ...] = ()
    """Foreign target groups with weight, and actions other than a forward."""

    @property
    def split(self) -> Split | None:
        """The weights as shares of 100; `None` if no slot, or a foreign target group, has weight.

        A forward to a single target group has no weights, and counts as 100/0.
        """
        return None if self.foreign_targets else split_of(self.weight_01, self.weight_02)

    @property
    def weights(self) -> str:
        """The weights of the rule, such as `60/40`, with its foreign target groups."""
        split = self.split
        shown = f"{self.weight_01}/{self.weight_02}" if split is None else str(split)
        return " and ".join((shown, *self.foreign_targets))


@dataclass(frozen=True, slots=True)
class LiveService:
    """A service: its rule, and its two slots."""

    rule: LiveRule
    slots: Mapping[Slot, LiveSlot]

    @property
    def name(self) -> str:
        """The service's name."""
        return self.rule.service


def split_of(weight_01: int, weight_02: int) -> Split | None:
    """Two relative weights as shares of 100; a slot that has any weight keeps at least 1."""
    total = weight_01 + weight_02
    if total == 0:
        return None
    share = round(weight_01 * TOTAL_WEIGHT / total)
    if 0 < weight_01 < total:
        share = min(max(share, 1), TOTAL_WEIGHT - 1)
    return Split(share, TOTAL_WEIGHT - share)


def is_named(target_group: str, arn: str) -> bool:
    """Whether a name or an ARN is of the target group with this ARN.

    Source: ELBv2 API, target group ARNs end in `targetgroup/NAME/ID`.
    """
    return target_group in (arn, arn.rsplit("/", 2)[-2])
