"""Lifecycle hooks of a group, and the instances that they hold.

Source: EC2 Auto Scaling user guide, "Amazon EC2 Auto Scaling lifecycle hooks".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
ABANDON = "ABANDON"
_LONGEST_SECONDS = 172_800
_HEARTBEATS = 100


@dataclass(slots=True)
class Hook:
    """A lifecycle hook of a group."""

    name: str
    transition: str
    heartbeat_seconds: int = 3600
    default_result: str = ABANDON
    notification: Mapping[str, str] = field(default_factory=dict[str, str])
    """The metadata, the target and the role, by the names of the API."""

    @property
    def longest_seconds(self) -> int:
        """How long it may hold an instance, however many heartbeats there are."""
        return min(_LONGEST_SECONDS, _HEARTBEATS * self.heartbeat_seconds)

    def as_api(self, group_name: str) -> dict[str, Any]:
        """The form of DescribeLifecycleHooks."""
        return {
            "LifecycleHookName": self.name,
            "AutoScalingGroupName": group_name,
            "LifecycleTransition": self.transition,
            "HeartbeatTimeout": self.heartbeat_seconds,
            "GlobalTimeout": self.longest_seconds,
            "DefaultResult": self.default_result,
            **self.notification,
        }


@dataclass(slots=True)
class HeldAction:
    """One hook that holds one instance."""

    hook: Hook
    began_at: float
    ends_at: float
    """When the default result is taken."""
    result: str = ""
    """ABANDON or CONTINUE once it is completed."""

    def beat(self, now: float) -> None:
        """Wait for another heartbeat, within the longest time."""
        most = self.began_at + self.hook.longest_seconds
        self.ends_at = min(now + self.hook.heartbeat_seconds, most)

    def result_at(self, now: float) -> str:
        """The result; empty while the instance waits."""
        if self.result:
            return self.result
        return self.hook.default_result if now >= self.ends_at else ""


def held_by(hooks: Iterable[Hook], transition: str, now: float) -> list[HeldAction]:
    """The actions that hold an instance which begins a transition."""
    return [
        HeldAction(hook, now, now + hook.heartbeat_seconds)
        for hook in hooks
        if hook.transition == transition
    ]


def outcome(actions: Iterable[HeldAction], now: float) -> str:
    """What the hooks decide together: empty while one is open and none has abandoned."""
    results = [action.result_at(now) for action in actions]
    if ABANDON in results:
        return ABANDON
    return "" if "" in results else "CONTINUE"
