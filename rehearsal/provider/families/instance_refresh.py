"""The instance refresh that an update of an Auto Scaling group starts.

It is started and not awaited, as the real provider does.
Source: hashicorp/aws 6 internal/service/autoscaling/group.go, startInstanceRefresh.
"""

from __future__ import annotations

import re
from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.families.launch_templates import reference_as_aws
from rehearsal.provider.table import Block, Property, SetOf, Values
from rehearsal.provider.values import (
    BOOLEAN,
    INTEGER,
    STRING,
    between,
    matching,
    one_of,
    text_number,
)

CANCEL_LIMIT_SECONDS = 900
"""Source: the real provider's wait for a cancelled refresh."""

_ONGOING = ("Pending", "InProgress", "Cancelling", "RollbackInProgress", "Baking")
_TRIGGER_NAMES = {"tag": "tags", "vpc_zone_identifier": "vpcZoneIdentifiers"}

REFRESH = Block(
    {
        "strategy": Property(STRING, required=True, valid=one_of("Rolling")),
        "preferences": Property(
            Block(
                {
                    "minHealthyPercentage": Property(INTEGER, default=90, valid=between(0, 100)),
                    "maxHealthyPercentage": Property(INTEGER, default=100, valid=between(100, 200)),
                    "autoRollback": Property(BOOLEAN),
                    "skipMatching": Property(BOOLEAN, default=False),
                    "instanceWarmup": Property(STRING, valid=text_number(0, 2**31)),
                    "scaleInProtectedInstances": Property(
                        STRING, default="Ignore", valid=one_of("Refresh", "Ignore", "Wait")
                    ),
                    "standbyInstances": Property(
                        STRING, default="Ignore", valid=one_of("Terminate", "Ignore", "Wait")
                    ),
                }
            )
        ),
        "triggers": Property(SetOf(STRING), valid=matching(r"[a-z_]+", "an attribute's name")),
    }
)


def trigger_properties(refresh: Values) -> frozenset[str]:
    """The properties whose change starts a refresh, besides the launch template."""
    return frozenset(
        _TRIGGER_NAMES.get(name) or re.sub(r"_(\w)", lambda m: m[1].upper(), name)
        for name in refresh.get("triggers") or ()
    )


def is_wanted(inputs: Values, changed: frozenset[str]) -> bool:
    """Whether an update of these properties starts a refresh."""
    refresh = inputs.get("instanceRefresh")
    if not refresh:
        return False
    sources = {"launchTemplate", "mixedInstancesPolicy"}
    return bool(changed & (sources | trigger_properties(refresh)))


def start(call: ProviderCall, name: str, inputs: Values) -> None:
    """Start a refresh; one that is under way is cancelled first."""
    arguments = _arguments(name, inputs)
    autoscaling = call.aws.autoscaling
    started = unless_gone(
        lambda: autoscaling.start_instance_refresh(**arguments), "InstanceRefreshInProgress"
    )
    if started is None:
        unless_gone(
            lambda: autoscaling.cancel_instance_refresh(AutoScalingGroupName=name),
            "ActiveInstanceRefreshNotFound",
        )
        call.wait_until(
            lambda: not _is_under_way(call, name),
            f"Auto Scaling group {name}: the earlier instance refresh cancelled",
            limit_seconds=CANCEL_LIMIT_SECONDS,
        )
        autoscaling.start_instance_refresh(**arguments)


def _is_under_way(call: ProviderCall, name: str) -> bool:
    answer = call.aws.autoscaling.describe_instance_refreshes(AutoScalingGroupName=name)
    return any(one.get("Status") in _ONGOING for one in answer["InstanceRefreshes"])


def _arguments(name: str, inputs: Values) -> dict[str, Any]:
    refresh = inputs["instanceRefresh"]
    arguments: dict[str, Any] = {"AutoScalingGroupName": name, "Strategy": refresh["strategy"]}
    declared = refresh.get("preferences")
    if declared:
        preferences = {key[0].upper() + key[1:]: value for key, value in declared.items()}
        if "InstanceWarmup" in preferences:
            preferences["InstanceWarmup"] = int(preferences["InstanceWarmup"])
        arguments["Preferences"] = preferences
        # A roll-back needs to know what it would roll back from.
        if declared.get("autoRollback"):
            template = reference_as_aws(inputs["launchTemplate"])
            arguments["DesiredConfiguration"] = {"LaunchTemplate": template}
    return arguments
