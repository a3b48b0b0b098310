"""An instance refresh: its preferences, how far it is, and its next step. The step is pure.

Source: Auto Scaling API Reference, RefreshPreferences and InstanceRefresh; user guide, "How an
instance refresh works in an Auto Scaling group".
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

STALLED_SECONDS = 3600
"""A refresh that replaces nothing for an hour fails."""


class RefreshStatus(enum.StrEnum):
    """Status of an instance refresh, in AWS's words."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    CANCELLING = "Cancelling"
    CANCELLED = "Cancelled"
    ROLLBACK_IN_PROGRESS = "RollbackInProgress"
    ROLLBACK_FAILED = "RollbackFailed"
    ROLLBACK_SUCCESSFUL = "RollbackSuccessful"


FINISHED = frozenset(
    {
        RefreshStatus.SUCCESSFUL,
        RefreshStatus.FAILED,
        RefreshStatus.CANCELLED,
        RefreshStatus.ROLLBACK_FAILED,
        RefreshStatus.ROLLBACK_SUCCESSFUL,
    }
)


@dataclass(frozen=True, slots=True)
class Preferences:
    """What an instance refresh was asked for; the defaults are AWS's."""

    min_healthy_percentage: int = 90
    max_healthy_percentage: int | None = None
    """None where it was left out, which is not the same as 100: see `next_step`."""
    instance_warmup_seconds: int | None = None
    """None: the group's default instance warmup, else its health check grace period."""
    skip_matching: bool = False
    auto_rollback: bool = False
    scale_in_protected_instances: str = "Wait"
    standby_instances: str = "Wait"


@dataclass(frozen=True, slots=True)
class TemplateRequest:
    """A launch template and version as asked for: a number, `$Latest`, `$Default` or nothing."""

    template_id: str
    template_name: str
    version: str | None

    @property
    def as_api(self) -> dict[str, str]:
        """The form of LaunchTemplateSpecification; a version that was not given is not shown."""
        shown = {"LaunchTemplateId": self.template_id, "LaunchTemplateName": self.template_name}
        return shown if self.version is None else {**shown, "Version": self.version}

    @property
    def is_numbered(self) -> bool:
        """Whether the version is a number, which a rollback needs."""
        return self.version is not None and self.version.isdigit()


@dataclass(slots=True)
class InstanceRefresh:
    """One instance refresh of one group, running or finished."""

    refresh_id: str
    group_name: str
    preferences: Preferences
    desired: TemplateRequest | None
    """The desired configuration; None to take the group's own as it is."""
    previous: TemplateRequest
    """The group's template before the refresh: where a rollback goes."""
    to_replace: set[str]
    """Ids of the instances that it replaces; those that are gone stay in the set."""
    started_at: float
    status: RefreshStatus = RefreshStatus.PENDING
    status_reason: str | None = None
    ended_at: float | None = None
    updated: int = 0
    """Replacements that are healthy and warm."""
    last_progress_at: float = 0.0
    total: int = 0
    """Instances to replace at the start."""
    rollback: Rollback | None = None
    wait_for_transitioning: bool = True
    """Whether a cancellation waits for launches and terminations that have begun."""
    known_before: set[str] = field(default_factory=set[str])
    """Ids of the instances that existed at the start."""

    @property
    def is_finished(self) -> bool:
        """Whether nothing more happens to it."""
        return self.status in FINISHED

    @property
    def percentage_complete(self) -> int:
        """Share of the replacements that are healthy and warm, in whole percent."""
        return 100 if not self.total else 100 * min(self.updated, self.total) // self.total

    @property
    def instances_to_update(self) -> int:
        """Replacements that are still to come."""
        return max(0, self.total - self.updated)

    def finish(self, status: RefreshStatus, now: float, reason: str | None = None) -> None:
        """End the refresh."""
        self.status, self.ended_at = status, now
        self.status_reason = reason


@dataclass(frozen=True, slots=True)
class Rollback:
    """Why and when a refresh began to roll back, and how far it was then."""

    reason: str
    started_at: float
    percentage_complete: int
    instances_to_update: int


@dataclass(frozen=True, slots=True)
class Replaceable:
    """An instance as a refresh sees it."""

    instance_id: str
    is_ready: bool
    """In service, healthy in the group and in every target group, and warm."""
    is_protected: bool = False
    """Protected from scale-in, and the preferences do not replace such instances."""


@dataclass(frozen=True, slots=True)
class RefreshStep:
    """What to do now: how many to launch, and whom to terminate."""

    launch: int = 0
    terminate: tuple[str, ...] = ()


def capacity_bounds(desired: int, preferences: Preferences) -> tuple[int, int]:
    """How many instances must be ready and how many there may be, while a refresh runs.

    Percentages of the desired capacity: the lower one rounds up, the upper one down. Where nothing
    could be replaced within them: with a maximum that was given, one more instance is launched
    first; with none given, one is terminated while its replacement is launched.
    Source: Auto Scaling API Reference, RefreshPreferences.MaxHealthyPercentage.
    """
    maximum = preferences.max_healthy_percentage
    lower = math.ceil(desired * preferences.min_healthy_percentage / 100)
    upper = desired * (100 if maximum is None else maximum) // 100
    if lower < desired or upper > desired:
        return lower, upper
    return (desired, desired + 1) if maximum is not None else (desired - 1, desired)


def template_to_launch(refresh: InstanceRefresh, own: TemplateRequest) -> TemplateRequest:
    """The template that new instances come from while `refresh` runs; `own` is the group's."""
    if refresh.status is RefreshStatus.ROLLBACK_IN_PROGRESS:
        return refresh.previous
    return refresh.desired or own


def next_step(
    desired: int, preferences: Preferences, old: Sequence[Replaceable], new: Sequence[Replaceable]
) -> RefreshStep:
    """What a refresh does next.

    `old` are the instances to replace that still count as capacity, first to go first; `new` all
    others that count. Never leaves fewer ready ones than the minimum, except by taking away one
    that was not ready anyway.
    """
    lower, upper = capacity_bounds(desired, preferences)
    ready = sum(r.is_ready for r in (*old, *new))
    gone: list[str] = []
    for candidate in sorted(old, key=lambda r: r.is_ready):
        if candidate.is_protected:
            continue
        if not candidate.is_ready:
            gone.append(candidate.instance_id)
        elif ready > lower:
            gone.append(candidate.instance_id)
            ready -= 1
    active = len(old) - len(gone) + len(new)
    launch = max(0, min(desired - len(new), upper - active))
    return RefreshStep(launch, tuple(gone))
