"""A service as AWS reports it at one moment: the weights of its rule, and each slot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rollout.fleet import Fleet, FleetKind
from rollout.split import TOTAL_WEIGHT, Slot, Split

HEALTHY = "healthy"
DRAINING = "draining"
INITIAL = "initial"


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
class LiveSlot:
    """A slot of a service."""

    target_group_arn: str
    targets: tuple[Target, ...]
    kind: FleetKind
    """The kind of fleet that the slot is to have."""
    fleet: Fleet | None
    """`None` if there is none, or more than one; `kind.absent` has the reason."""

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
