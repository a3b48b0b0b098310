"""What an Auto Scaling group is in the midst of: its members, its activities, its refreshes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rehearsal.control_plane.autoscaling.hooks import HeldAction, Hook
from rehearsal.control_plane.autoscaling.refresh import InstanceRefresh

PENDING = "Pending"
IN_SERVICE = "InService"
PENDING_WAIT = "Pending:Wait"
TERMINATING = "Terminating"
TERMINATING_WAIT = "Terminating:Wait"

KEPT_ACTIVITIES = 100
"""Finished activities that a group remembers."""


@dataclass(frozen=True, slots=True)
class TemplateVersion:
    """A launch template version, by number: what an instance was launched from."""

    template_id: str
    template_name: str
    number: int
    template_created_at: float = 0.0
    """Epoch seconds; decides which of two templates is the older."""

    @property
    def as_api(self) -> dict[str, str]:
        """The form of Instances[].LaunchTemplate."""
        return {
            "LaunchTemplateId": self.template_id,
            "LaunchTemplateName": self.template_name,
            "Version": str(self.number),
        }


@dataclass(slots=True)
class Activity:
    """A scaling activity, as DescribeScalingActivities gives it."""

    description: str
    cause: str
    started_at: float
    status: str = "InProgress"
    ended_at: float | None = None
    message: str | None = None
    activity_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def finish(self, now: float, status: str = "Successful", message: str | None = None) -> None:
        """End the activity."""
        self.status, self.ended_at, self.message = status, now, message


@dataclass(slots=True)
class Member:
    """One instance of a group. Its attributes carry the API's names, so moto can serialise it."""

    instance: Any
    """moto's EC2 instance."""
    auto_scaling_group_name: str
    template: TemplateVersion | None
    """None for an instance of a launch configuration."""
    launched_at: float
    launch: Activity
    launch_configuration_name: str | None = None
    protected_from_scale_in: bool = False
    lifecycle_state: str = PENDING
    health_status: str = "Healthy"
    in_service_at: float | None = None
    attached: set[str] = field(default_factory=set[str])
    """ARNs of the target groups that the group has registered it with."""
    termination: Activity | None = None
    held_by: list[HeldAction] = field(default_factory=list[HeldAction])
    """The lifecycle hooks of the transition that it waits in."""

    @property
    def instance_id(self) -> str:
        """Id of the EC2 instance."""
        return self.instance.id

    @property
    def instance_type(self) -> str:
        """Type of the EC2 instance."""
        return self.instance.instance_type

    @property
    def is_spot(self) -> bool:
        """Whether it is a Spot instance."""
        return self.instance.lifecycle == "spot"

    @property
    def image_id(self) -> str:
        """Machine image of the EC2 instance."""
        return self.instance.image_id

    @property
    def availability_zone(self) -> str:
        """Zone that the instance runs in."""
        return self.instance.placement.zone

    @property
    def launch_template(self) -> dict[str, str] | None:
        """The version that this instance was launched from, whatever the group's is now."""
        return None if self.template is None else self.template.as_api

    @property
    def template_age(self) -> tuple[float, int]:
        """When its template was created, and the version; a launch configuration is older."""
        if self.template is None:
            return 0.0, 0
        return self.template.template_created_at, self.template.number

    @property
    def is_running(self) -> bool:
        """Whether the EC2 instance runs."""
        return self.instance.state == "running"


@dataclass(slots=True)
class GroupRecord:
    """What the rehearsal keeps for one Auto Scaling group."""

    activities: list[Activity] = field(default_factory=list[Activity])
    """Newest first, as the API lists them."""
    refreshes: list[InstanceRefresh] = field(default_factory=list[InstanceRefresh])
    """Newest first, as the API lists them."""
    hooks: dict[str, Hook] = field(default_factory=dict[str, Hook])
    """Lifecycle hooks by their names."""
    desired_cause: str = ""
    """Why the desired capacity is what it is: the first sentence of an activity's cause."""
    launch_after: float = 0.0
    """After a launch that failed, the next try is not before this; epoch seconds."""

    @property
    def active_refresh(self) -> InstanceRefresh | None:
        """The refresh that is not finished; there is at most one."""
        return next((r for r in self.refreshes if not r.is_finished), None)

    def begin(self, description: str, cause: str, now: float) -> Activity:
        """Note a new activity."""
        activity = Activity(description, cause, now)
        self.activities.insert(0, activity)
        del self.activities[KEPT_ACTIVITIES:]
        return activity


def active(members: list[Member]) -> Iterator[Member]:
    """The members that count as capacity: pending, held by a hook or not, or in service."""
    return (m for m in members if m.lifecycle_state in (PENDING, PENDING_WAIT, IN_SERVICE))
