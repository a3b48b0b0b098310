"""Lifecycle hooks: they hold an instance at its launch or its end; no notification is sent."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from rehearsal.control_plane.autoscaling.group import GroupRecord
from rehearsal.control_plane.autoscaling.group_step import GroupStep
from rehearsal.control_plane.autoscaling.hooks import HeldAction, Hook
from rehearsal.control_plane.correction import Add, Correction, Replace
from rehearsal.control_plane.corrections.group_settings import group_named
from rehearsal.control_plane.world import World

_Original = Callable[..., Any]
_NOTIFICATION = ("NotificationMetadata", "NotificationTargetARN", "RoleARN")


def _record(world: World, response: AutoScalingResponse) -> tuple[Any, GroupRecord]:
    group = group_named(response.autoscaling_backend, response._get_param("AutoScalingGroupName"))
    return group, world.groups.setdefault(group.arn, GroupRecord())


def _put(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    """A new hook, or other values of one; what is left out stays."""
    del original
    params = self._get_params()
    _, record = _record(world, self)
    name = params["LifecycleHookName"]
    hook = record.hooks.get(name)
    if hook is None:
        if "LifecycleTransition" not in params:
            raise ValidationError("A lifecycle transition is needed to create a lifecycle hook")
        hook = record.hooks[name] = Hook(name, params["LifecycleTransition"])
    hook.transition = params.get("LifecycleTransition", hook.transition)
    hook.heartbeat_seconds = int(params.get("HeartbeatTimeout", hook.heartbeat_seconds))
    hook.default_result = params.get("DefaultResult", hook.default_result)
    given = {each: params[each] for each in _NOTIFICATION if params.get(each) is not None}
    hook.notification = {**hook.notification, **given}
    return EmptyResult()


def _describe(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    del original
    group, record = _record(world, self)
    wanted = self._get_param("LifecycleHookNames", [])
    found = [
        hook.as_api(group.name)
        for hook in record.hooks.values()
        if not wanted or hook.name in wanted
    ]
    return ActionResult({"LifecycleHooks": found})


def _delete(world: World, original: _Original, self: AutoScalingResponse) -> ActionResult:
    """Instances that it holds go on, as AWS has it: by the hook's default for a launch."""
    del original
    _, record = _record(world, self)
    name = self._get_param("LifecycleHookName")
    if record.hooks.pop(name, None) is None:
        raise ValidationError(f"No Lifecycle Hook found with name {name}")
    return EmptyResult()


def _action(world: World, response: AutoScalingResponse) -> HeldAction:
    """The open action of a hook on an instance.

    Raises:
        ValidationError: there is none.
    """
    group, _ = _record(world, response)
    name, instance_id = (response._get_param(each) for each in ("LifecycleHookName", "InstanceId"))
    step = GroupStep(world, response.autoscaling_backend, group, world.clock.now())
    for member in step.members:
        for action in member.held_by:
            is_open = not action.result_at(step.now)
            if member.instance_id == instance_id and action.hook.name == name and is_open:
                return action
    raise ValidationError(f"No active Lifecycle Action found with instance ID {instance_id}")


def _complete(world: World, self: AutoScalingResponse) -> ActionResult:
    _action(world, self).result = self._get_param("LifecycleActionResult")
    return EmptyResult()


def _beat(world: World, self: AutoScalingResponse) -> ActionResult:
    _action(world, self).beat(world.clock.now())
    return EmptyResult()


LIFECYCLE_HOOKS = Correction(
    name="lifecycle-hooks",
    moto="Hooks are noted, with an invented target, and hold no instance.",
    aws=(
        "A hook holds an instance until its action is completed, or its heartbeat times out; a "
        "launching one is registered with no target group until then."
    ),
    changes=(
        Replace(AutoScalingResponse, "put_lifecycle_hook", _put),
        Replace(AutoScalingResponse, "describe_lifecycle_hooks", _describe),
        Replace(AutoScalingResponse, "delete_lifecycle_hook", _delete),
        Add(AutoScalingResponse, "complete_lifecycle_action", _complete),
        Add(AutoScalingResponse, "record_lifecycle_action_heartbeat", _beat),
    ),
)
