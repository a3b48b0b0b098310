"""Instance refresh: start, describe, cancel, roll back."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import uuid
from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from rehearsal.control_plane.autoscaling.group_step import GroupStep
from rehearsal.control_plane.autoscaling.launches import requested_template
from rehearsal.control_plane.autoscaling.reconciler import (
    begin_refresh,
    begin_rollback,
    warmup_seconds,
)
from rehearsal.control_plane.autoscaling.refresh import (
    InstanceRefresh,
    Preferences,
    RefreshStatus,
    TemplateRequest,
)
from rehearsal.control_plane.correction import Add, Correction
from rehearsal.control_plane.corrections.group_settings import (
    asked_template,
    check_launchable,
    group_named,
)
from rehearsal.control_plane.world import World, timestamp

_UNSUPPORTED = ("CheckpointPercentages", "CheckpointDelay", "AlarmSpecification", "BakeTime")


def _step(world: World, response: AutoScalingResponse) -> GroupStep:
    backend = response.autoscaling_backend
    group = group_named(backend, response._get_param("AutoScalingGroupName"))
    return GroupStep(world, backend, group, world.clock.now())


def _preferences(given: dict[str, Any]) -> Preferences:
    """The preferences as asked for, checked as AWS checks them."""
    for name in _UNSUPPORTED:
        if given.get(name) not in (None, [], {}, 0):
            raise ValidationError(f"Preferences.{name}: not supported by the rehearsal")
    minimum = int(given.get("MinHealthyPercentage", 90))
    maximum = given.get("MaxHealthyPercentage")
    if maximum is not None:
        _check_maximum(given, minimum, int(maximum))
    return Preferences(
        min_healthy_percentage=minimum,
        max_healthy_percentage=None if maximum is None else int(maximum),
        instance_warmup_seconds=given.get("InstanceWarmup"),
        skip_matching=bool(given.get("SkipMatching", False)),
        auto_rollback=bool(given.get("AutoRollback", False)),
        scale_in_protected_instances=given.get("ScaleInProtectedInstances", "Wait"),
        standby_instances=given.get("StandbyInstances", "Wait"),
    )


def _check_maximum(given: dict[str, Any], minimum: int, maximum: int) -> None:
    if "MinHealthyPercentage" not in given:
        raise ValidationError(
            "MinHealthyPercentage must be specified when MaxHealthyPercentage is specified."
        )
    if maximum - minimum > 100:
        raise ValidationError(
            "The difference between MaxHealthyPercentage and MinHealthyPercentage cannot be "
            "greater than 100."
        )


def _desired(step: GroupStep, given: dict[str, Any] | None) -> TemplateRequest | None:
    """The desired configuration as asked for; None where there is none."""
    if not given:
        return None
    if given.get("MixedInstancesPolicy"):
        raise ValidationError(
            "DesiredConfiguration.MixedInstancesPolicy: not supported by the rehearsal"
        )
    request = asked_template(step.backend, given.get("LaunchTemplate"))
    check_launchable(step.backend, request)
    return request


def _start(world: World, self: AutoScalingResponse) -> ActionResult:
    step = _step(world, self)
    if step.group.ec2_launch_template is None:
        raise ValidationError(
            "an instance refresh of a group with a launch configuration: not supported by the "
            "rehearsal"
        )
    strategy = self._get_param("Strategy", "Rolling")
    if strategy != "Rolling":
        raise ValidationError(f"Strategy {strategy}: not supported by the rehearsal")
    running = step.record.active_refresh
    if running is not None:
        raise AutoscalingClientError(
            "InstanceRefreshInProgress",
            "An Instance Refresh is already in progress and blocks the execution of this "
            f"Instance Refresh: {running.refresh_id}",
        )
    preferences = _preferences(self._get_param("Preferences", {}))
    desired = _desired(step, self._get_param("DesiredConfiguration"))
    previous = requested_template(step.group)
    if preferences.auto_rollback and not _can_roll_back(desired, previous):
        raise ValidationError(
            "AutoRollback needs a desired configuration, and launch template versions that are "
            "numbers, not $Latest or $Default."
        )
    refresh = InstanceRefresh(
        refresh_id=str(uuid.uuid4()),
        group_name=step.group.name,
        preferences=preferences,
        desired=desired,
        previous=previous,
        to_replace=set(),
        started_at=step.now,
    )
    begin_refresh(step, refresh)
    return ActionResult({"InstanceRefreshId": refresh.refresh_id})


def _can_roll_back(desired: TemplateRequest | None, previous: TemplateRequest) -> bool:
    return desired is not None and desired.is_numbered and previous.is_numbered


def _running(step: GroupStep) -> InstanceRefresh:
    refresh = step.record.active_refresh
    if refresh is None or refresh.status is RefreshStatus.CANCELLING:
        raise AutoscalingClientError(
            "ActiveInstanceRefreshNotFound",
            "No in progress or pending Instance Refresh found for Auto Scaling group "
            f"{step.group.name}",
        )
    return refresh


def _cancel(world: World, self: AutoScalingResponse) -> ActionResult:
    refresh = _running(_step(world, self))
    refresh.wait_for_transitioning = self._get_bool_param("WaitForTransitioningInstances", True)
    refresh.status = RefreshStatus.CANCELLING
    return ActionResult({"InstanceRefreshId": refresh.refresh_id})


def _roll_back(world: World, self: AutoScalingResponse) -> ActionResult:
    step = _step(world, self)
    refresh = _running(step)
    if refresh.status is RefreshStatus.ROLLBACK_IN_PROGRESS:
        raise ValidationError(f"Instance Refresh {refresh.refresh_id} is being rolled back already")
    if not _can_roll_back(refresh.desired, refresh.previous):
        raise AutoscalingClientError(
            "IrreversibleInstanceRefresh",
            "The instance refresh has no desired configuration, or a launch template version "
            "that is not a number, so there is nothing to roll back to.",
        )
    begin_rollback(step, refresh, "Rollback initiated by user")
    return ActionResult({"InstanceRefreshId": refresh.refresh_id})


def _describe(world: World, self: AutoScalingResponse) -> ActionResult:
    step = _step(world, self)
    wanted = self._get_param("InstanceRefreshIds", [])
    count = self._get_int_param("MaxRecords", 50)
    found = [r for r in step.record.refreshes if not wanted or r.refresh_id in wanted]
    return ActionResult({"InstanceRefreshes": [_described(step, r) for r in found[:count]]})


def _described(step: GroupStep, refresh: InstanceRefresh) -> dict[str, Any]:
    desired, rollback = refresh.desired, refresh.rollback
    return {
        "InstanceRefreshId": refresh.refresh_id,
        "AutoScalingGroupName": refresh.group_name,
        "Strategy": "Rolling",
        "Status": refresh.status.value,
        "StatusReason": refresh.status_reason,
        "StartTime": timestamp(refresh.started_at),
        "EndTime": None if refresh.ended_at is None else timestamp(refresh.ended_at),
        "PercentageComplete": refresh.percentage_complete,
        "InstancesToUpdate": refresh.instances_to_update,
        "Preferences": _described_preferences(step, refresh.preferences),
        "DesiredConfiguration": None if desired is None else {"LaunchTemplate": desired.as_api},
        "RollbackDetails": None
        if rollback is None
        else {
            "RollbackReason": rollback.reason,
            "RollbackStartTime": timestamp(rollback.started_at),
            "PercentageCompleteOnRollback": rollback.percentage_complete,
            "InstancesToUpdateOnRollback": rollback.instances_to_update,
        },
    }


def _described_preferences(step: GroupStep, preferences: Preferences) -> dict[str, Any]:
    return {
        "MinHealthyPercentage": preferences.min_healthy_percentage,
        "MaxHealthyPercentage": preferences.max_healthy_percentage,
        "InstanceWarmup": warmup_seconds(step, preferences),
        "SkipMatching": preferences.skip_matching,
        "AutoRollback": preferences.auto_rollback,
        "ScaleInProtectedInstances": preferences.scale_in_protected_instances,
        "StandbyInstances": preferences.standby_instances,
    }


INSTANCE_REFRESH = Correction(
    name="instance-refresh",
    moto="StartInstanceRefresh, DescribeInstanceRefreshes and the like do not exist.",
    aws=(
        "A rolling replacement within the healthy percentages, one at a time per group, that can "
        "be cancelled and, with a desired configuration, rolled back."
    ),
    changes=(
        Add(AutoScalingResponse, "start_instance_refresh", _start),
        Add(AutoScalingResponse, "cancel_instance_refresh", _cancel),
        Add(AutoScalingResponse, "rollback_instance_refresh", _roll_back),
        Add(AutoScalingResponse, "describe_instance_refreshes", _describe),
    ),
)
