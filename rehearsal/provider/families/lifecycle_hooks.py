"""Lifecycle hook of an Auto Scaling group.

Its id here is the one that it is imported by: `group/hook`, as a scaling policy's is.
Source: hashicorp/aws 6 internal/service/autoscaling/lifecycle_hook.go.
"""

from __future__ import annotations

from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.table import AutoName, Property, ResourceType, Values
from rehearsal.provider.values import INTEGER, STRING, arn, between, one_of

_GROUP_GONE = "ValidationError"
_FIELDS = {
    "lifecycleTransition": "LifecycleTransition",
    "defaultResult": "DefaultResult",
    "heartbeatTimeout": "HeartbeatTimeout",
    "notificationMetadata": "NotificationMetadata",
    "notificationTargetArn": "NotificationTargetARN",
    "roleArn": "RoleARN",
}


def _put(call: ProviderCall, inputs: Values) -> str:
    given: dict[str, Any] = {
        aws: inputs[name] for name, aws in _FIELDS.items() if inputs.get(name) is not None
    }
    group, name = inputs["autoscalingGroupName"], inputs["name"]
    call.aws.autoscaling.put_lifecycle_hook(
        AutoScalingGroupName=group, LifecycleHookName=name, **given
    )
    return f"{group}/{name}"


def _read(call: ProviderCall, hook_id: str) -> Values | None:
    group, _, name = hook_id.partition("/")
    answer = unless_gone(
        lambda: call.aws.autoscaling.describe_lifecycle_hooks(
            AutoScalingGroupName=group, LifecycleHookNames=[name]
        ),
        _GROUP_GONE,
    )
    if not answer or not answer["LifecycleHooks"]:
        return None
    hook: Any = answer["LifecycleHooks"][0]
    return {
        "name": name,
        "autoscalingGroupName": group,
        **{prop: hook.get(aws) for prop, aws in _FIELDS.items()},
    }


def _delete(call: ProviderCall, hook_id: str, _state: Values) -> None:
    group, _, name = hook_id.partition("/")
    unless_gone(
        lambda: call.aws.autoscaling.delete_lifecycle_hook(
            AutoScalingGroupName=group, LifecycleHookName=name
        ),
        _GROUP_GONE,
    )


LIFECYCLE_HOOK = ResourceType(
    token="aws:autoscaling/lifecycleHook:LifecycleHook",
    properties={
        "name": Property(STRING, replaces=True),
        "autoscalingGroupName": Property(STRING, required=True, replaces=True),
        "lifecycleTransition": Property(
            STRING,
            required=True,
            valid=one_of(
                "autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"
            ),
        ),
        "defaultResult": Property(STRING, computed=True, valid=one_of("ABANDON", "CONTINUE")),
        "heartbeatTimeout": Property(INTEGER, valid=between(30, 7200)),
        "notificationMetadata": Property(STRING),
        "notificationTargetArn": Property(STRING, valid=arn),
        "roleArn": Property(STRING, valid=arn),
    },
    outputs=(),
    create=_put,
    read=_read,
    update=lambda call, _id, _old, new, _changed: _put(call, new),
    delete=_delete,
    autoname=AutoName(most=255),
)
